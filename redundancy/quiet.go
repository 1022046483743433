package redundancy

import (
	"cmp"
	"slices"
)

// shown are the lone components of the last answer, where they stay as they are until a source tells something else: nothing of
// them is pending, remembered, awaited or carried over. Most steps find a host with hundreds of disks and sensors so.
type shown struct {
	sources []string // that had looked, in their order
	all     []Lone
}

// lones are the lone components of all sources that have looked, on to those that are carried over. same says that every source
// tells what it told at the last step.
func (a *Assessor) lones(carried []Lone, rolls []roll, prev Assessment, r Rules, same bool) []Lone {
	if same && len(a.shown.all) > 0 && sameSlice(prev.Components, a.shown.all) && slices.EqualFunc(rolls, a.shown.sources, roll.of) {
		a.shown.all = seen(a.shown.all, rolls)
		return a.shown.all
	}
	all, quiet := carried, len(carried) == 0
	var sources []string
	for _, e := range rolls {
		all = a.lone(all, e, r)
		sources, quiet = append(sources, e.src.Name), quiet && !e.early
	}
	slices.SortFunc(all, func(x, y Lone) int { return cmp.Compare(x.Component.ID, y.Component.ID) })
	a.shown = shown{}
	if quiet && !slices.ContainsFunc(all, Lone.unsettled) {
		a.shown = shown{sources: sources, all: all}
	}
	return all
}

// of says whether r is of the source with this name.
func (r roll) of(source string) bool { return r.src.Name == source }

// unsettled says whether l may change by time alone.
func (l Lone) unsettled() bool { return l.Pending != nil || len(l.Worsened) > 0 || l.Carried }

// seen is all as its sources' last looks saw it again, which may be all itself.
func seen(all []Lone, rolls []roll) []Lone {
	out, at := all, -1
	for i := range all {
		l := &all[i]
		if at < 0 || !rolls[at].of(l.Source) { // neighbours are mostly of one source
			at = slices.IndexFunc(rolls, func(r roll) bool { return r.of(l.Source) })
		}
		if at < 0 || l.SeenAt.Equal(rolls[at].src.At) {
			continue
		}
		if sameSlice(out, all) {
			out = slices.Clone(all)
		}
		out[i].SeenAt = rolls[at].src.At
	}
	return out
}
