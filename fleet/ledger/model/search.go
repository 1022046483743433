package model

import (
	"fmt"
	"hash/maphash"
	"slices"
)

// Result is what a search found.
type Result struct {
	States int      // that differ
	Depth  int      // of the last that was new
	Whole  bool     // all that can be reached was looked at
	Wrong  string   // the promise that is broken; empty: none
	Story  []string // a shortest way there
}

// origin is how a state was reached first.
type origin struct {
	from uint64
	step step
}

// Search walks through all states, breadth first, until a promise is broken or so many states have been seen.
func (m *Model) Search(most int) Result {
	m.applied, m.rooms, m.polled, m.decided = map[change]applied{}, map[change]bool{}, map[question]answer{}, map[ballot]decided{}
	seed := maphash.MakeSeed()
	var buf []byte
	hash := func(s *state) uint64 {
		buf = s.key(buf[:0])
		return maphash.Bytes(seed, buf)
	}
	first := start()
	seen := map[uint64]origin{hash(&first): {}}
	var out Result
	for level := []state{first}; len(level) > 0; out.Depth++ {
		var next []state
		for _, s := range level {
			from := hash(&s)
			m.follow(s, func(by step, after state) {
				after.normal(m.voids())
				id := hash(&after)
				if _, known := seen[id]; known || out.Wrong != "" {
					return
				}
				seen[id] = origin{from: from, step: by}
				if out.Wrong = m.wrong(&after); out.Wrong != "" {
					out.Story = story(seen, id)
				}
				next = append(next, after)
			})
			if out.States = len(seen); out.Wrong != "" || out.States > most {
				return out
			}
		}
		level = next
	}
	out.Whole = true
	return out
}

// story is the way to a state.
func story(seen map[uint64]origin, id uint64) []string {
	var out []string
	for {
		o := seen[id]
		if o.step == (step{}) {
			slices.Reverse(out)
			return out
		}
		out = append(out, o.step.String())
		id = o.from
	}
}

// String is the step in words.
func (s step) String() string {
	return fmt.Sprintf("%d: %s (%d)", s.who, s.what, s.to)
}
