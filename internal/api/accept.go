package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaAccept names the document on an acceptance.
const SchemaAccept = "plimsoll.accept/1"

// Accept is what the baseline knew of groups and what it knows once they are accepted as they are.
type Accept struct {
	Schema  string                  `json:"schema"`
	Done    bool                    `json:"done"`    // false: this is what would change
	Changes []redundancy.Acceptance `json:"changes"` // sorted by group; empty: all is as the baseline knows it
}

// acceptTime is how long an acceptance may take to become durable.
const acceptTime = 10 * time.Second

// errStranger says that somebody may look and not act.
var errStranger = errors.New("accept: not allowed")

// StrangerError is a request to act by somebody who may only look.
type StrangerError struct{ Peer string }

// Error names who asked.
func (e *StrangerError) Error() string { return fmt.Sprintf("%v for %s", errStranger, e.Peer) }

// Unwrap is the sentinel.
func (e *StrangerError) Unwrap() error { return errStranger }

// Hint says who may.
func (e *StrangerError) Hint() string {
	return "root may, and the members of the group " + Operators + "; everybody who can read can add --dry-run"
}

// proposal is what accepting the groups that these words name would change.
func proposal(v *view.View, r *http.Request) (any, error) {
	groups, err := acceptable(v, r.URL.Query()["group"])
	if err != nil {
		return nil, err
	}
	_, changes := v.Baseline.Accept(v.Assessment, v.Snapshot, groups...)
	return Accept{Schema: SchemaAccept, Changes: some(changes)}, nil
}

// acceptable are the groups that words name: those that are there, and those that only the baseline knows.
func acceptable(v *view.View, words []string) ([]redundancy.ID, error) {
	var groups []redundancy.ID
	for _, word := range words {
		var matches []redundancy.ID
		for _, g := range v.Assessment.Groups {
			if string(g.Group.ID) == word || g.Group.Name == word {
				matches = append(matches, g.Group.ID)
			}
		}
		for id, known := range v.Baseline.Groups {
			if _, there := v.Assessment.Group(id); !there && (string(id) == word || known.Name == word) {
				matches = append(matches, id)
			}
		}
		if slices.Sort(matches); len(matches) != 1 {
			return nil, &NameError{Word: word, Matches: matches}
		}
		groups = append(groups, matches[0])
	}
	return groups, nil
}

// accept takes over what groups are now, for those who may act.
func (p pages) accept(w http.ResponseWriter, r *http.Request) {
	who := peerOf(r.Context())
	if !p.may(who) {
		fail(w, http.StatusForbidden, &StrangerError{Peer: who.String()})
		return
	}
	v := p.agent.View()
	if v == nil {
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	}
	groups, err := acceptable(v, r.URL.Query()["group"])
	if err != nil {
		fail(w, codeOf(err), err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), acceptTime)
	defer cancel()
	changes, err := p.agent.Accept(ctx, groups, who.String())
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, http.StatusOK, Accept{Schema: SchemaAccept, Done: true, Changes: some(changes)})
}
