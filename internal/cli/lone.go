package cli

import (
	"fmt"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

// maxLone is how many lone components are named: what is wrong with more is wrong with what they share, and all are in the
// document.
const maxLone = 10

// loneIn are how many lone components there are of each kind, and those of them that are not well. One that only can't say how
// it fares is counted and not named: where it is so, it is so of many, and always.
func loneIn(s api.Status, now time.Time) []remark {
	out := each(phrase.Tallies(s.Lone), func(t phrase.Tally) remark { return remark{plain, string(t.Kind), t.Text} })
	var named []remark
	for _, l := range s.Lone {
		if t := phrase.TroubleOf(l); t < phrase.Untold {
			text := phrase.Lone(l) + ", for " + phrase.Lasting(now.Sub(l.Since))
			named = append(named, remark{troubleStyle(t), phrase.Member(l.Component), text})
		}
	}
	if more := len(named) - maxLone; more > 0 {
		named = append(named[:maxLone], remark{dim, "…", fmt.Sprintf("and %d more: plimsoll status --json", more)})
	}
	return append(out, named...)
}

func troubleStyle(t phrase.Trouble) style {
	switch t {
	case phrase.Missing, phrase.Failing:
		return red
	case phrase.Predicted, phrase.Warned:
		return yellow
	case phrase.Unsure, phrase.Untold:
		return magenta
	case phrase.None:
	}
	return plain
}

// loneTree is what is known of a lone component.
func loneTree(w api.Why, now time.Time) node {
	l := *w.Lone
	root := node{line: line{
		say(bold, phrase.Member(l.Component)), say(plain, " is "), say(troubleStyle(phrase.TroubleOf(l)), phrase.Lone(l)),
		sayf(plain, ", for %s", phrase.Lasting(now.Sub(l.Since))),
	}}
	root.kids = append(root.kids, node{line: line{sayf(dim, "%s in no group, id %s", l.Kind, l.ID)}, kids: evidenceNodes(l.Evidence)})
	for _, id := range l.StandsOn {
		root.kids = append(root.kids, node{line: line{sayf(dim, "stands on %s", id)}})
	}
	above := node{line: line{say(plain, "on it stand")}}
	for _, g := range w.Above {
		above.kids = append(above.kids, node{line: line{
			say(bold, g.Name), say(plain, " with "), say(plain, phrase.Several(len(g.Members), "member")), say(plain, ": "), sayStatus(g.Status),
			sayf(plain, ", margin %s", phrase.Margin(g.Margin)),
		}})
	}
	causes := node{line: line{say(plain, "told by")}}
	for _, cause := range w.Causes {
		causes.kids = append(causes.kids, causeNode(cause, now))
	}
	for _, n := range []node{above, warningNodes(l.Warnings), causes} {
		if len(n.kids) > 0 {
			root.kids = append(root.kids, n)
		}
	}
	if p := l.Pending; p != nil {
		is := l
		is.State, is.Health, is.Doubts = p.State, p.Health, p.Doubts
		root.kids = append(root.kids, node{line: line{
			sayf(yellow, "turns %s in %s if that lasts, seen %s ago", phrase.Lone(is), phrase.Lasting(p.Due.Sub(now)), phrase.Lasting(now.Sub(p.Since))),
		}})
	}
	if w.Source != nil {
		root.kids = append(root.kids, sourceNode(*w.Source))
	}
	return root
}
