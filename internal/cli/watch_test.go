package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

// page keeps what is written and tells of every write.
type page struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.wrote <- struct{}{}:
	default:
	}
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// until waits for a text to be written.
func (p *page) until(tb testing.TB, text string) {
	tb.Helper()
	late := time.After(20 * time.Second)
	for !strings.Contains(p.String(), text) {
		select {
		case <-p.wrote:
		case <-late:
			tb.Fatalf("no %q in %q", text, p.String())
		}
	}
}

// watchOn runs args until it is stopped, which returns the code.
func watchOn(tb testing.TB, p *page, rows int, args ...string) (stop func() int) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, args, Options{
			Out: p, Err: p, Version: xtest.Version, Now: xtest.At,
			Terminal: func() (int, int, bool) { return 80, rows, true },
		})
	}()
	return func() int {
		cancel()
		return <-code
	}
}

func TestWatchDrawsOverItselfAndLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	p := &page{wrote: make(chan struct{}, 1)}
	stop := watchOn(t, p, 50, "--socket", socket, "status", "--watch", "--color", "never")
	p.until(t, "Nothing redundant found")
	agent.Post(xtest.Faulty())
	p.until(t, "bond0")
	if code := stop(); code != exitOK {
		t.Errorf("code %d", code)
	}
	got := p.String()
	if !strings.HasPrefix(got, enterPage+goHome) || !strings.HasSuffix(got, leavePage) {
		t.Errorf("got %q", got)
	}
	if strings.Contains(got, "\x1b[2J") {
		t.Error("the page is cleared before it is drawn, which flickers")
	}
}

func TestWatchWaitsForAnAgentThatIsGone(t *testing.T) {
	t.Parallel()
	p := &page{wrote: make(chan struct{}, 1)}
	stop := watchOn(t, p, 50, "--socket", t.TempDir()+"/none", "status", "--watch")
	p.until(t, "is plimsolld running?")
	if code := stop(); code != exitOK {
		t.Errorf("code %d", code)
	}
}

func TestWatchCutsWhatDoesNotFitTheScreen(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Healthy(40, 0), xtest.At)
	p := &page{wrote: make(chan struct{}, 1)}
	stop := watchOn(t, p, 10, "--socket", socket, "status", "--watch", "--color", "never")
	p.until(t, "more lines")
	stop()
	drawn, _, _ := strings.Cut(strings.TrimPrefix(p.String(), enterPage), clearRest)
	if got := strings.Count(drawn, "\r\n"); got >= 10 {
		t.Errorf("%d lines on 10 rows", got)
	}
}

func TestFollowShowsEventsAsTheyCome(t *testing.T) {
	t.Parallel()
	v := xtest.Quiet()
	agent, socket := apitest.Serve(t, v, xtest.At)
	p := &page{wrote: make(chan struct{}, 1)}
	stop := watchOn(t, p, 50, "--socket", socket, "events", "--follow")
	agent.Post(xtest.Faulty())
	p.until(t, "redundancy.lost")
	if code := stop(); code != exitOK {
		t.Errorf("code %d", code)
	}
}

func TestLinesAreCutWhereTheScreenEnds(t *testing.T) {
	t.Parallel()
	l := line{say(red, "ab"), say(plain, "cdé"), say(bold, "fg")}
	for n, want := range map[int]string{7: "abcdéfg", 9: "abcdéfg", 6: "abcdé…", 5: "abcd…", 3: "ab…", 2: "a…", 1: "…"} {
		got := l.fit(n)
		var text strings.Builder
		for _, s := range got {
			text.WriteString(s.text)
		}
		if text.String() != want || got.width() > n {
			t.Errorf("in %d columns: %q, want %q", n, text.String(), want)
		}
	}
}
