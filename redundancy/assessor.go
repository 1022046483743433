package redundancy

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// Assess judges what s holds at now, after prev. It is pure: prev and s are not changed.
//
// A group whose source has not looked yet (the agent has just started) is carried over from prev as it was, so that a
// restart raises nothing by itself. One that its source no longer lists is judged all the same if the baseline knows it, and
// is gone if it does not.
func Assess(prev Assessment, s Snapshot, now time.Time, r Rules) Assessment {
	var a Assessor
	return a.Assess(prev, s, now, r)
}

// Assessor assesses the same host again and again, and keeps what it worked out, so that a change costs by what changed. Its
// answers are those of Assess. The zero Assessor is ready; one goroutine owns it.
type Assessor struct {
	ground   *ground
	complete bool // whether every source had been read
	sources  map[string]recalled
	shown    shown
}

// recalled is what was worked out of one source.
type recalled struct {
	known    bool
	groups   []Group // as it told them
	lone     []Component
	blind    bool
	baseline Baseline
	found    []*candidate
	unlisted []ID // groups that the baseline knows to be its, and that it does not list
	// components are the lone ones, with doubts of age.
	components []Component
}

// candidate is what a group is now, shown or not.
type candidate struct {
	source  string
	seenAt  time.Time
	told    Group // with doubts of age, and what only the baseline knows
	burdens []burden
	group   Group // told, with the doubts that come from below
	verdict Verdict
	whole   *Group // with its fates; nil until they are known
}

// Assess is Assess.
func (a *Assessor) Assess(prev Assessment, s Snapshot, now time.Time, r Rules) Assessment {
	next := Assessment{At: now}
	complete, same := true, true
	var found []*candidate
	rolls := make([]roll, 0, len(s.Sources))
	for _, src := range s.Sources {
		was, _ := prev.Source(src.Name)
		state := src.state(was, now)
		next.Sources = append(next.Sources, state)
		if src.At.IsZero() {
			complete = false
			next.carryOver(prev, src.Name, state.Blind, now)
			continue
		}
		expected := roll{prev: prev, now: now, src: src, blind: state.Blind, early: src.At.Before(r.Booted)}
		rolls, same = append(rolls, expected), same && a.sources[src.Name].fits(src, state.Blind, r.Baseline)
		var awaited []Assessed
		found, awaited = expected.call(found, a.recall(src, state.Blind, r.Baseline))
		next.Groups = append(next.Groups, awaited...)
		if now.Before(r.Booted) {
			next.Awaited = r.Booted
		}
	}
	slices.SortFunc(found, func(x, y *candidate) int { return cmp.Compare(x.told.ID, y.told.ID) })
	next.Components = a.lones(next.Components, rolls, prev, r, complete && same)
	a.stand(s, found, complete)
	a.burden(found, next.Components, prev)
	next.Groups = slices.Grow(next.Groups, len(found))
	for i, c := range found {
		was, known := prev.Group(c.group.ID)
		a.share(i, c, was.Group.Fates, r.Baseline)
		was.Scrubs = was.Scrubs.after(was.Group.Activity, was.SeenAt, &c.group, c.seenAt, now)
		was.Source, was.SeenAt, was.Carried = c.source, c.seenAt, false
		is, drifted := c.whole.drift(was, now)
		was.Drifted = drifted
		next.Groups = append(next.Groups, settle(was, known, r.overdue(is, was.Scrubs, now), c.verdict, now, r))
	}
	next.Coverage = settleCoverage(prev.Coverage, a.ground.covers, complete, now, r.Coverage)
	for i, src := range s.Sources {
		if next.Sources[i].Blind {
			dated(next.Coverage, src, next.Sources[i])
		}
	}
	slices.SortFunc(next.Sources, func(a, b SourceState) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(next.Groups, func(a, b Assessed) int { return cmp.Compare(a.Group.ID, b.Group.ID) })
	return next
}

// Found is the group as the newest look has it, with what follows from what it stands on, shown or not; false: no look found it.
func (a *Assessor) Found(id ID) (Group, bool) {
	for _, src := range a.sources {
		for _, c := range src.found {
			if c.told.ID == id && c.whole != nil {
				return *c.whole, true
			}
		}
	}
	return Group{}, false
}

// carryOver adds to a what prev shows of a source that has not looked yet.
func (a *Assessment) carryOver(prev Assessment, source string, blind bool, now time.Time) {
	for _, g := range prev.Groups {
		if g.Source == source {
			a.Groups = append(a.Groups, g.carried(blind, now))
		}
	}
	for _, l := range prev.Components {
		if l.Source == source {
			a.Components = append(a.Components, l.carried(blind, now))
		}
	}
}

// fits says whether r was worked out of the same.
func (r recalled) fits(src Source, blind bool, b Baseline) bool {
	return r.known && r.blind == blind && sameMap(r.baseline.Groups, b.Groups) &&
		sameSlice(r.groups, src.Observation.Groups) && sameSlice(r.lone, src.Observation.Components)
}

// recall is what is worked out of a source by its last look, its age and the baseline.
func (a *Assessor) recall(src Source, blind bool, b Baseline) recalled {
	was, o := a.sources[src.Name], &src.Observation
	if !was.fits(src, blind, b) {
		was = recalled{known: true, groups: o.Groups, lone: o.Components, blind: blind, baseline: b, components: o.Components}
		if blind {
			was.components = make([]Component, len(o.Components))
			for i, c := range o.Components {
				was.components[i] = c.aged()
			}
		}
		for _, g := range o.Groups {
			if blind {
				g = g.aged()
			}
			g = b.remind(g)
			was.found = append(was.found, &candidate{source: src.Name, told: g, group: g, verdict: Judge(g)})
		}
		for id, known := range b.Groups {
			if !known.Lone && known.Source == src.Name && !lists(o.Groups, id) {
				was.unlisted = append(was.unlisted, id)
			}
		}
		if a.sources == nil {
			a.sources = map[string]recalled{}
		}
		a.sources[src.Name] = was
	}
	for _, c := range was.found {
		c.seenAt = src.At
	}
	return was
}

// sameMap says whether a and b are one map: a baseline that learns is another.
func sameMap(a, b map[ID]Known) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// stand works out what follows from what stands on what, unless nothing of that has changed.
func (a *Assessor) stand(s Snapshot, found []*candidate, complete bool) {
	groups := make([]Group, len(found))
	for i, c := range found {
		groups[i] = c.told
	}
	if a.ground != nil && a.complete == complete && a.ground.fits(s, groups) {
		return
	}
	a.ground, a.complete = newGround(s, groups), complete
	for _, c := range found {
		c.whole = nil
	}
}

// share adds to the candidate at i what its members share, unless that is what is shown already.
func (a *Assessor) share(i int, c *candidate, shown []Fate, b Baseline) {
	if c.whole == nil || !sameSlice(c.whole.Fates, shown) {
		whole := a.ground.withFates(i, c.group, shown, a.complete, b.Groups[c.group.ID])
		c.whole = &whole
	}
}
