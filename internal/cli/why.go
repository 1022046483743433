package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

func (c *command) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why NAME",
		Short: "show what a verdict rests on: needs, members, evidence, causes",
		Long: `why shows the verdict on a group as a tree: what it needs, which members meet the need, and for each where that was seen,
what stood there and how old it is. NAME is a group (md0), a member (eth0, md0/slot1) or an id. A disk (sda, disk:sda, its serial number), or what else is in no group, is shown by
itself, with the groups that stand on it.

Exit status: 0 shown; 2 nothing has that name, or several things; 3 the agent could not be asked.`,
		Example:           "  plimsoll why md0\n  plimsoll why eth1",
		Args:              wants(cobra.ExactArgs(1), "one name: of a group, a member or a device"),
		ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			query := url.Values{"id": args}
			if c.json {
				return c.raw(cmd.Context(), api.PathWhy, query)
			}
			var w api.Why
			if err := c.client().Ask(cmd.Context(), api.PathWhy, query, &w); err != nil {
				return err
			}
			tree := whyTree
			if w.Lone != nil {
				tree = loneTree
			}
			c.screen().show(tree(w, c.Now()).tree()...)
			return nil
		}),
	}
}

func whyTree(w api.Why, now time.Time) node {
	g := *w.Group
	root := node{line: line{
		say(bold, g.Name), say(plain, " is "), sayStatus(g.Status),
		sayf(plain, ": margin %s, serving %s, for %s", phrase.Margin(g.Margin), g.Serving, phrase.Lasting(now.Sub(g.Since))),
	}}
	if g.Worst != g.Best {
		root.kids = append(root.kids, node{line: line{
			say(plain, "at worst "), sayStatus(g.Worst), say(plain, ", at best "), sayStatus(g.Best),
			say(plain, ": what is doubtful may be well or not"),
		}})
	}
	root.kids = append(root.kids, node{line: line{sayf(dim, "%s, id %s", g.Type, g.ID)}, kids: evidenceNodes(g.Evidence)})
	shown := map[redundancy.ID]bool{}
	for _, n := range w.AllOf {
		root.kids = append(root.kids, needNode("needs", n, w, shown))
	}
	for _, n := range w.AnyOf {
		root.kids = append(root.kids, needNode("or needs", n, w, shown))
	}
	beside := node{line: line{say(plain, "beside, in no need")}}
	for _, m := range g.Members {
		if !shown[m.ID] {
			beside.kids = append(beside.kids, memberNode(m, w))
		}
	}
	causes := node{line: line{say(plain, "told by")}}
	for _, cause := range w.Causes {
		causes.kids = append(causes.kids, causeNode(cause, now))
	}
	for _, n := range []node{beside, warningNodes(g.Warnings), causes} {
		if len(n.kids) > 0 {
			root.kids = append(root.kids, n)
		}
	}
	if a := g.Activity; a != nil {
		root.kids = append(root.kids, node{line: append(line{say(plain, "is at work: ")}, activity(*a)...)})
	}
	if p := g.Pending; p != nil {
		root.kids = append(root.kids, node{line: line{
			sayf(yellow, "turns %s in %s if that lasts: margin %s, seen %s ago",
				p.Status, phrase.Lasting(p.Due.Sub(now)), phrase.Margin(p.Margin), phrase.Lasting(now.Sub(p.Since))),
		}})
	}
	root.kids = append(root.kids, willNodes(w, now)...)
	if w.Source != nil {
		root.kids = append(root.kids, sourceNode(*w.Source))
	}
	return root
}

func needNode(word string, n api.Need, w api.Why, shown map[redundancy.ID]bool) node {
	needed := fmt.Sprint(n.Needed.Low)
	if n.Needed.High != n.Needed.Low {
		needed = fmt.Sprintf("%d to %d", n.Needed.Low, n.Needed.High)
	}
	good := fmt.Sprint(n.Good)
	if n.Perhaps != n.Good {
		good = fmt.Sprintf("%d to %d", n.Good, n.Perhaps)
	}
	out := node{line: line{sayf(plain, "%s %s of %d, %s good", word, needed, len(n.Members), good)}}
	for _, id := range n.Members {
		shown[id] = true
		i := slices.IndexFunc(w.Group.Members, func(m api.Component) bool { return m.ID == id })
		if i < 0 {
			out.kids = append(out.kids, node{line: line{sayf(magenta, "?%s: nothing is known of it", id)}})
			continue
		}
		out.kids = append(out.kids, memberNode(w.Group.Members[i], w))
	}
	return out
}

