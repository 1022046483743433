package phrase

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

// loneKinds are what lone components of a kind are called.
var loneKinds = map[redundancy.Kind]string{
	redundancy.KindDisk: "disk", redundancy.KindHwmon: "sensor", redundancy.KindPower: "power source",
}

// Trouble is what is the matter with a lone component, the worst first.
type Trouble uint8

// The troubles. One that is Untold can't say how it fares; where it is so, it is so of many, and always.
const (
	Missing Trouble = iota
	Failing
	Predicted
	Warned
	Unsure
	Untold
	None
)

var troubleWords = [...]string{
	Missing: "missing", Failing: "not working", Predicted: "predicted to fail", Warned: "with a warning", Unsure: "doubtful",
	Untold: "of unknown health", None: "well",
}

// String is the trouble in words: "1 disk, 1 predicted to fail".
func (t Trouble) String() string { return troubleWords[t] }

// TroubleOf is what is the matter with l.
func TroubleOf(l api.Lone) Trouble {
	concern := ConcernOf(l.Component)
	switch {
	case l.State == redundancy.Absent:
		return Missing
	case concern == Broken:
		return Failing
	case slices.Contains(l.Doubts, redundancy.DoubtPredicted):
		return Predicted
	case concern == Doubtful:
		return Unsure
	case l.Health == redundancy.HealthWarning:
		return Warned
	case l.Health != redundancy.OK:
		return Untold
	default:
		return None
	}
}

// Tally is how many lone components of a kind there are, and how they fare, in words.
type Tally struct {
	Kind redundancy.Kind
	Text string // "200 disks, 1 predicted to fail"
}

// Tallies are those of all kinds that occur, in the order in which they do.
func Tallies(lone []api.Lone) []Tally {
	var order []redundancy.Kind
	counts := map[redundancy.Kind]*[None + 1]int{}
	for _, l := range lone {
		if counts[l.Kind] == nil {
			counts[l.Kind], order = &[None + 1]int{}, append(order, l.Kind)
		}
		counts[l.Kind][TroubleOf(l)]++
	}
	var out []Tally
	for _, kind := range order {
		out = append(out, Tally{kind, summary(kind, *counts[kind])})
	}
	return out
}

func summary(kind redundancy.Kind, counts [None + 1]int) string {
	all := 0
	for _, n := range counts {
		all += n
	}
	what := loneKinds[kind]
	if what == "" {
		what = string(kind)
	}
	words := []string{Several(all, what)}
	for t, n := range counts[:None] {
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, Trouble(t)))
		}
	}
	return strings.Join(words, ", ")
}

// Lone writes "Enabled, health Warning (predicted)".
func Lone(l api.Lone) string {
	words := fmt.Sprintf("%s, health %s", l.State, l.Health)
	if len(l.Doubts) == 0 {
		return words
	}
	return words + " (" + Doubts(l.Doubts) + ")"
}

// Doubts writes "predicted, stale".
func Doubts(list []redundancy.Doubt) string {
	words := make([]string, len(list))
	for i, d := range list {
		words[i] = d.String()
	}
	return strings.Join(words, ", ")
}
