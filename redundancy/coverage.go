package redundancy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Coverage is what stands between one use and the next failure.
type Coverage struct {
	Use   ID     `json:"use"`
	What  string `json:"what"` // for people: /, swap on sda2, default route
	Kind  string `json:"kind"` // filesystem, swap, esp, route
	Cover Cover  `json:"cover"`
	// By are the groups that cover for all that the use stands on, sorted; none unless it is covered.
	By    []ID      `json:"by,omitempty"`
	Why   string    `json:"why,omitempty"` // why it is not covered, or how old that is
	Since time.Time `json:"since"`
	// Due is when a change that was seen is shown, if it lasts; zero: there is none. What is not shown yet has CoverUnknown.
	Due time.Time `json:"due,omitzero"`
}

// Covered is the coverage of the use with this id, and false where none is shown.
func (a Assessment) Covered(use ID) (Coverage, bool) {
	i, found := findCoverage(a.Coverage, use)
	if !found || a.Coverage[i].Cover == CoverUnknown {
		return Coverage{}, false
	}
	return a.Coverage[i], true
}

func findCoverage(all []Coverage, use ID) (int, bool) {
	return slices.BinarySearchFunc(all, use, func(c Coverage, id ID) int { return cmp.Compare(c.Use, id) })
}

// sameFace says whether events would tell the same of c and d.
func (c Coverage) sameFace(d Coverage) bool {
	return c.What == d.What && c.Kind == d.Kind && c.Cover == d.Cover && slices.Equal(c.By, d.By)
}

// cover walks down from every use until each way ends: in a group with a margin, in hardware that nothing covers for, or in
// what is not understood.
func (g *ground) cover() []Coverage {
	w := walk{ground: g, known: map[ID]Coverage{}}
	covers := make([]Coverage, len(g.uses))
	for i, u := range g.uses {
		c := w.all(u.StandsOn)
		if len(u.StandsOn) == 0 {
			c = Coverage{Cover: NotUnderstood, Why: "what it stands on is not known"}
		}
		c.Use, c.What, c.Kind = u.ID, cmp.Or(u.What, string(u.ID)), u.Kind
		covers[i] = c
	}
	return covers
}

// walk remembers what covers for the things that it has come by.
type walk struct {
	ground *ground
	known  map[ID]Coverage
}

// all covers for something that needs each of these: nothing does if one of them is surely unprotected, nobody knows if one
// is not understood.
func (w *walk) all(ids []ID) Coverage {
	sum := Coverage{Cover: Covered}
	for _, id := range ids {
		switch c := w.thing(id); {
		case c.Cover == Unprotected, c.Cover == NotUnderstood && sum.Cover == Covered:
			sum = c
		case c.Cover == Covered && sum.Cover == Covered:
			sum.By = union(sum.By, c.By)
		}
		if sum.Cover == Unprotected {
			break
		}
	}
	return sum
}

func (w *walk) thing(id ID) Coverage {
	c, known := w.known[id]
	if !known {
		w.known[id] = Coverage{Cover: NotUnderstood, Why: string(id) + " stands on itself"} // until it is known better
		c = w.down(id)
		w.known[id] = c
	}
	return c
}

func (w *walk) down(id ID) Coverage {
	if i, found := slices.BinarySearchFunc(w.ground.groups, id, compareGroup); found {
		return w.group(w.ground.groups[i])
	}
	p, told := w.ground.part(id)
	if !told {
		return w.member(id)
	}
	switch {
	case p.Opaque != "":
		return Coverage{Cover: NotUnderstood, Why: p.Opaque}
	case p.Domain != "" || len(p.StandsOn) == 0: // what it stands on in turn is further from the use
		return Coverage{Cover: Unprotected, Why: fmt.Sprintf("nothing covers for %s", p.words())}
	default:
		return w.all(p.StandsOn)
	}
}

// group covers if it ever has a margin; what never has one passes on what its members stand on.
func (w *walk) group(g Group) Coverage {
	if g.Margin().Full >= 1 {
		return Coverage{Cover: Covered, By: []ID{g.ID}}
	}
	needed := g.needed()
	var below []ID
	for _, c := range g.Members {
		if !needed[c.ID] {
			continue
		}
		if len(c.StandsOn) == 0 {
			return Coverage{Cover: Unprotected, Why: fmt.Sprintf("%s has nothing to lose, and nothing covers for %s", g.Name, label(c))}
		}
		below = append(below, c.StandsOn...)
	}
	if len(below) == 0 {
		return Coverage{Cover: NotUnderstood, Why: "what " + g.Name + " needs is not known"}
	}
	return w.all(below)
}

// member is what covers for one member of a group that something stands on by itself, apart from the others.
func (w *walk) member(id ID) Coverage {
	for i := range w.ground.groups {
		if c := w.ground.groups[i].find(id); c != nil {
			if len(c.StandsOn) == 0 {
				return Coverage{Cover: Unprotected, Why: "nothing covers for " + label(*c)}
			}
			return w.all(c.StandsOn)
		}
	}
	return Coverage{Cover: NotUnderstood, Why: "nothing is known of " + string(id)}
}

