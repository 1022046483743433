package agent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// maxTraceLine bounds one line of a trace that is read: a state of a host with a thousand groups is some megabytes.
const maxTraceLine = 64 << 20

// Replay runs a trace through the step again and gives every event that it publishes, in order: what the stream got, unless
// the agent ended in between. A second state within the trace must be the one that the steps before it lead to; if it is not, the error says at
// which line, and the events before it are returned.
func Replay(trace io.Reader, published func(redundancy.Event)) error {
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, maxTraceLine)
	var st *State
	for n := 1; lines.Scan(); n++ {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("read trace line %d: %w", n, err)
		}
		switch {
		case e.State != nil && st == nil:
			if err := e.State.check(); err != nil {
				return fmt.Errorf("read trace line %d: %w", n, err)
			}
			st = e.State
			st.equip(ways())
		case e.State != nil:
			if err := sameState(st, e.State); err != nil {
				return fmt.Errorf("replay trace line %d: %w", n, err)
			}
		case st == nil:
			return fmt.Errorf("read trace line %d: a trace begins with a state", n)
		default:
			for _, out := range st.Step(e.Step...).Publish {
				if !out.Known {
					published(out.named())
				}
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read trace: %w", err)
	}
	return nil
}

// sameState compares as JSON: what a trace can hold is what counts.
func sameState(got, want *State) error {
	a, err := json.Marshal(got)
	if err != nil {
		return err
	}
	b, err := json.Marshal(want)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("the steps before lead to another state")
	}
	return nil
}

// check says what a state from outside lacks that every state of ours has.
func (st *State) check() error {
	if st.Counts == nil {
		st.Counts = map[string]uint64{}
	}
	if st.Rules.Flap.Count < 0 {
		return fmt.Errorf("check state: %d flaps", st.Rules.Flap.Count)
	}
	same := slices.EqualFunc(st.Snapshot.Sources, st.Looks, func(s redundancy.Source, l view.Looks) bool { return s.Name == l.Source })
	if !same {
		return errors.New("check state: looks of other sources than are watched")
	}
	return nil
}
