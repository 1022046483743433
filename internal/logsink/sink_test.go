package logsink

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// closed ends s and fails the test if lines are still waiting.
func closed(t *testing.T, s *Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

func TestLinesComeOutInOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(&out, Options{})
	var want strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&want, "line %d\n", i)
		fmt.Fprintf(s, "line %d\n", i)
	}
	closed(t, s)
	if d := cmp.Diff(want.String(), out.String()); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
	if s.Lost() != 0 {
		t.Errorf("lost %d lines, want none", s.Lost())
	}
}

func TestLinesOfOneMomentGoOutTogetherAndTheEndWaitsForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var out stamps
		s := New(&out, Options{Rest: 100 * time.Millisecond})
		_, _ = s.Write([]byte("a\n"))
		time.Sleep(60 * time.Millisecond)
		_, _ = s.Write([]byte("b\n"))
		time.Sleep(time.Second)
		_, _ = s.Write([]byte("c\n"))
		closed(t, s)
		want := []string{"100ms a", "100ms b", "1.06s c"}
		if d := cmp.Diff(want, out.since(began)); d != "" {
			t.Errorf("lines (-want +got):\n%s", d)
		}
	})
}

// stamps notes when each line was written.
type stamps struct {
	at    []time.Time
	lines []string
}

func (s *stamps) Write(line []byte) (int, error) {
	s.at, s.lines = append(s.at, time.Now()), append(s.lines, strings.TrimSpace(string(line)))
	return len(line), nil
}

func (s *stamps) since(began time.Time) []string {
	var out []string
	for i, line := range s.lines {
		out = append(out, s.at[i].Sub(began).String()+" "+line)
	}
	return out
}

func TestWriterNeverWaitsForAReaderThatHangsAndIsToldWhatWasLost(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	s := New(w, Options{Queue: 1000})
	line := []byte(strings.Repeat("x", 99) + "\n")
	written := 0
	for s.Lost() < 50 { // far more than a pipe holds; this ends only because Write does not wait
		if _, err := s.Write(line); err != nil {
			t.Fatal(err)
		}
		written++
	}
	lost := s.Lost()
	read := make(chan []string)
	go func() {
		var lines []string
		in := bufio.NewScanner(r)
		for in.Scan() {
			lines = append(lines, in.Text())
		}
		read <- lines
	}()
	closed(t, s)
	_ = w.Close()
	lines := <-read
	whole, told := 0, uint64(0)
	for _, l := range lines {
		if n, ok := lossTold(l); ok {
			told += n
		} else if l+"\n" == string(line) {
			whole++
		} else {
			t.Errorf("a line that nobody wrote: %q", l)
		}
	}
	if told != lost || whole+int(lost) != written {
		t.Errorf("wrote %d lines: %d came out, %d lost, %d told as lost", written, whole, lost, told)
	}
	if _, ok := lossTold(lines[len(lines)-1]); !ok {
		t.Errorf("the last line is %q, want what was lost after those before", lines[len(lines)-1])
	}
}

func lossTold(line string) (uint64, bool) {
	m := regexp.MustCompile(`log lines lost.* lost=(\d+)$`).FindStringSubmatch(line)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseUint(m[1], 10, 64)
	return n, err == nil
}

func TestCloseGivesUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	_, w := pipe(t)
	s := New(w, Options{Queue: 1000})
	for s.Lost() == 0 {
		fmt.Fprintln(s, "nobody reads this")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Close(ctx)
	if !errors.Is(err, ErrUnflushed) || !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v, want %v because of %v", err, ErrUnflushed, context.Canceled)
	}
}

func TestAfterCloseLinesAreLostNotKept(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(&out, Options{})
	closed(t, s)
	fmt.Fprintln(s, "too late")
	closed(t, s)
	if s.Lost() != 1 || out.Len() != 0 {
		t.Errorf("lost %d, wrote %q: want the line lost", s.Lost(), out.String())
	}
}

type refusing struct{ calls int }

func (r *refusing) Write([]byte) (int, error) { r.calls++; return 0, io.ErrClosedPipe }

func TestLinesThatStandardErrorRefusesAreCounted(t *testing.T) {
	t.Parallel()
	var out refusing
	s := New(&out, Options{})
	for range 3 {
		fmt.Fprintln(s, "line")
	}
	closed(t, s)
	if s.Lost() != 3 {
		t.Errorf("lost %d, want 3", s.Lost())
	}
	if out.calls > 6 {
		t.Errorf("%d writes for 3 lines: it tells of its own telling", out.calls)
	}
}

func TestJournalLinesCarryThePriorityAndNoTime(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(&out, Options{Journal: true, Level: slog.LevelDebug})
	log := s.Logger()
	log.Debug("d")
	log.Info("i", "text", "two\nlines")
	log.Warn("w")
	log.Error("e")
	log.Log(t.Context(), slog.LevelInfo+1, "between")
	closed(t, s)
	want := "<7>level=DEBUG msg=d\n" +
		"<6>level=INFO msg=i text=\"two\\nlines\"\n" +
		"<4>level=WARN msg=w\n" +
		"<3>level=ERROR msg=e\n" +
		"<6>level=INFO+1 msg=between\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

func TestTextLinesCarryTheTimeAndWhatWasAddedToTheLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(&out, Options{})
	log := s.Logger()
	log.With("source", "bond").WithGroup("g").Info("seen", "n", 1)
	log.Debug("not at this level")
	closed(t, s)
	if !regexp.MustCompile(`^time=\S+ level=INFO msg=seen source=bond g\.n=1\n$`).MatchString(out.String()) {
		t.Errorf("lines %q", out.String())
	}
}

func TestJournalIsRecognisedByItsStreamNotByTheVariableAlone(t *testing.T) {
	t.Parallel()
	_, w := pipe(t)
	info, err := w.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no Stat_t")
	}
	for stream, want := range map[string]bool{
		fmt.Sprintf("%d:%d", st.Dev, st.Ino):   true,
		fmt.Sprintf("%d:%d", st.Dev, st.Ino+1): false,
		"":                                     false,
		"journal":                              false,
	} {
		if got := Journaled(w, stream); got != want {
			t.Errorf("Journaled(%q) = %v, want %v", stream, got, want)
		}
	}
}

func BenchmarkLogLine(b *testing.B) {
	s := New(io.Discard, Options{Journal: true})
	log := s.Logger()
	b.ReportAllocs()
	for b.Loop() {
		log.Info("state changed", "group", "bond:bond0", "status", "Lost")
	}
	if err := s.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}