func (p Part) words() string {
	name := cmp.Or(p.Name, string(p.ID))
	if p.Domain == "" {
		return name
	}
	return p.Domain + " " + name
}

// settleCoverage is what is shown of the uses that were found. A change is shown once it has lasted for wait: a mount in
// passing says nothing. While not every source has been read, nothing that was shown changes, and nothing is called
// unprotected that a group may cover for which is not known yet.
func settleCoverage(prev, found []Coverage, complete bool, now time.Time, wait time.Duration) []Coverage {
	var out []Coverage
	for len(prev)+len(found) > 0 {
		var was, is *Coverage
		if len(found) == 0 || len(prev) > 0 && prev[0].Use <= found[0].Use {
			was, prev = &prev[0], prev[1:]
		}
		if len(found) > 0 && (was == nil || was.Use == found[0].Use) {
			is, found = &found[0], found[1:]
		}
		if c, some := settleUse(was, is, complete, now, wait); some {
			out = append(out, c)
		}
	}
	return out
}

func settleUse(was, is *Coverage, complete bool, now time.Time, wait time.Duration) (Coverage, bool) {
	shown := was != nil && was.Cover != CoverUnknown
	switch {
	case !complete && was != nil:
		return *was, true
	case !complete && is.Cover != Covered, !shown && is == nil:
		return Coverage{}, false
	case shown && is != nil && was.sameFace(*is):
		next := *is
		next.Since = was.Since
		return next, true
	}
	due := now.Add(wait)
	if was != nil && !was.Due.IsZero() {
		due = was.Due
	}
	switch {
	case !now.Before(due) && is == nil:
		return Coverage{}, false
	case !now.Before(due):
		next := *is
		next.Since = now
		return next, true
	case was != nil:
		next := *was
		next.Due = due
		return next, true
	default:
		return Coverage{Use: is.Use, What: is.What, Kind: is.Kind, Since: now, Due: due}, true
	}
}

// dated says of the uses that src told of, and that are shown, that it can't be read now.
func dated(all []Coverage, src Source, state SourceState) {
	for _, u := range src.Observation.Uses {
		if i, found := findCoverage(all, u.ID); found {
			all[i].Why = fmt.Sprintf("as %s told before it could not be read: %s", state.Name, state.Why)
		}
	}
}

func (c Coverage) face() *Face {
	return &Face{CoverageFace: &CoverageFace{What: c.What, UseKind: c.Kind, Coverage: c.Cover, By: append([]ID{}, c.By...), Why: c.Why}}
}

func (d *differ) coverage() {
	for _, is := range d.new.Coverage {
		was, shown := d.old.Covered(is.Use)
		if is.Cover == CoverUnknown || shown && was.sameFace(is) {
			continue
		}
		e := Event{Type: CoverageChanged, Subject: is.Use, Kind: KindAgent, Name: is.What, Severity: SeverityInfo, Is: is.face()}
		switch is.Cover {
		case Covered:
			e.Text = fmt.Sprintf("%s is covered by %s", is.What, d.new.names(is.By))
		case Unprotected, NotUnderstood, CoverUnknown:
			e.Text = fmt.Sprintf("%s is %s: %s", is.What, is.Cover, is.Why)
			if !shown || was.Cover == Covered {
				e.Severity = SeverityWarning
			}
		}
		if shown {
			e.Was = was.face()
		}
		d.add(e)
	}
	for _, was := range d.old.Coverage {
		if _, still := findCoverage(d.new.Coverage, was.Use); still || was.Cover == CoverUnknown {
			continue
		}
		d.add(Event{
			Type: CoverageChanged, Subject: was.Use, Kind: KindAgent, Name: was.What, Severity: SeverityInfo, Was: was.face(),
			Text: was.What + " is no longer in use",
		})
	}
}

// names are groups for people.
func (a Assessment) names(groups []ID) string {
	words := make([]string, len(groups))
	for i, id := range groups {
		words[i] = string(id)
		if g, known := a.Group(id); known {
			words[i] = g.Group.Name
		}
	}
	return strings.Join(words, ", ")
}

func withCoverage(all []Coverage, e Event) []Coverage {
	all = slices.Clone(all)
	i, found := findCoverage(all, e.Subject)
	switch {
	case e.Is == nil || e.Is.CoverageFace == nil:
		if found && e.Is == nil && e.Was != nil {
			all = slices.Delete(all, i, i+1)
		}
		return all
	case !found:
		all = slices.Insert(all, i, Coverage{})
	}
	f := e.Is.CoverageFace
	all[i] = Coverage{Use: e.Subject, What: f.What, Kind: f.UseKind, Cover: f.Coverage, By: f.By, Why: f.Why, Since: e.Time}
	return all
}
