package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/redundancy"
)

// replayed are the ids and types that a trace replays to.
func replayed(t tester, trace []byte) []string {
	t.Helper()
	var got []string
	if err := Replay(bytes.NewReader(trace), func(e redundancy.Event) { got = append(got, e.ID+" "+e.Type) }); err != nil {
		t.Fatalf("replay: %v", err)
	}
	return got
}

func (t *Trace) text(tb tester) []byte {
	tb.Helper()
	var b bytes.Buffer
	if _, err := t.WriteTo(&b); err != nil {
		tb.Fatalf("write trace: %v", err)
	}
	return b.Bytes()
}

func TestATraceTurnsAndStaysBoundedAndReplayable(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.prompt = true
	s.open()
	most := 0
	for n := range 400 {
		g := mirror(redundancy.Enabled, redundancy.Enabled)
		if n%10 == 0 {
			g = mirror(redundancy.Enabled, redundancy.Disabled)
		}
		s.pass(5*time.Minute, 0) // too slow to flap
		s.step(Input{Look: &Look{Source: "raid", Began: s.now, Ended: s.now, Observation: &redundancy.Observation{
			Groups: []redundancy.Group{g}, Notes: []string{strings.Repeat("x", 5000+n)},
		}}})
		if err := s.trace.Turn(s.st); err != nil {
			t.Fatalf("turn: %v", err)
		}
		most = max(most, len(s.trace.text(t)))
	}
	if most > TraceBytes+TraceBytes/4 || most < TraceBytes/2 {
		t.Errorf("the trace has had %d bytes, want some %d", most, TraceBytes)
	}
	got := replayed(t, s.trace.text(t))
	if len(got) == 0 || !slices.Equal(s.life[len(s.life)-len(got):], got) {
		t.Errorf("the trace replays to something else (-then +replayed):\n%s", cmp.Diff(s.life, got))
	}
}

func TestAHostWithMuchStateKeepsItsPastInTheTrace(t *testing.T) {
	t.Parallel()
	var trace Trace
	st := newWorld(t).st
	st.Log.Volatile = strings.Repeat("x", TraceBytes) // a state larger than what a half may take
	if err := trace.Begin(st); err != nil {
		t.Fatalf("begin: %v", err)
	}
	for range 10 {
		if err := trace.Step([]Input{{At: start}}); err != nil {
			t.Fatalf("step: %v", err)
		}
		if err := trace.Turn(st); err != nil {
			t.Fatalf("turn: %v", err)
		}
	}
	if got := bytes.Count(trace.text(t), []byte("\n")); got != 11 {
		t.Errorf("the trace has %d lines, want a state and ten steps", got)
	}
}

func TestATraceThatWasRecordedByAFormerVersionReplays(t *testing.T) {
	t.Parallel()
	const file = "testdata/trace-version-1.txtar"
	if *update {
		writeTrace(t, file)
	}
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Fields(string(archive.Files[1].Data)), replayed(t, archive.Files[0].Data)
	if diff := cmp.Diff(want, strings.Fields(strings.Join(got, " "))); diff != "" {
		t.Errorf("replayed (-want +got):\n%s", diff)
	}
}

// writeTrace records a short story with everything in it that a trace can hold.
func writeTrace(t *testing.T, file string) {
	t.Helper()
	s := newSim(t)
	s.look("raid", whole)
	s.open()
	s.ack()
	s.stuck = true
	s.look("raid", halved)
	s.pass(2*time.Second, 0)
	s.stuck = false
	s.flush()
	s.step(Input{Look: &Look{Source: "bond", Began: s.now, Overdue: true}})
	s.step(Input{Look: &Look{Source: "raid", Began: s.now, Ended: s.now, Same: true}})
	s.step(Input{Log: &LogNews{Durable: s.durable, Full: true}})
	s.wall = time.Minute
	s.step(Input{Look: &Look{Source: "bond", Began: s.now, Ended: s.now, Err: "interrupted system call"}})
	s.step(Input{Stopping: true})
	s.flush()
	archive := txtar.Archive{
		Comment: []byte("A trace as the first version writes it. It is kept as it is: what a host has recorded must replay later, too.\n\n"),
		Files: []txtar.File{
			{Name: "trace", Data: s.trace.text(t)}, {Name: "want", Data: []byte(strings.Join(s.life, "\n") + "\n")},
		},
	}
	if err := os.WriteFile(file, txtar.Format(&archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReplaySaysAtWhichLineATraceIsWrong(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.open()
	s.look("raid", halved)
	lines := strings.SplitAfter(strings.TrimSpace(string(s.trace.text(t))), "\n")
	other := newSim(t)
	other.look("raid", whole)
	if err := other.trace.Begin(other.st); err != nil {
		t.Fatal(err)
	}
	otherLines := strings.SplitAfter(strings.TrimSpace(string(other.trace.text(t))), "\n")
	for name, c := range map[string]struct{ trace, says string }{
		"a line that is no JSON":     {lines[0] + "{\n", "line 2: "},
		"no state at the beginning":  {strings.Join(lines[1:], ""), "line 1: a trace begins with a state"},
		"a state of something else":  {lines[0] + otherLines[len(otherLines)-1], "line 2: "},
		"a state without its looks":  {`{"state":{"snapshot":{"sources":[{"name":"raid"}]}}}`, "line 1: "},
		"a state that can't be true": {`{"state":{"rules":{"flap":{"count":-1}}}}`, "line 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Replay(strings.NewReader(c.trace), func(redundancy.Event) {})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %q in it", err, c.says)
			}
		})
	}
}

func TestATraceMayBeReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	var trace Trace
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 1000 {
			if err := trace.Step([]Input{{At: start.Add(time.Duration(n))}}); err != nil {
				t.Errorf("step: %v", err)
			}
		}
	}()
	for {
		for line := range bytes.Lines(trace.text(t)) {
			if !json.Valid(line) {
				t.Fatalf("half a line: %s", line)
			}
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func FuzzReplayNeverPanics(f *testing.F) {
	s := newSim(f)
	s.open()
	s.look("raid", halved)
	s.flush()
	s.stuck = true
	s.look("raid", whole)
	s.pass(2*time.Second, 0)
	f.Add(s.trace.text(f))
	f.Add([]byte(`{"state":{}}` + "\n" + `{"step":[{"stopping":true},{"log":{"refused":1}}]}`))
	f.Add([]byte(`{"state":{"stream":{"keep_at":"2026-01-02T03:04:05Z"},"log":{"id":"l","waiting":[{"seq":0,"as":"x"}]}}}` + "\n" +
		`{"step":[{"at":"2027-01-02T03:04:05Z","opened":{"log_id":"","next":0,"pending":[3,1]}}]}`))
	f.Fuzz(func(_ *testing.T, trace []byte) {
		_ = Replay(bytes.NewReader(trace), func(e redundancy.Event) { _ = fmt.Sprint(e) })
	})
}
