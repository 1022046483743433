package redundancy

import (
	"fmt"
	"slices"
	"strings"
)

// WarnSharedDisk is the key of the warning that several members are on one disk, accepted or not: they cover for one another
// only on paper.
const WarnSharedDisk = "shared-disk"

// DomainDisk is the failure domain that no two members should ever share.
const DomainDisk = "disk"

// withFates is of, the group at i, with the fates that its members share, and a warning for every disk that holds several of
// them. before are the fates that were shown: a place that is empty now, because its device was pulled or its card taken out,
// is still where it was. While not every source has been read (complete is false), what was shown stays.
func (g *ground) withFates(i int, of Group, before []Fate, complete bool, known Known) Group {
	of.Fates = nil
	for _, f := range g.reach[i] {
		if old, shown := findFate(before, f.ID); shown {
			f.Members = union(f.Members, old.remaining(of, complete))
		}
		if len(f.Members) > 1 {
			of.Fates = append(of.Fates, f)
		}
	}
	for _, old := range before {
		if _, found := findFate(g.reach[i], old.ID); found {
			continue
		}
		if old.Members = old.remaining(of, complete); len(old.Members) > 1 {
			of.Fates = append(of.Fates, old)
		}
	}
	of.Fates = g.nearest(of.Fates)
	slices.SortFunc(of.Fates, compareFates)
	var warned []Warning
	for k := range of.Fates {
		f := &of.Fates[k]
		f.Margin, f.Accepted = of.leastWithout(f.Members), known.accepts(*f)
		w := of.onOneDisk(*f)
		once := !slices.ContainsFunc(warned, func(v Warning) bool { return v.Member == w.Member })
		if f.Domain == DomainDisk && once {
			warned = append(warned, w)
		}
	}
	if len(warned) > 0 {
		of.Warnings = slices.Concat(of.Warnings, warned)
		slices.SortFunc(of.Warnings, compareWarnings)
	}
	return of
}

func findFate(all []Fate, id ID) (Fate, bool) {
	i := slices.IndexFunc(all, func(f Fate) bool { return f.ID == id })
	if i < 0 {
		return Fate{}, false
	}
	return all[i], true
}

// remaining are the members that shared f and still count as doing so: empty places, and, while not every source has been
// read, all that are still there.
func (f Fate) remaining(g Group, complete bool) []ID {
	var ids []ID
	for _, id := range f.Members {
		if c := g.find(id); c != nil && (!complete || c.standing() == bad && len(c.StandsOn) == 0) {
			ids = append(ids, id)
		}
	}
	return ids
}

// nearest leaves out what takes down nothing more than a nearer domain that stands on it: a controller that is alone on its
// card says all that the card could say.
func (g *ground) nearest(fates []Fate) []Fate {
	return slices.DeleteFunc(slices.Clone(fates), func(far Fate) bool {
		return slices.ContainsFunc(fates, func(near Fate) bool {
			return near.ID != far.ID && slices.Equal(near.Members, far.Members) && g.stands(near.ID, far.ID) &&
				(near.ID < far.ID || !g.stands(far.ID, near.ID))
		})
	})
}

// leastWithout is the margin that g surely has without these members, whatever it serves now.
func (g Group) leastWithout(lost []ID) int {
	return g.Needs.margin(func(n Need) (sure, perhaps int) {
		n.Members = slices.DeleteFunc(slices.Clone(n.Members), func(id ID) bool { return slices.Contains(lost, id) })
		return g.tally(n)
	}).Least
}

func (g Group) onOneDisk(f Fate) Warning {
	return Warning{
		Key: WarnSharedDisk, Member: f.Members[0],
		Text:     fmt.Sprintf("%s of %s are on one disk, %s: they fail together", g.labels(f.Members), g.Name, f.Name),
		Evidence: []Evidence{{Where: "stands on " + string(f.ID), Value: g.labels(f.Members)}},
	}
}

// labels are members for people.
func (g Group) labels(ids []ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = label(Component{ID: id})
		if c := g.find(id); c != nil {
			words[i] = label(*c)
		}
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return strings.Join(words, "")
}

// face is what events tell of f.
func (f Fate) face() *Face {
	return &Face{FateFace: &FateFace{
		Domain: f.Domain, Part: f.ID, PartName: f.Name, Members: f.Members, MarginLeft: f.Margin, Accepted: f.Accepted,
	}}
}

// sameFace says whether nothing worth telling differs. The margin that is left moves with every member that fails, which
// is told as that.
func (f Fate) sameFace(g Fate) bool {
	return f.ID == g.ID && f.Domain == g.Domain && f.Accepted == g.Accepted && slices.Equal(f.Members, g.Members)
}

func (d *differ) fates(was Group, is Assessed) {
	if sameSlice(was.Fates, is.Group.Fates) {
		return
	}
	for _, f := range is.Group.Fates {
		old, shown := findFate(was.Fates, f.ID)
		if shown && old.sameFace(f) {
			continue
		}
		s, outcome := SeverityInfo, fmt.Sprintf("if it fails, the margin left is %d", f.Margin)
		if f.Margin < 0 {
			outcome = is.Group.Name + " does not survive its failure"
			if !f.Accepted {
				s = SeverityWarning
			}
		}
		if f.Accepted {
			outcome += " (accepted)"
		}
		e := is.event(FateShared, is.Group.ID, s, fmt.Sprintf(
			"%s: %s share the %s %s: %s", is.Group.Name, is.Group.labels(f.Members), f.Domain, f.Name, outcome))
		e.Key, e.Is = string(f.ID), f.face()
		if shown {
			e.Was = old.face()
		}
		d.add(e)
	}
	for _, f := range was.Fates {
		if _, still := findFate(is.Group.Fates, f.ID); still {
			continue
		}
		e := is.event(FateCleared, is.Group.ID, SeverityInfo, fmt.Sprintf(
			"%s: no two members share the %s %s any more, or a nearer one says it", is.Group.Name, f.Domain, f.Name))
		e.Key, e.Was = string(f.ID), f.face()
		d.add(e)
	}
}

func withFate(fates []Fate, e Event) []Fate {
	at := func(f Fate) bool { return string(f.ID) == e.Key }
	fates = slices.DeleteFunc(slices.Clone(fates), at)
	if e.Type == FateShared && e.Is != nil && e.Is.FateFace != nil {
		f := e.Is.FateFace
		fates = append(fates, Fate{
			ID: f.Part, Domain: f.Domain, Name: f.PartName, Members: f.Members, Margin: f.MarginLeft, Accepted: f.Accepted,
		})
		slices.SortFunc(fates, compareFates)
	}
	if len(fates) == 0 {
		return nil
	}
	return fates
}

// accepts says whether a person has accepted that these members, and perhaps more, share f.
func (k Known) accepts(f Fate) bool {
	return slices.ContainsFunc(k.Fates, func(a Accepted) bool {
		return a.Part == f.ID && !slices.ContainsFunc(f.Members, func(id ID) bool { return !slices.Contains(a.Members, id) })
	})
}
