package power

import (
	"cmp"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// Merge puts together what two sources tell of the same supplies: those of one serial number; else the only one of a product
// that each of them has; else those of one name. Who it is, is as the first has it. One of the second's that is none of the
// first's, and that nobody has named (Settings.Names), is apart: it may be one of them all the same, and a supply that is counted
// twice survives failures that the host does not.
func Merge(cfg Settings, first, second []Supply) (together, apart []Supply) {
	together = slices.Clone(first)
	taken := make([]bool, len(first))
	for _, s := range second {
		i := match(together[:len(first)], taken, s, second)
		_, named := cfg.Names[s.Name]
		switch {
		case i < 0 && len(first) > 0 && !named:
			apart = append(apart, s)
			continue
		case i < 0:
			together = append(together, s)
			continue
		}
		taken[i] = true
		one := &together[i]
		one.Serial, one.Product = cmp.Or(one.Serial, s.Serial), cmp.Or(one.Product, s.Product)
		if !one.Rated.Known {
			one.Rated = s.Rated
		}
		one.Reports = slices.Concat(one.Reports, s.Reports)
	}
	slices.SortFunc(together, func(a, b Supply) int { return cmp.Compare(a.ID, b.ID) })
	return together, apart
}

// unmatched is the warning on supplies that are apart, none where there are none.
func unmatched(apart []Supply) []redundancy.Warning {
	if len(apart) == 0 {
		return nil
	}
	var names []string
	var evidence []redundancy.Evidence
	for _, s := range apart {
		names = append(names, s.Name)
		evidence = append(evidence, s.evidence()...)
	}
	return []redundancy.Warning{{
		Key: WarnUnmatched, Evidence: evidence,
		Text: "nobody can tell which of the BMC's supplies these are, and they are not counted: " + strings.Join(names, ", ") + "; set power.names",
	}}
}

// match is the one of all that s is, and -1 where none surely is.
func match(all []Supply, taken []bool, s Supply, among []Supply) int {
	only := func(same func(Supply) bool) int {
		found := -1
		for i, other := range all {
			if same(other) && !taken[i] {
				if found >= 0 {
					return -1
				}
				found = i
			}
		}
		return found
	}
	if s.Serial != "" {
		if i := only(func(o Supply) bool { return strings.EqualFold(o.Serial, s.Serial) }); i >= 0 {
			return i
		}
	}
	// Of two serial numbers that differ neither is the other's, whatever else they share.
	alike := func(o Supply) bool { return o.Serial == "" || s.Serial == "" }
	product := func(o Supply) bool { return o.Product != "" && strings.EqualFold(o.Product, s.Product) }
	if len(slices.DeleteFunc(slices.Clone(among), func(o Supply) bool { return !product(o) })) == 1 {
		if i := only(func(o Supply) bool { return product(o) && alike(o) }); i >= 0 {
			return i
		}
	}
	return only(func(o Supply) bool { return o.Name != "" && strings.EqualFold(o.Name, s.Name) && alike(o) })
}
