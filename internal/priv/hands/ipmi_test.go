package hands_test

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

// bmc is a BMC behind a line of the kernel's: what is sent is answered after a while, in order.
type bmc struct {
	mu      sync.Mutex
	takes   time.Duration // for each command
	gone    error         // what the line says to whoever sends
	absent  bool
	chatter bool // each answer follows an event and an answer to nobody
	queue   []sentCommand
	sent    int
	most    int // under way at once
	opened  int
	closed  int
}

type sentCommand struct {
	number int
	due    time.Time
	answer []byte
}

func (b *bmc) open() (hands.Line, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.absent {
		return nil, &fs.PathError{Op: "open", Path: "/dev/ipmi0", Err: syscall.ENOENT}
	}
	b.opened++
	return b, nil
}

func (b *bmc) Close() { b.closed++ }

func (b *bmc) Send(number int, command []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone != nil {
		return b.gone
	}
	b.sent++
	if b.chatter {
		b.queue = append(b.queue, sentCommand{0, time.Now(), nil}, sentCommand{number + 7, time.Now(), []byte{0, 0xEE}})
	}
	b.queue = append(b.queue, sentCommand{number, time.Now().Add(b.takes), []byte{0, command[1]}})
	b.most = max(b.most, len(b.queue))
	return nil
}

func (b *bmc) Receive(wait time.Duration) (int, []byte, bool, error) {
	b.mu.Lock()
	due := time.Now().Add(time.Hour)
	if len(b.queue) > 0 {
		due = b.queue[0].due
	}
	b.mu.Unlock()
	if until := time.Until(due); until > wait {
		<-time.After(wait)
		return 0, nil, false, nil
	} else if until > 0 {
		<-time.After(until)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.queue[0]
	b.queue = b.queue[1:]
	return first.number, first.answer, true, nil
}

// asked is a helper with this BMC, asked for its repository and its log.
func asked(t *testing.T, h *hands.Hands) (priv.Answer, error) {
	t.Helper()
	a, _, err := h.Do(t.Context(), priv.Request{Verb: priv.IPMIRead, Commands: [][]byte{{0x28, 0x20}, {0x28, 0x40}}})
	return a, err
}

func senses(b *bmc) *hands.Hands {
	return hands.New(hands.World{Part: priv.Senses, BMC: b.open})
}

func TestABMCIsAskedOneCommandAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bmc{takes: 20 * time.Millisecond}
		h := senses(b)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				a, err := asked(t, h)
				if d := cmp.Diff([][]byte{{0, 0x20}, {0, 0x40}}, a.Data); d != "" || err != nil || a.Outcome != priv.Done {
					t.Errorf("%v, %v\n%s", a.Outcome, err, d)
				}
			})
		}
		all.Wait()
		if b.most != 1 || b.opened != 1 || b.sent != 40 {
			t.Errorf("%d commands under way at once, %d sent, opened %d times", b.most, b.sent, b.opened)
		}
	})
}

func TestNothingIsSentWhileAnAnswerIsOwed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bmc{takes: time.Minute}
		h := senses(b)
		begun := time.Now()
		for range 10 {
			a, err := asked(t, h)
			if len(a.Data) != 0 || err != nil || a.Outcome != priv.Unfinished {
				t.Fatalf("%+v, %v", a, err)
			}
		}
		if took := time.Since(begun); took != 3*time.Second || b.sent != 1 {
			t.Errorf("ten requests took %v, %d commands were sent", took, b.sent)
		}
		<-time.After(time.Minute)
		b.takes = time.Millisecond
		a, err := asked(t, h) // the late answer is thrown away
		if d := cmp.Diff([][]byte{{0, 0x20}, {0, 0x40}}, a.Data); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
		if b.most != 1 {
			t.Errorf("%d commands under way at once", b.most)
		}
	})
}

func TestWhatIsNoAnswerToTheCommandIsThrownAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bmc{takes: time.Millisecond, chatter: true}
		a, err := asked(t, senses(b))
		if d := cmp.Diff([][]byte{{0, 0x20}, {0, 0x40}}, a.Data); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
	})
}

func TestABMCThatGoesAndComesIsOpenedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bmc{absent: true}
		h := senses(b)
		_, err := asked(t, h)
		if reasonOf(err) != priv.ReasonUnfit {
			t.Errorf("without a BMC: %v", err)
		}
		b.absent = false
		if _, err := asked(t, h); err != nil {
			t.Errorf("when it has come: %v", err)
		}
		b.gone = fmt.Errorf("IPMICTL_SEND_COMMAND: %w", syscall.ENODEV)
		if _, err := asked(t, h); reasonOf(err) != priv.ReasonUnread {
			t.Errorf("when it has gone: %v", err)
		}
		b.gone = nil
		if _, err := asked(t, h); err != nil || b.opened != 2 || b.closed != 1 {
			t.Errorf("when it is back: %v, opened %d times, closed %d times", err, b.opened, b.closed)
		}
	})
}

func TestWhoeverWaitsForTheBMCDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bmc{takes: 2900 * time.Millisecond}
		h := senses(b)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() { // three commands, nine seconds
			_, _, _ = h.Do(ctx, priv.Request{Verb: priv.IPMIRead, Commands: [][]byte{{0x28, 0x20}, {0x28, 0x40}, {0x28, 0x48}}})
		})
		synctest.Wait()
		if _, err := asked(t, h); reasonOf(err) != priv.ReasonUnderWay {
			t.Errorf("who waits: %v", err)
		}
		all.Wait()
	})
}