func memberNode(m api.Component, w api.Why) node {
	l := line{sayMember(m, w.Group.Type)}
	if p := phrase.Place(m); p != phrase.Member(m) {
		l = append(l, sayf(dim, " (%s)", p))
	}
	l = append(l, sayf(plain, "  %s, health %s", m.State, m.Health))
	for _, d := range m.Doubts {
		l = append(l, sayf(magenta, ", %s", d))
	}
	if w.Member != nil && *w.Member == m.ID {
		l = append(l, say(bold, "  ← asked"))
	}
	n := node{line: l}
	if m.Device != nil && !strings.HasSuffix(string(m.ID), string(*m.Device)) {
		n.kids = append(n.kids, node{line: line{sayf(dim, "device %s", *m.Device)}})
	}
	for _, id := range m.StandsOn {
		n.kids = append(n.kids, node{line: line{sayf(dim, "stands on %s", id)}})
	}
	n.kids = append(n.kids, evidenceNodes(m.Evidence)...)
	return n
}

func evidenceNodes(list []api.Evidence) []node {
	out := make([]node, len(list))
	for i, e := range list {
		what := line{say(plain, e.Where)}
		switch {
		case e.Error != nil:
			what = append(what, say(magenta, ": "+*e.Error))
		case e.Value != nil:
			what = append(what, say(plain, " = "), say(bold, *e.Value))
		}
		out[i] = node{line: append(what, say(dim, "  "+phrase.Ago(e.AgeS)))}
	}
	return out
}

func warningNodes(list []api.Warning) node {
	n := node{line: line{say(plain, "warnings")}}
	for _, w := range list {
		n.kids = append(n.kids, node{line: line{say(yellow, w.Key), say(plain, ": "+w.Text)}, kids: evidenceNodes(w.Evidence)})
	}
	return n
}

// willNodes are what is done to the group, and what is not and why.
func willNodes(w api.Why, now time.Time) []node {
	var out []node
	if w.Acting != nil {
		out = append(out, node{line: line{say(plain, "under way: "+phrase.Doing(w.Acting.Action)+": "), say(cyan, phrase.Stage(*w.Acting))}})
	}
	for _, h := range w.Held {
		n := node{line: line{say(plain, "held: "+phrase.Doing(h.Action)), sayf(dim, "  rule %s", h.Action.Rule)}}
		for _, r := range h.Why {
			n.kids = append(n.kids, node{line: reasonLine(r, now)})
		}
		out = append(out, n)
	}
	for _, o := range w.Offer {
		out = append(out, node{line: append(line{say(plain, "offered: ")}, trimmed(offerLine(o, now))...)})
	}
	if w.Moved != nil {
		out = append(out, node{line: line{
			sayf(plain, "was moved %s, %s ago by rule %s", moved(*w.Moved), phrase.Lasting(now.Sub(w.Moved.At)), w.Moved.Rule),
		}})
	}
	return out
}

// trimmed is l without the space that it begins with.
func trimmed(l line) line {
	l = slices.Clone(l)
	l[0].text = strings.TrimLeft(l[0].text, " ")
	return l
}

func causeNode(cause api.Cause, now time.Time) node {
	if cause.Type == nil || cause.Time == nil || cause.Text == nil {
		return node{line: line{sayf(dim, "event %s, too old to be in memory", cause.Event)}}
	}
	return node{line: line{
		say(bold, *cause.Type), sayf(plain, " %s ago: %s", phrase.Lasting(now.Sub(*cause.Time)), *cause.Text), sayf(dim, "  %s", cause.Event),
	}}
}

func sourceNode(src api.Source) node {
	l := line{sayf(plain, "source %s, looked %s", src.Name, phrase.Ago(src.AgeS))}
	if src.DurationS != nil {
		l = append(l, sayf(dim, ", took %s", time.Duration(*src.DurationS*float64(time.Second)).Round(100*time.Microsecond)))
	}
	switch {
	case src.Error != nil:
		l = append(l, say(magenta, ": "+*src.Error))
	case src.Overdue:
		l = append(l, say(magenta, ": a look is overdue"))
	}
	return node{line: l}
}
