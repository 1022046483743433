package api

import (
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
)

// SchemaHook names the document that hooks are told; docs/schemas/hook.v1.schema.json is its schema.
const SchemaHook = "plimsoll.hook/1"

// Hook is what a hook is told: on standard input, or as the body of a POST.
type Hook struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Host   Host      `json:"host"`
	Action Action    `json:"action"`
	Group  *Group    `json:"group"` // as it is judged now; null: it is gone
	Event  *Cause    `json:"event"` // what told of the failure; null: nothing in particular did
}

// NewHook is the document on a, which is under way.
func NewHook(v *view.View, a actions.Action, now time.Time) Hook {
	i := slices.IndexFunc(v.Will.Works, func(w actions.Work) bool { return w.Action.ID == a.ID })
	if i >= 0 {
		a = v.Will.Works[i].Action // by the wall clock
	}
	doc := Hook{Schema: SchemaHook, At: now.UTC(), Host: newHost(v.Host), Action: will{v}.action(a)}
	if g, there := v.Assessment.Group(a.Group); there {
		is := newGroup(g, now)
		doc.Group = &is
	}
	if a.Cause != "" {
		c := newCause(v.Recent, a.Group, a.Cause)
		doc.Event = &c
	}
	return doc
}
