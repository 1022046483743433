package api

import (
	"slices"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaWhatIf names the what-if document.
const SchemaWhatIf = "plimsoll.whatif/1"

// WhatIf is what would become of the host if some things failed.
type WhatIf struct {
	Schema string          `json:"schema"`
	At     time.Time       `json:"at"`
	Lost   []redundancy.ID `json:"lost"`
	Groups []Fork          `json:"groups"` // all of them, sorted by id
	Uses   []UseFork       `json:"uses"`   // likewise
	// Unread are the sources that are blind or have not been read yet: of what they would tell nothing is said here.
	Unread []string `json:"unread"`
}

// UseFork is one use after. Survives is unread where nobody can tell.
type UseFork struct {
	ID       redundancy.ID       `json:"id"`
	What     string              `json:"what"`
	Kind     string              `json:"kind"`
	Survives redundancy.Tristate `json:"survives"`
}

// Fork is one group before and after.
type Fork struct {
	ID      redundancy.ID   `json:"id"`
	Name    string          `json:"name"`
	Kind    redundancy.Kind `json:"kind"`
	Changed bool            `json:"changed"` // whether the loss reaches this group
	Was     Outlook         `json:"was"`
	Is      Outlook         `json:"is"`
}

// Outlook is a verdict as a what-if shows it.
type Outlook struct {
	Status  redundancy.Status   `json:"status"`
	Worst   redundancy.Status   `json:"worst"`
	Best    redundancy.Status   `json:"best"`
	Margin  redundancy.Margin   `json:"margin"`
	Serving redundancy.Tristate `json:"serving"`
}

// NewWhatIf is the document on the loss of ids. It judges what is shown, not what the last look said: doubts of age and
// changes that have not settled count as they do in the status.
func NewWhatIf(v *view.View, ids []redundancy.ID) WhatIf {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	doc := WhatIf{Schema: SchemaWhatIf, At: v.At.UTC(), Lost: some(ids), Groups: []Fork{}, Uses: []UseFork{}, Unread: unread(v)}
	var shown redundancy.Source
	for _, g := range v.Assessment.Groups {
		shown.Observation.Groups = append(shown.Observation.Groups, g.Group)
	}
	for _, src := range v.Snapshot.Sources {
		shown.Observation.Components = append(shown.Observation.Components, src.Observation.Components...)
	}
	shown.Observation.Parts, shown.Observation.Uses = v.Snapshot.Parts(), v.Snapshot.Uses()
	snapshot := redundancy.Snapshot{Sources: []redundancy.Source{shown}}
	before, after := redundancy.WhatIf(snapshot).Verdicts, redundancy.WhatIf(snapshot, ids...)
	for i, g := range v.Assessment.Groups {
		doc.Groups = append(doc.Groups, Fork{
			ID: g.Group.ID, Name: g.Group.Name, Kind: g.Group.Kind,
			Changed: before[i] != after.Verdicts[i], Was: newOutlook(g.Verdict), Is: newOutlook(after.Verdicts[i]),
		})
	}
	for i, u := range shown.Observation.Uses {
		doc.Uses = append(doc.Uses, UseFork{ID: u.ID, What: u.What, Kind: u.Kind, Survives: after.Uses[i].Survives})
	}
	return doc
}

// unread are the names of the sources that tell nothing now.
func unread(v *view.View) []string {
	names := []string{}
	for _, src := range v.Assessment.Sources {
		if src.Blind || src.At.IsZero() {
			names = append(names, src.Name)
		}
	}
	return names
}

func newOutlook(v redundancy.Verdict) Outlook {
	return Outlook{Status: v.Status, Worst: v.Worst, Best: v.Best, Margin: v.Margin, Serving: v.Serving}
}
