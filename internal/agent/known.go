package agent

import (
	"encoding/json"
	"slices"
	"time"

	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// knownGood is what the host is known good as, for the fleet to keep; false: it cannot be told yet, or no group is known. A host that
// has only been installed has nothing to say, and must not be kept in the place of what it was before.
func knownGood(v *view.View) (wire.Baseline, bool, error) {
	if v == nil || slices.ContainsFunc(v.Assessment.Sources, awaited) {
		return wire.Baseline{}, false, nil
	}
	doc := api.NewBaseline(v)
	if len(doc.Groups) == 0 {
		return wire.Baseline{}, false, nil
	}
	document, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return wire.Baseline{}, false, err
	}
	// Another time, another boot or another kernel is no other baseline.
	distinct, err := json.Marshal([]any{doc.Host.ID, doc.Groups, doc.Components})
	if err != nil {
		return wire.Baseline{}, false, err
	}
	b, err := wire.Pack(append(document, '\n'), distinct)
	return b, err == nil, err
}

// awaited says whether a source may still bring its first look: of a group that the configuration lists, that look is what is known.
func awaited(s redundancy.SourceState) bool { return s.At.IsZero() && !s.Blind }

// lastLearned is when the host came to be known good as it is, as far as groups go.
func lastLearned(v *view.View) time.Time {
	if len(v.History) == 0 {
		return time.Time{}
	}
	return v.History[len(v.History)-1].At
}
