package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"plimsoll/internal/layout"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// The schemas of the documents on the baseline.
const (
	SchemaBaseline = "plimsoll.baseline/1"
	SchemaDrift    = "plimsoll.baseline.diff/1"
	SchemaHistory  = "plimsoll.baseline.history/1"
)

// Baseline is the last known good of a host, and how it is made again from nothing.
type Baseline struct {
	Schema string       `json:"schema"`
	At     time.Time    `json:"at"`
	Host   Host         `json:"host"`
	Groups []KnownGroup `json:"groups"` // sorted by id
	// Components are the lone ones, sorted by id.
	Components []KnownComponent `json:"components"`
}

// KnownGroup is one group that the baseline knows, or that the configuration lists (declared), and what makes it.
type KnownGroup struct {
	ID       redundancy.ID `json:"id"`
	Declared bool          `json:"declared"`
	redundancy.Known
	Make layout.Plan `json:"make"`
}

// KnownComponent is one lone component that the baseline knows.
type KnownComponent struct {
	ID     redundancy.ID   `json:"id"`
	Name   string          `json:"name"`
	Kind   redundancy.Kind `json:"kind"`
	Source string          `json:"source"`
}

// NewBaseline is the document on these groups and lone components, or on all if none is named.
func NewBaseline(v *view.View, only ...redundancy.ID) Baseline {
	doc := Baseline{
		Schema: SchemaBaseline, At: v.At.UTC(), Host: newHost(v.Host), Groups: []KnownGroup{}, Components: []KnownComponent{},
	}
	wanted := func(id redundancy.ID) bool { return len(only) == 0 || slices.Contains(only, id) }
	for id, k := range v.Baseline.Groups {
		switch {
		case !wanted(id):
		case k.Lone:
			doc.Components = append(doc.Components, KnownComponent{ID: id, Name: k.Name, Kind: k.Kind, Source: k.Source})
		default:
			doc.Groups = append(doc.Groups, KnownGroup{ID: id, Known: k, Make: layout.Make(id, k)})
		}
	}
	for _, g := range v.Assessment.Groups {
		if id := g.Group.ID; g.Group.Declared && wanted(id) {
			k := g.Known()
			doc.Groups = append(doc.Groups, KnownGroup{ID: id, Declared: true, Known: k, Make: layout.Make(id, k)})
		}
	}
	slices.SortFunc(doc.Groups, func(x, y KnownGroup) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(doc.Components, func(x, y KnownComponent) int { return cmp.Compare(x.ID, y.ID) })
	return doc
}

// Drift is in what the host differs from its baseline.
type Drift struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Groups []Drifted `json:"groups"` // sorted by id; empty: it is as the baseline knows it
}

// Drifted is one group, or lone component, that is not as the baseline knows it, and how it comes back to that.
type Drifted struct {
	redundancy.Acceptance
	Restore layout.Plan `json:"restore"`
}

// NewDrift is the document on these groups, or on all if none is named.
func NewDrift(v *view.View, only ...redundancy.ID) Drift {
	doc := Drift{Schema: SchemaDrift, At: v.At.UTC(), Groups: []Drifted{}}
	for _, c := range v.Baseline.Drift(v.Assessment, v.Snapshot) {
		if len(only) == 0 || slices.Contains(only, c.Group) {
			doc.Groups = append(doc.Groups, Drifted{Acceptance: c, Restore: layout.Restore(c.Group, *c.Was, c.Is)})
		}
	}
	for _, g := range v.Assessment.Groups {
		if !g.Group.Declared || len(only) > 0 && !slices.Contains(only, g.Group.ID) {
			continue
		}
		if plan, down := layout.Start(g.Group); down {
			k := g.Known()
			c := redundancy.Acceptance{Group: g.Group.ID, Name: g.Group.Name, Was: &k, Is: &k}
			doc.Groups = append(doc.Groups, Drifted{Acceptance: c, Restore: plan})
		}
	}
	slices.SortFunc(doc.Groups, func(x, y Drifted) int { return cmp.Compare(x.Group, y.Group) })
	return doc
}

// History is how the baseline came to be what it is.
type History struct {
	Schema  string                `json:"schema"`
	At      time.Time             `json:"at"`
	Changes []view.BaselineChange `json:"changes"` // the newest last, bounded
}

// NewHistory is the document on these groups, or on all if none is named.
func NewHistory(v *view.View, only ...redundancy.ID) History {
	doc := History{Schema: SchemaHistory, At: v.At.UTC(), Changes: []view.BaselineChange{}}
	for _, c := range v.History {
		if len(only) == 0 || slices.Contains(only, c.Group) {
			c.At = c.At.UTC()
			doc.Changes = append(doc.Changes, c)
		}
	}
	return doc
}

// about is a document on the groups that a request names, known or there, or on all.
func about[T any](v *view.View, r *http.Request, doc func(*view.View, ...redundancy.ID) T) (any, error) {
	groups, err := knownBy(v, r.URL.Query()["group"])
	if err != nil {
		return nil, err
	}
	return doc(v, groups...), nil
}

func baseline(v *view.View, r *http.Request) (any, error) { return about(v, r, NewBaseline) }
func drift(v *view.View, r *http.Request) (any, error)    { return about(v, r, NewDrift) }
func history(v *view.View, r *http.Request) (any, error)  { return about(v, r, NewHistory) }
