package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaOrder names the document on an order that has been followed.
const SchemaOrder = "plimsoll.order/1"

// Order is what a person asked for and what has been made durable.
type Order struct {
	Schema      string       `json:"schema"`
	At          time.Time    `json:"at"`
	By          string       `json:"by"`
	What        string       `json:"what"`        // freeze, thaw, maintenance, resume, release
	Maintenance *Maintenance `json:"maintenance"` // that has begun
}

const (
	// orderTime is how long an order may take to become durable.
	orderTime = 10 * time.Second
	// shortestMaintenance and longestMaintenance bound how long a group or the host is left alone: it ends by itself, and one
	// of years would not.
	shortestMaintenance = time.Minute
	longestMaintenance  = 31 * 24 * time.Hour
	// maxReason is how many characters a person has to say why: a sentence, and a ticket.
	maxReason = 256
)

var (
	errReason = fmt.Errorf("why: want at most %d characters of plain text", maxReason)
	errFor    = fmt.Errorf("for: want a duration such as 30m or 2h, from 1m to %dh", int(longestMaintenance.Hours()))
	errGroup  = errors.New("name a group: ?group=bond0")
)

// acting is a page for those who may act. by is who they are.
func (p pages) acting(h func(w http.ResponseWriter, r *http.Request, by string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if browsing(r) {
			fail(w, http.StatusForbidden, errBrowser)
			return
		}
		who := peerOf(r.Context())
		if !p.may(who) {
			fail(w, http.StatusForbidden, &StrangerError{Page: strings.TrimPrefix(r.URL.Path, "/"), Peer: who.String()})
			return
		}
		h(w, r, who.String())
	}
}

// freeze stops everything that the agent would do.
func (p pages) freeze(w http.ResponseWriter, r *http.Request, by string) {
	why, err := reason(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	p.promptly(w, r, Order{By: by, What: "freeze"}, func(ctx context.Context) error { return p.agent.Freeze(ctx, why, by) })
}

// thaw ends a freeze.
func (p pages) thaw(w http.ResponseWriter, r *http.Request, by string) {
	p.promptly(w, r, Order{By: by, What: "thaw"}, func(ctx context.Context) error { return p.agent.Thaw(ctx, by) })
}

// maintain begins a maintenance, or puts another end to one.
func (p pages) maintain(w http.ResponseWriter, r *http.Request, by string) {
	query := r.URL.Query()
	why, err := reason(query)
	d, wrong := time.ParseDuration(query.Get("for"))
	pattern := query.Get("group")
	v := p.agent.View()
	switch {
	case v == nil:
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	case err != nil:
		fail(w, http.StatusBadRequest, err)
		return
	case wrong != nil, d < shortestMaintenance, d > longestMaintenance:
		fail(w, http.StatusBadRequest, errFor)
		return
	case pattern != "" && !covers(v, pattern): // it would leave nothing alone, and look as if
		err := &NameError{Word: pattern}
		fail(w, codeOf(err), err)
		return
	}
	m := actions.Maintenance{Group: pattern, Until: p.now().Add(d + time.Second - 1).Truncate(time.Second), By: by, Why: why}
	shown := newMaintenance(m)
	p.order(w, r, Order{What: "maintenance", Maintenance: &shown}, actions.Order{By: by, Maintain: &m})
}

func covers(v *view.View, pattern string) bool {
	for i := range v.Assessment.Groups {
		if actions.Named(pattern, &v.Assessment.Groups[i].Group) {
			return true
		}
	}
	return false
}

// resume ends a maintenance.
func (p pages) resume(w http.ResponseWriter, r *http.Request, by string) {
	pattern := r.URL.Query().Get("group")
	p.order(w, r, Order{What: "resume"}, actions.Order{By: by, Resume: &pattern})
}

// release lets the host act again after its daily cap.
func (p pages) release(w http.ResponseWriter, r *http.Request, by string) {
	p.order(w, r, Order{What: "release"}, actions.Order{By: by, Release: true})
}

func (p pages) order(w http.ResponseWriter, r *http.Request, doc Order, o actions.Order) {
	doc.By = o.By
	p.promptly(w, r, doc, func(ctx context.Context) error {
		_, err := p.agent.Order(ctx, o)
		return err
	})
}

// promptly follows an order that takes no longer than writing it down, and answers with doc.
func (p pages) promptly(w http.ResponseWriter, r *http.Request, doc Order, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(r.Context(), orderTime)
	defer cancel()
	if err := do(ctx); err != nil {
		fail(w, codeOfOrder(err), err)
		return
	}
	doc.Schema, doc.At = SchemaOrder, p.now().UTC()
	answer(w, http.StatusOK, doc)
}

// codeOfOrder tells an order that is refused from one of which nobody knows whether it was followed.
func codeOfOrder(err error) int {
	if _, refused := errors.AsType[*actions.RefusedError](err); refused {
		return http.StatusConflict
	}
	return http.StatusServiceUnavailable
}

// reason is what a request says why. It goes into records, events and the freeze file.
func reason(query url.Values) (string, error) {
	why := query.Get("why")
	if utf8.RuneCountInString(why) > maxReason || !utf8.ValidString(why) || strings.ContainsFunc(why, unicode.IsControl) {
		return "", errReason
	}
	return why, nil
}

// wanted is the act that a request asks for: a group to be moved, or to be returned, and where to.
func wanted(v *view.View, query url.Values, verbOf func(redundancy.Kind) (actions.Verb, bool)) (actions.Act, error) {
	word := query.Get("group")
	if word == "" {
		return actions.Act{}, errGroup
	}
	g, member, err := Find(v, word)
	if err != nil {
		return actions.Act{}, err
	}
	if member != "" { // a member's name is no group's, whatever group it is in
		return actions.Act{}, &NameError{Word: word}
	}
	verb, able := verbOf(g.Group.Kind)
	if !able {
		return actions.Act{}, &ImmovableError{Name: g.Group.Name, Kind: g.Group.Kind, Verb: verb}
	}
	act := actions.Act{Verb: verb, Group: g.Group.ID}
	if to := query.Get("to"); to != "" {
		act.To, err = memberNamed(g.Group, to)
	}
	return act, err
}

// memberNamed is the member of g that a word names: its name, its id, or the end of that.
func memberNamed(g redundancy.Group, word string) (redundancy.ID, error) {
	var matches []redundancy.ID
	for _, m := range g.Members {
		if m.Name == word || string(m.ID) == word || string(m.ID) == string(g.ID)+"/"+word {
			matches = append(matches, m.ID)
		}
	}
	if len(matches) != 1 {
		return "", &NameError{Word: word, Matches: matches}
	}
	return matches[0], nil
}

// ImmovableError is a group of a kind to which what was asked for cannot be done: it has no standby to move to, or is no array.
type ImmovableError struct {
	Name string
	Kind redundancy.Kind
	Verb actions.Verb // empty: to move it
}

// Error names the group.
func (e *ImmovableError) Error() string {
	if e.Verb != "" {
		return fmt.Sprintf("%s of %s: nothing that can be done to a group of kind %s", e.Verb, e.Name, e.Kind)
	}
	return fmt.Sprintf("move %s: a group of kind %s has nothing that could be moved", e.Name, e.Kind)
}

// Hint says what can be moved.
func (e *ImmovableError) Hint() string {
	if e.Verb != "" {
		return "it is for arrays: `plimsoll status` shows which there are"
	}
	return "bonds can be moved: `plimsoll failover bond0`"
}
