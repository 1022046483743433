package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaPlan names the document on what is to be done.
const SchemaPlan = "plimsoll.plan/1"

// Plan is what the agent would do, does, and does not do, with every reason why.
type Plan struct {
	Schema      string        `json:"schema"`
	At          time.Time     `json:"at"`
	Mode        string        `json:"mode"`
	Do          []Action      `json:"do"`          // now; in mode enforce they are under way a moment later
	Offered     []Offer       `json:"offered"`     // for a person to ask for
	Held        []Holding     `json:"held"`        // called for and not done; sorted by group
	Next        *time.Time    `json:"next"`        // when time alone may change this; null: never
	Acting      []Work        `json:"acting"`      // under way
	Ended       []Ended       `json:"ended"`       // the newest, the newest first
	Frozen      []string      `json:"frozen"`      // by whom and why; empty: not frozen
	Maintenance []Maintenance `json:"maintenance"` // each ends by itself
	Latched     *time.Time    `json:"latched"`     // since when the daily cap holds everything; null: it does not
	Moved       []Move        `json:"moved"`       // groups that a failover moved and that have not returned, sorted
}

// Offer is an action that a person may ask for.
type Offer struct {
	Action Action    `json:"action"`
	Since  time.Time `json:"since"`
}

// Holding is an action that is called for and not done.
type Holding struct {
	Action Action   `json:"action"`
	Why    []Reason `json:"why"`
}

// Reason is why an action is held. Key is the key of the policy or the word that docs/policy.md explains.
type Reason struct {
	Key   string     `json:"key"`
	Text  string     `json:"text"`
	Until *time.Time `json:"until"` // when time alone does away with it; null: it takes more
}

// Work is an action under way. Stage is what it waits for.
type Work struct {
	Action Action  `json:"action"`
	Stage  string  `json:"stage"` // intending, asking, granting, looking, starting, doing, proving, ending, freeing
	Said   *string `json:"said"`  // what the one who did it returned; what counts is the look afterwards
	Stuck  bool    `json:"stuck"`
}

// Ended is an action that has ended.
type Ended struct {
	Action   Action        `json:"action"`
	At       time.Time     `json:"at"`
	Outcome  actions.Phase `json:"outcome"` // done, failed, abandoned
	Why      *string       `json:"why"`
	Evidence []Evidence    `json:"evidence"` // what the look afterwards read
}

// Maintenance is a time in which a group, or the host, is watched and left alone.
type Maintenance struct {
	Group *string   `json:"group"` // a name, an id or a pattern; null: the host
	Until time.Time `json:"until"`
	By    string    `json:"by"`
	Why   *string   `json:"why"`
}

// Move is where a failover has moved a group.
type Move struct {
	Group    redundancy.ID `json:"group"`
	Name     string        `json:"name"`
	Home     redundancy.ID `json:"home"` // the member that was in use before
	HomeName *string       `json:"home_name"`
	To       redundancy.ID `json:"to"`
	ToName   *string       `json:"to_name"`
	At       time.Time     `json:"at"`
	Rule     string        `json:"rule"`
}

// NewPlan is the document on what v will do.
func NewPlan(v *view.View, now time.Time) Plan {
	w, is := will{v}, &v.Will
	p := Plan{
		Schema: SchemaPlan, At: v.At.UTC(), Mode: v.Mode,
		Do: each(is.Plan.Do, w.action), Offered: each(is.Plan.Offer, w.offer), Held: each(is.Plan.Held, w.holding),
		Next: moment(is.Plan.Next), Acting: each(is.Works, w.work),
		Ended:  each(is.Ended, func(r actions.Record) Ended { return w.ended(r, now) }),
		Frozen: some(is.Frozen), Maintenance: each(is.Maintenance, newMaintenance), Latched: moment(is.Latched), Moved: []Move{},
	}
	p.Do = slices.DeleteFunc(p.Do, func(a Action) bool { // it has been taken up since
		return slices.ContainsFunc(is.Works, func(w actions.Work) bool { return w.Action.Group == a.Group })
	})
	slices.Reverse(p.Ended)
	for id, m := range is.Moves {
		p.Moved = append(p.Moved, w.move(id, m))
	}
	slices.SortFunc(p.Moved, func(a, b Move) int { return cmp.Compare(a.Group, b.Group) })
	return p
}

func (v will) offer(o actions.Offer) Offer {
	return Offer{Action: v.action(o.Action), Since: o.Since.UTC()}
}

func (v will) holding(h actions.Holding) Holding {
	return Holding{Action: v.action(h.Action), Why: each(h.Why, newReason)}
}

func newReason(r actions.Reason) Reason {
	return Reason{Key: r.Key, Text: r.Text, Until: moment(r.Until)}
}

func (v will) work(w actions.Work) Work {
	return Work{Action: v.action(w.Action), Stage: string(w.Stage), Said: known(w.Said), Stuck: w.Stuck}
}

func (v will) ended(r actions.Record, now time.Time) Ended {
	return Ended{
		Action: v.action(r.Action), At: r.At.UTC(), Outcome: r.Phase, Why: known(r.Why), Evidence: newEvidence(r.Evidence, r.At, now),
	}
}

func newMaintenance(m actions.Maintenance) Maintenance {
	return Maintenance{Group: known(m.Group), Until: m.Until.UTC(), By: m.By, Why: known(m.Why)}
}

func (v will) move(id redundancy.ID, m actions.Move) Move {
	out := Move{Group: id, Name: string(id), Home: m.Home, To: m.To, At: m.At.UTC(), Rule: m.Rule}
	if g, there := v.Assessment.Group(id); there {
		home, _ := g.Group.Member(m.Home)
		to, _ := g.Group.Member(m.To)
		out.Name, out.HomeName, out.ToName = g.Group.Name, known(home.Name), known(to.Name)
	}
	return out
}

// each is what of makes of every element, and empty instead of null.
func each[A, B any](list []A, of func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = of(a)
	}
	return out
}

// moment is t in UTC, and null where there was none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (p pages) plan(v *view.View, _ *http.Request) (any, error) { return NewPlan(v, p.now()), nil }
