package hands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"plimsoll/internal/priv"
)

const (
	// answerTime is how long the BMC has for a command. A healthy one takes milliseconds, a slow one a second; the specification
	// lets it take five, after which the kernel gives up and says so.
	answerTime = 3 * time.Second
	// turnTime is how long a request waits for the one before it.
	turnTime = 2 * answerTime
)

// Line is an open way to the BMC. A command that was sent cannot be taken back: its answer comes in the end, from the BMC or
// from the kernel that has given up, with the number that was sent with it.
type Line interface {
	// Send hands a command over, and does not wait.
	Send(number int, command []byte) error
	// Receive waits until an answer is there, but no longer than this; false: none came.
	Receive(wait time.Duration) (number int, answer []byte, came bool, err error)
	Close()
}

// controller is the BMC, with the one command that may be under way. It outlives requests: a command that one of them has not
// waited for is still under way for the next.
type controller struct {
	open func() (Line, error)
	turn chan struct{} // holds a token while somebody asks

	// Owned by who has the token.
	line  Line // nil: not open
	last  int  // the number of the last command
	owing bool // its answer has not come
	since time.Time
}

func newController(open func() (Line, error)) *controller {
	return &controller{open: open, turn: make(chan struct{}, 1)}
}

// errOwing is a BMC that still owes the answer to a command of before.
var errOwing = errors.New("no answer yet to a command")

// ipmi sends commands one by one and hands over what came back, up to the first answer that did not come.
func (h *Hands) ipmi(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	release, err := h.bmc.take(ctx)
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnderWay, "ask the BMC: %w", err)
	}
	defer release()
	a := priv.Answer{Outcome: priv.Done}
	room := maxTold
	for _, command := range r.Commands {
		answer, err := h.bmc.ask(command)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnfit, "this host has no BMC that the kernel knows: %w", err)
		case errors.Is(err, errOwing):
			a.Outcome, a.Text = priv.Unfinished, err.Error()
			return a, nil, nil
		case err != nil:
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "ask the BMC: %w", err)
		}
		if room -= len(answer)*2 + len(`"",`); room < 0 { // base64 takes four letters for three bytes, and a few for its end
			a.Outcome, a.Text = priv.Unfinished, "more than an answer holds"
			return a, nil, nil
		}
		a.Data = append(a.Data, answer)
	}
	return a, nil, nil
}

// take waits for the turn.
func (c *controller) take(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("another request has not ended: %w", ctx.Err())
	}
}

// ask sends one command and waits for its answer. It sends nothing while an answer is owed.
func (c *controller) ask(command []byte) ([]byte, error) {
	if c.line == nil {
		line, err := c.open()
		if err != nil {
			return nil, err
		}
		c.line, c.owing = line, false
	}
	if c.owing {
		if _, err := c.await(0); err != nil {
			return nil, err
		}
	}
	c.last++
	if err := c.line.Send(c.last, command); err != nil {
		c.hangUp()
		return nil, err
	}
	c.owing, c.since = true, time.Now()
	return c.await(answerTime)
}

// await waits for the answer that is owed. Others are of commands that nobody waits for any more.
func (c *controller) await(enough time.Duration) ([]byte, error) {
	for end := time.Now().Add(enough); ; {
		number, answer, came, err := c.line.Receive(max(0, time.Until(end)))
		switch {
		case err != nil:
			c.hangUp()
			return nil, err
		case came && number == c.last:
			c.owing = false
			return answer, nil
		case !came && !time.Now().Before(end):
			return nil, fmt.Errorf("%w that was sent %s ago", errOwing, time.Since(c.since).Round(time.Second))
		}
	}
}

// hangUp closes the line. The kernel drops what is still to come for it.
func (c *controller) hangUp() {
	c.line.Close()
	c.line = nil
}
