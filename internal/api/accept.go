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
var errStranger = errors.New("not allowed")

// StrangerError is a request to act by somebody who may only look.
type StrangerError struct{ Page, Peer string }

// Error names what was asked for, and by whom.
func (e *StrangerError) Error() string {
	return fmt.Sprintf("%s: %v for %s", e.Page, errStranger, e.Peer)
}

// Unwrap is the sentinel.
func (e *StrangerError) Unwrap() error { return errStranger }

// Hint says who may.
func (e *StrangerError) Hint() string {
	may := "root may, and the members of the group " + Operators
	if "/"+e.Page == PathAccept {
		may += "; everybody who can read can add --dry-run"
	}
	return may
}

// AwaitedError is a request to accept groups that may yet come.
type AwaitedError struct{ Groups []redundancy.ID }

// Error names them.
func (e *AwaitedError) Error() string { return "accept: may yet come: " + join(e.Groups) }

// Hint says when they can be accepted.
func (e *AwaitedError) Hint() string {
	return "after a boot groups are waited for until the host is as old as boot_grace says, and while their source can't be read; " +
		"accept them after that"
}

// proposal is what accepting the groups that these words name would change.
func proposal(v *view.View, r *http.Request) (any, error) {
	_, changes, err := acceptable(v, r.URL.Query()["group"])
	if err != nil {
		return nil, err
	}
	return Accept{Schema: SchemaAccept, Changes: some(changes)}, nil
}

// acceptable are the groups that words name, those that are there and those that only the baseline knows, and what would change
// by accepting them. One that is named and may yet come is an error.
func acceptable(v *view.View, words []string) (groups []redundancy.ID, changes []redundancy.Acceptance, err error) {
	if groups, err = knownBy(v, words); err != nil {
		return nil, nil, err
	}
	_, changes, awaited := v.Baseline.Accept(v.Assessment, v.Snapshot, groups...)
	if len(words) > 0 && len(awaited) > 0 {
		return nil, nil, &AwaitedError{Groups: awaited}
	}
	return groups, changes, nil
}

// knownBy are the groups and lone components that words name, those that are there and those that only the baseline knows. The
// error is a *NameError.
func knownBy(v *view.View, words []string) (groups []redundancy.ID, err error) {
	for _, word := range words {
		var matches []redundancy.ID
		for _, g := range v.Assessment.Groups {
			if string(g.Group.ID) == word || g.Group.Name == word {
				matches = append(matches, g.Group.ID)
			}
		}
		for _, l := range v.Assessment.Components {
			if string(l.Component.ID) == word || l.Component.Name == word {
				matches = append(matches, l.Component.ID)
			}
		}
		for id, known := range v.Baseline.Groups {
			_, there := v.Assessment.Group(id)
			_, alone := v.Assessment.Component(id)
			if !there && !alone && (string(id) == word || known.Name == word) {
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

// accept takes over what groups are now.
func (p pages) accept(w http.ResponseWriter, r *http.Request, by string) {
	v := p.agent.View()
	if v == nil {
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	}
	groups, _, err := acceptable(v, r.URL.Query()["group"])
	if err != nil {
		fail(w, codeOf(err), err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), acceptTime)
	defer cancel()
	changes, err := p.agent.Accept(ctx, groups, by)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, http.StatusOK, Accept{Schema: SchemaAccept, Done: true, Changes: some(changes)})
}
