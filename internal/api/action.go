package api

import (
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Action is one thing to do to one group, as documents tell of it.
type Action struct {
	ID       *string        `json:"id"` // of the log; null: it has not been begun
	Rule     string         `json:"rule"`
	Verb     actions.Verb   `json:"verb"`
	Hook     *string        `json:"hook"`
	Group    redundancy.ID  `json:"group"`
	Name     string         `json:"name"`
	From     *redundancy.ID `json:"from"` // the member that is left
	FromName *string        `json:"from_name"`
	To       *redundancy.ID `json:"to"` // the member that is taken
	ToName   *string        `json:"to_name"`
	Reach    actions.Reach  `json:"reach"`
	Pool     *string        `json:"pool"`
	Cause    *string        `json:"cause"` // id of the event that told why
	By       *string        `json:"by"`    // who asked for it; null: policy
	Decided  time.Time      `json:"decided"`
	Deadline time.Time      `json:"deadline"`
}

// will builds the documents on actions: names are those of the groups in v.
type will struct{ *view.View }

func (v will) action(a actions.Action) Action {
	g, _ := v.Assessment.Group(a.Group)
	name := func(id redundancy.ID) *string {
		m, _ := g.Group.Member(id)
		return known(m.Name)
	}
	return Action{
		ID: known(a.ID), Rule: a.Rule, Verb: a.Verb, Hook: known(a.Hook), Group: a.Group, Name: a.Name,
		From: known(a.From), FromName: name(a.From), To: known(a.To), ToName: name(a.To),
		Reach: a.Reach, Pool: known(a.Pool), Cause: known(a.Cause), By: known(a.By),
		Decided: a.Decided.UTC(), Deadline: a.Deadline.UTC(),
	}
}
