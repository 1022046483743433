package hands

import (
	"sync"
	"time"

	"plimsoll/internal/priv"
)

// remembered bounds the actions of one minute that are kept. A host does a few a day.
const remembered = 256

// taken bounds what is being read at once. Each read that hangs in the kernel holds a thread; the agent asks for one thing
// after the other.
const taken = 32

// memory knows which things something is being done with, and which actions were begun, until their deadlines have passed:
// from then on the deadline alone refuses them.
type memory struct {
	mu      sync.Mutex
	claimed map[string]bool   // things, by kind and name
	begun   map[string]*begun // by the action's id
}

// begun is one action that was begun.
type begun struct {
	request  string // as it came
	deadline time.Duration
	answer   *priv.Answer // nil: not ended yet
}

func newMemory() *memory {
	return &memory{claimed: map[string]bool{}, begun: map[string]*begun{}}
}

// claim takes thing for the action that request asks for, at the time now. Either it is free and the action is new; then
// release gives it back. Or the action has ended before, and this is what its answer was. Or it is refused.
func (m *memory) claim(thing, request string, e priv.Effect, now time.Duration) (release func(), before *priv.Answer, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, b := range m.begun {
		if b.deadline < now && b.answer != nil {
			delete(m.begun, id)
		}
	}
	if b := m.begun[e.Action]; b != nil {
		switch {
		case b.request != request:
			return nil, nil, priv.Refuse(priv.ReasonRepeated, "action %s was asked for before, and was another", e.Action)
		case b.answer == nil:
			return nil, nil, priv.Refuse(priv.ReasonUnderWay, "action %s is under way", e.Action)
		}
		again := *b.answer
		again.Repeated = true
		return nil, &again, nil
	}
	if m.claimed[thing] {
		return nil, nil, priv.Refuse(priv.ReasonUnderWay, "something is being done with %s", thing)
	}
	if len(m.begun) >= remembered {
		return nil, nil, priv.Refuse(priv.ReasonBusy, "%d actions within %s are more than a host has reason for", remembered, priv.MaxAhead)
	}
	m.claimed[thing] = true
	return func() { m.free(thing) }, nil, nil
}

// take takes thing for a request that changes nothing, until release.
func (m *memory) take(thing string) (release func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.claimed[thing]:
		return nil, priv.Refuse(priv.ReasonUnderWay, "something is being done with %s", thing)
	case len(m.claimed) >= taken:
		return nil, priv.Refuse(priv.ReasonBusy, "%d things are being read, and none of them answers", taken)
	}
	m.claimed[thing] = true
	return func() { m.free(thing) }, nil
}

func (m *memory) free(thing string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.claimed, thing)
}

// begin remembers that the action was begun.
func (m *memory) begin(request string, e priv.Effect) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[e.Action] = &begun{request: request, deadline: e.Deadline}
}

// end remembers how it ended.
func (m *memory) end(e priv.Effect, a priv.Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[e.Action].answer = &a
}

// empty says whether there is nothing that a helper started anew would have to know.
func (m *memory) empty(now time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.begun {
		if b.answer == nil || b.deadline >= now {
			return false
		}
	}
	return len(m.claimed) == 0
}
