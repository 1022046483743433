package lab

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"

	"plimsoll/lab/script"
)

// Tally is how the scripts of a run went.
type Tally struct {
	Passed, Failed int
	// Unsteady are those among the passed that failed at first, and passed when they were run again in a new guest.
	Unsteady []Unsteady
}

// Unsteady is a script that failed and then passed.
type Unsteady struct {
	Script string
	First  string // the folder with what its first run left behind
}

func (t *Tally) add(o Tally) {
	t.Passed += o.Passed
	t.Failed += o.Failed
	t.Unsteady = append(t.Unsteady, o.Unsteady...)
}

// Run runs the scripts, as many at once as there are to be guests, those that need the same guest one after another in
// one as far as that goes. The error is for what is no script's fault.
func (l *Lab) Run(ctx context.Context, scripts []script.Script) (Tally, error) {
	q := newQueue(scripts, l.config.Again)
	var lanes sync.WaitGroup
	var mu sync.Mutex
	var all Tally
	var err error
	for range max(1, l.config.Guests) {
		lanes.Go(func() {
			t, e := l.lane(ctx, q)
			mu.Lock()
			defer mu.Unlock()
			all.add(t)
			err = errors.Join(err, e)
		})
	}
	lanes.Wait()
	return all, err
}

// queue are the scripts that wait for a guest, by the guest that they need.
type queue struct {
	mu     sync.Mutex
	order  []Boot
	groups map[Boot][]script.Script
	again  int // how many more failed scripts may be run once more
}

// newQueue puts together the scripts that share a guest. A script that needs something special also takes a guest that has
// more of it: a boot is dear.
func newQueue(scripts []script.Script, again int) *queue {
	q := &queue{groups: make(map[Boot][]script.Script), again: again}
	for _, s := range scripts {
		b := BootOf(s.Boot)
		for _, other := range scripts {
			if o := BootOf(other.Boot); b != (Boot{}) && o.covers(b) {
				b = o
			}
		}
		if q.groups[b] == nil {
			q.order = append(q.order, b)
		}
		q.groups[b] = append(q.groups[b], s)
	}
	for _, group := range q.groups {
		slices.SortStableFunc(group, func(a, b script.Script) int { return cmp.Compare(spends(a), spends(b)) })
	}
	return q
}

// spends is 1 for a script whose guest can't be brought back, which therefore comes last in it, and 0 for others.
func spends(s script.Script) int {
	for _, step := range s.Steps {
		if _, ok := step.Do.(script.UnplugCard); ok {
			return 1
		}
	}
	return 0
}

// covers reports whether a guest booted so has all that o has.
func (b Boot) covers(o Boot) bool {
	return (b.RootOnDM || !o.RootOnDM) && (b.RootOnMD || !o.RootOnMD) && (b.MaskedMDRules || !o.MaskedMDRules) && (b.SecondCard || !o.SecondCard) &&
		(b.BMC || !o.BMC) && (b.Drives || !o.Drives) && (b.Battery || !o.Battery)
}

// next takes a script, one for the guest that is there if any is left, and says which guest it needs.
func (q *queue) next(m *Machine) (s script.Script, b Boot, any bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m != nil && len(q.groups[m.boot]) > 0 {
		return q.take(m.boot), m.boot, true
	}
	for _, b := range q.order {
		if len(q.groups[b]) > 0 {
			return q.take(b), b, true
		}
	}
	return script.Script{}, Boot{}, false
}

func (q *queue) take(b Boot) script.Script {
	s := q.groups[b][0]
	q.groups[b] = q.groups[b][1:]
	return s
}

// mayAgain reports whether one more failed script may be run again, and counts it.
func (q *queue) mayAgain() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.again--
	return q.again >= 0
}

// lane runs scripts one after another until none is left.
func (l *Lab) lane(ctx context.Context, q *queue) (t Tally, err error) {
	var m *Machine
	defer func() { l.end(m) }()
	for ctx.Err() == nil {
		s, b, any := q.next(m)
		if !any {
			return t, nil
		}
		if m, err = l.freshGuest(ctx, m, b); err != nil {
			return t, err
		}
		if l.runScript(ctx, m, s) {
			t.Passed++
			continue
		}
		if ctx.Err() != nil || !q.mayAgain() {
			t.Failed++
			continue
		}
		first := Unsteady{Script: s.Name, First: filepath.Join(l.dir, s.Name)}
		l.say("     once more, in a new guest")
		l.end(m)
		if m, err = l.Boot(ctx, b); err != nil {
			t.Failed++
			return t, err
		}
		s.Name += "-again" // it leaves its own things behind
		if l.runScript(ctx, m, s) {
			t.Passed++
			t.Unsteady = append(t.Unsteady, first)
		} else {
			t.Failed++
		}
	}
	return t, ctx.Err()
}

// freshGuest is a guest booted so, as it is after its boot: the one that is there if it can be, or else a new one.
func (l *Lab) freshGuest(ctx context.Context, m *Machine, b Boot) (*Machine, error) {
	if m != nil && m.boot == b {
		err := m.clean(ctx)
		if err == nil {
			return m, nil
		}
		l.say("guest%s: not clean again, so a new one: %v", b, err)
	}
	l.end(m)
	return l.Boot(ctx, b)
}
