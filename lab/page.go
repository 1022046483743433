package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"plimsoll/lab/script"
)

// pageWatcher opens a page in a browser and says what comes to stand on it; `make pages` installs what it needs.
const pageWatcher = "internal/page/browser/watch.js"

// pageOpens is how long a browser may take until the page is open.
const pageOpens = 2 * time.Minute

// onPage is a line of the watcher.
type onPage struct {
	Open    bool
	Problem string
	Type    string
	Text    string
	Shown   int64 // ms since 1970
}

// browser shows the guest's status page on the host, for one script.
type browser struct {
	cmd *exec.Cmd
	in  io.Closer // ends it

	mu   sync.Mutex // guards said
	said []onPage
	done chan struct{} // closed when it has ended
}

// openPage opens the page of the guest's agent, which serves it with status_page: true.
func (s *session) openPage(ctx context.Context) error {
	if s.page != nil {
		return errors.New("open the page: it is open already")
	}
	b := &browser{done: make(chan struct{})}
	// Its life is ended by close, not by the context of the start.
	b.cmd = exec.CommandContext(context.WithoutCancel(ctx), "node", pageWatcher, "http://"+s.m.Metrics+"/")
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // not left behind if the lab itself is killed
	in, err := b.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	b.cmd.Stderr = s.file
	if err := b.cmd.Start(); err != nil {
		return fmt.Errorf("open the page (Debian's packages nodejs and chromium, and make pages): %w", err)
	}
	b.in, s.page = in, b
	go b.listen(out)
	return until(ctx, pageOpens, func(context.Context) error {
		_, err := b.find(func(p onPage) bool { return p.Open })
		return err
	})
}

func (b *browser) listen(out io.Reader) {
	defer close(b.done)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var p onPage
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			p.Problem = lines.Text()
		}
		b.mu.Lock()
		b.said = append(b.said, p)
		b.mu.Unlock()
	}
}

// close ends it. There may be none.
func (b *browser) close() {
	if b != nil {
		_ = b.in.Close()
		<-b.done
		_ = b.cmd.Wait() // it was told to end
	}
}

// find is the first that is said that is so. Problems are errors, whatever is looked for.
func (b *browser) find(is func(onPage) bool) (onPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.said {
		if p.Problem != "" {
			return p, fmt.Errorf("the browser says: %s", p.Problem)
		}
	}
	for _, p := range b.said {
		if is(p) {
			return p, nil
		}
	}
	return onPage{}, fmt.Errorf("not on the page, of %v", b.said)
}

// expectPage waits until an event that happened after the last fault stands on the open page.
func (s *session) expectPage(ctx context.Context, want script.ExpectPage) error {
	if s.page == nil {
		return errors.New("page open comes first")
	}
	var found onPage
	err := until(ctx, time.Until(s.fault.Add(want.Within))+lateness, func(context.Context) error {
		var err error
		found, err = s.page.find(func(p onPage) bool {
			return p.Type == want.Type && strings.Contains(p.Text, want.Text) && p.Shown >= s.fault.UnixMilli()
		})
		return err
	})
	if err != nil {
		return err
	}
	took := time.UnixMilli(found.Shown).Sub(s.fault)
	s.out.line("  | on the page %.2fs after the fault", took.Seconds())
	if took > want.Within {
		return fmt.Errorf("on the page %v after the fault, more than %v", took.Round(time.Millisecond), want.Within)
	}
	return nil
}
