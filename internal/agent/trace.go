package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"sync"
)

// TraceBytes is how much of the past the trace keeps, in two halves of which the older is dropped: hours of a quiet host,
// since a look that found nothing new takes a hundred bytes. The states that the halves begin with come on top.
const TraceBytes = 1 << 20

// entry is one line of a trace: the state that a half begins with, or what one step took in.
type entry struct {
	State *State  `json:"state,omitempty"`
	Step  []Input `json:"step,omitempty"`
}

// Trace keeps the newest inputs of the step, each half beginning with the state it starts from, so that Replay can run it.
// It is bounded. The loop writes it, anyone may read it.
type Trace struct {
	mu       sync.Mutex
	old, now bytes.Buffer
	begins   int // how much of now is the state that it begins with
}

// Begin starts a half with st.
func (t *Trace) Begin(st *State) error {
	err := t.write(entry{State: st})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begins = t.now.Len()
	return err
}

// Step keeps what a step is about to take in.
func (t *Trace) Step(in []Input) error { return t.write(entry{Step: in}) }

func (t *Trace) write(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Write(line)
	t.now.WriteByte('\n')
	return nil
}

// Turn starts a new half with st once the present one is full.
func (t *Trace) Turn(st *State) error {
	t.mu.Lock()
	full := t.now.Len()-t.begins > TraceBytes/2
	if full {
		t.old, t.now = t.now, bytes.Buffer{}
	}
	t.mu.Unlock()
	if !full {
		return nil
	}
	return t.Begin(st)
}

// WriteTo writes the trace as JSON lines, the oldest first.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	t.mu.Lock()
	all := slices.Concat(t.old.Bytes(), t.now.Bytes())
	t.mu.Unlock()
	n, err := w.Write(all)
	return int64(n), err
}
