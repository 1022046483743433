package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaDrill names the document on a drill.
const SchemaDrill = "plimsoll.drill/1"

// Drill is what a fault would have led to. Nothing of it has happened.
type Drill struct {
	Schema  string            `json:"schema"`
	At      time.Time         `json:"at"`
	By      string            `json:"by"`
	Group   redundancy.ID     `json:"group"`
	Name    string            `json:"name"` // the group's
	Member  *redundancy.ID    `json:"member"`
	Fault   actions.Mishap    `json:"fault"` // empty: one part of a real drill was told
	Status  redundancy.Status `json:"status"`
	Margin  redundancy.Margin `json:"margin"`
	Events  []Rehearsed       `json:"events"`
	Do      []Action          `json:"do"`
	Held    []Holding         `json:"held"`
	Subject string            `json:"subject"` // where the events of drills go: what ends the subjects of this host's
}

// Rehearsed is one event that the fault would have brought.
type Rehearsed struct {
	AfterS   float64             `json:"after_s"` // how long after the fault
	Type     string              `json:"type"`
	Severity redundancy.Severity `json:"severity"`
	Group    *redundancy.ID      `json:"group"`
	Member   *redundancy.ID      `json:"member"`
	Text     string              `json:"text"`
}

var errDrill = errors.New("a drill wants ?name=MEMBER&fault=, or ?name=GROUP&real=begins and then ends")

// drillAsked is the drill that a request asks for.
func drillAsked(v *view.View, query url.Values) (actions.Drill, error) {
	g, member, err := Find(v, query.Get("name"))
	if err != nil {
		return actions.Drill{}, err
	}
	d := actions.Drill{Group: g.Group.ID, Member: member, Fault: actions.Mishap(query.Get("fault")), Real: actions.DrillPart(query.Get("real"))}
	switch {
	case d.Real != "":
		if member != "" || d.Fault != "" || d.Real != actions.DrillBegins && d.Real != actions.DrillEnds {
			return d, errDrill
		}
	case member == "" || !slices.Contains(actions.Mishaps(), d.Fault):
		return d, fmt.Errorf("%w; faults are %v", errDrill, actions.Mishaps())
	}
	return d, nil
}

// drill rehearses a fault.
func (p pages) drill(w http.ResponseWriter, r *http.Request, by string) {
	v := p.agent.View()
	if v == nil {
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	}
	d, err := drillAsked(v, r.URL.Query())
	if err != nil {
		fail(w, codeOf(err), err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), orderTime)
	defer cancel()
	outcome, err := p.agent.Order(ctx, actions.Order{By: by, Drill: &d})
	if err != nil {
		fail(w, codeOfOrder(err), err)
		return
	}
	answer(w, http.StatusOK, newDrill(p.agent.View(), d, by, outcome))
}

func newDrill(v *view.View, d actions.Drill, by string, o actions.Outcome) Drill {
	doc := Drill{
		Schema: SchemaDrill, At: o.At.UTC(), By: by, Group: d.Group, Member: known(d.Member), Fault: d.Fault,
		Events: []Rehearsed{}, Do: []Action{}, Held: []Holding{}, Subject: "event." + string(redundancy.KindDrill) + ".drill.*",
	}
	if g, there := v.Assessment.Group(d.Group); there {
		doc.Name, doc.Status, doc.Margin = g.Group.Name, g.Verdict.Status, g.Verdict.Margin
	}
	r := o.Rehearsal
	if r == nil {
		return doc
	}
	doc.Status, doc.Margin = r.Verdict.Status, r.Verdict.Margin
	doc.Do, doc.Held = each(r.Do, will{v}.action), each(r.Held, will{v}.holding)
	for _, e := range r.Events {
		doc.Events = append(doc.Events, Rehearsed{
			AfterS: e.Time.Sub(o.At).Seconds(), Type: e.Type, Severity: e.Severity, Group: known(e.Group), Member: known(e.Member), Text: e.Text,
		})
	}
	return doc
}
