package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaStep names each line on an action that a person asked for.
const SchemaStep = "plimsoll.step/1"

// Step is how far an action has come. The last one has its outcome.
type Step struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Work   *Work     `json:"work"`  // while it is under way
	Ended  *Ended    `json:"ended"` // once it has ended
}

// actTime is how long a client is told of an action: far beyond what any takes. One that no look can tell the outcome of goes
// on without anybody waiting.
const actTime = 5 * time.Minute

func there(k redundancy.Kind) (actions.Verb, bool) {
	v, _, able := actions.Moves(k)
	return v, able
}

func back(k redundancy.Kind) (actions.Verb, bool) {
	_, v, able := actions.Moves(k)
	return v, able
}

// alone is a verb that one kind of group has.
func alone(v actions.Verb) func(redundancy.Kind) (actions.Verb, bool) {
	return func(k redundancy.Kind) (actions.Verb, bool) { return v, v.Of(k) }
}

// act has a person's action done and streams how far it has come, one line each. What speaks against it is an error of the
// request; so a client that is answered knows that it has been taken. It goes on if the client leaves.
func (p pages) act(verb func(redundancy.Kind) (actions.Verb, bool)) http.HandlerFunc {
	return p.acting(func(w http.ResponseWriter, r *http.Request, by string) {
		v := p.agent.View()
		if v == nil {
			fail(w, http.StatusServiceUnavailable, errStarting)
			return
		}
		act, err := wanted(v, r.URL.Query(), verb)
		if err != nil {
			fail(w, codeOf(err), err)
			return
		}
		p.follow(w, r, actions.Order{By: by, Act: &act})
	})
}

// follow hands o to the agent and tells what becomes of it.
func (p pages) follow(w http.ResponseWriter, r *http.Request, o actions.Order) {
	ctx, cancel := context.WithTimeout(r.Context(), actTime)
	var (
		asking  sync.WaitGroup
		outcome actions.Outcome
		failed  error
		ended   = make(chan struct{})
		told    = teller{pages: p, w: w}
		changed = p.agent.Changed()
	)
	defer asking.Wait()
	defer cancel()
	before, _ := underWay(p.agent.View(), o) // of the same person, who asks again
	asking.Go(func() {
		defer close(ended)
		outcome, failed = p.agent.Order(ctx, o)
	})
	for {
		select {
		case <-ended:
			told.end(outcome, failed)
			return
		case <-changed:
		}
		changed = p.agent.Changed()
		work, found := underWay(p.agent.View(), o)
		if found && work.Action.ID != before.Action.ID && !told.stage(work) {
			return
		}
	}
}

// underWay is the work that o became: there is one at a time for a group.
func underWay(v *view.View, o actions.Order) (actions.Work, bool) {
	i := slices.IndexFunc(v.Will.Works, func(w actions.Work) bool {
		return w.Action.Group == o.Act.Group && w.Action.Verb == o.Act.Verb && w.Action.By == o.By
	})
	if i < 0 {
		return actions.Work{}, false
	}
	return v.Will.Works[i], true
}

// teller streams steps. It begins with the first of them: until then an answer can still be an error.
type teller struct {
	pages
	w     http.ResponseWriter
	lines *lines
	last  string // the stage told last
}

func (t *teller) send(doc any) bool {
	if t.lines == nil {
		l := t.newLines(t.w)
		t.lines = &l
	}
	return t.lines.send(doc)
}

// stage tells of a stage once, and is false when the client is gone.
func (t *teller) stage(work actions.Work) bool {
	if stage := string(work.Stage); stage != t.last {
		t.last = stage
		doc := will{t.agent.View()}.work(work)
		return t.send(Step{Schema: SchemaStep, At: t.now().UTC(), Work: &doc})
	}
	return true
}

func (t *teller) end(outcome actions.Outcome, err error) {
	switch {
	case err == nil && outcome.Action == nil:
		err = errors.New("internal error: an action has ended without an outcome")
		fallthrough
	case err != nil && t.lines == nil:
		fail(t.w, codeOfOrder(err), err)
	case err != nil:
		t.send(newProblem(err))
	default:
		ended := will{t.agent.View()}.ended(*outcome.Action, t.now())
		t.send(Step{Schema: SchemaStep, At: outcome.At.UTC(), Ended: &ended})
	}
}
