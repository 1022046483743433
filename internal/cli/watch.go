package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"plimsoll/internal/api"
)

// The terminal's codes for a page that is drawn over itself (xterm's control sequences).
const (
	enterPage = "\x1b[?1049h\x1b[?25l" // the other screen, without a cursor
	leavePage = "\x1b[?25h\x1b[?1049l"
	goHome    = "\x1b[H"
	clearLine = "\x1b[K"
	clearRest = "\x1b[J"
)

// askAgain is how long to wait for an agent that has gone: a restart takes less.
const askAgain = time.Second

// watch shows the status anew whenever it changes, until ctx ends. An agent that goes away is waited for.
func (c *command) watch(ctx context.Context) error {
	_, _, terminal := c.Terminal()
	if terminal {
		fmt.Fprint(c.Out, enterPage)
		defer fmt.Fprint(c.Out, leavePage)
	}
	for {
		err := c.client().Lines(ctx, api.PathStatus, url.Values{"follow": {""}}, func(text []byte) error {
			var s api.Status
			if err := decode(text, &s); err != nil {
				return err
			}
			screen := c.screen()
			c.draw(screen, statusLines(s, screen.width, c.Now()))
			return nil
		})
		var unreachable *api.UnreachableError
		if !errors.As(err, &unreachable) {
			return err
		}
		if !terminal {
			return err
		}
		c.draw(c.screen(), []line{{say(red, err.Error())}, {say(plain, hintUnreachable(unreachable))}})
		t := time.NewTimer(askAgain)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// draw puts lines over what was there in one write, so that nothing flickers; without a terminal they follow one another. What is
// longer than the terminal is wide would take two of its lines, and the page would scroll.
func (c *command) draw(s screen, lines []line) {
	_, rows, terminal := c.Terminal()
	if !terminal {
		s.show(append(lines, nil)...)
		return
	}
	if len(lines) >= rows && rows > 1 {
		lines = append(lines[:rows-2:rows-2], line{sayf(dim, "… %d more lines", len(lines)-rows+2)})
	}
	var page strings.Builder
	page.WriteString(goHome)
	for _, l := range lines {
		l = l.fit(s.width)
		page.WriteString(s.text(l))
		if l.width() < s.width { // after the last column the cursor still stands on it, and would clear it
			page.WriteString(clearLine)
		}
		page.WriteString("\r\n")
	}
	page.WriteString(clearRest)
	fmt.Fprint(c.Out, page.String())
}
