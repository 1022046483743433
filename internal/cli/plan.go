package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

func (c *command) planCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "plan",
		Short: "show what the agent would do, does, and does not do, and why",
		Long: `plan shows what the policy calls for now: what is under way, what is offered to you, and what is held, with every reason and
the key of the policy that gives it (docs/policy.md). In mode observe it shows what would be done. It changes nothing.

Exit status: 0 shown; 3 the agent could not be asked.`,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if c.json {
				return c.raw(cmd.Context(), api.PathPlan, nil)
			}
			var p api.Plan
			if err := c.client().Ask(cmd.Context(), api.PathPlan, nil, &p); err != nil {
				return err
			}
			c.screen().show(planLines(p, c.Now())...)
			return nil
		}),
	}
}

// whyMode is the key of what mode observe holds.
const whyMode = "mode"

func planLines(p api.Plan, now time.Time) []line {
	lines := append([]line{{say(bold, p.Mode+" mode")}}, restraintLines(p, now)...)
	var would, held [][]line
	for _, h := range p.Held {
		only := !slices.ContainsFunc(h.Why, func(r api.Reason) bool { return r.Key != whyMode })
		if only {
			would = append(would, []line{{say(plain, "  "+phrase.Doing(h.Action)), sayf(dim, "  rule %s", h.Action.Rule)}})
		} else {
			held = append(held, heldLines(h, now))
		}
	}
	part := func(heading string, of [][]line) {
		if len(of) > 0 {
			lines = append(lines, nil, line{say(bold, heading)})
			lines = append(lines, slices.Concat(of...)...)
		}
	}
	part("Under way", each(p.Acting, workLines))
	part("To be done", each(p.Do, func(a api.Action) []line {
		return []line{{say(plain, "  "+phrase.Doing(a)), sayf(dim, "  rule %s", a.Rule)}}
	}))
	part("Would be done in mode enforce", would)
	part("Offered to you", each(p.Offered, func(o api.Offer) []line { return []line{offerLine(o, now)} }))
	part("Held", held)
	part("Moved, and not returned", each(p.Moved, func(m api.Move) []line { return []line{moveLine(m, now)} }))
	part("Ended", each(p.Ended, func(e api.Ended) []line { return pastLines(e, now) }))
	if len(p.Acting)+len(p.Do)+len(p.Offered)+len(p.Held) == 0 {
		lines = append(lines, nil, line{say(green, "Nothing is called for.")})
	}
	return lines
}

func each[A, B any](list []A, of func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = of(a)
	}
	return out
}

// restraintLines are what holds all that would be done, or a part of it.
func restraintLines(p api.Plan, now time.Time) []line {
	var lines []line
	for _, why := range p.Frozen {
		lines = append(lines, line{say(alarm, "FROZEN"), say(plain, ": "+why+". `plimsoll thaw` ends it.")})
	}
	if p.Latched != nil {
		lines = append(lines, line{
			say(alarm, "DAILY CAP"),
			sayf(plain, ": reached %s ago. Nothing more is done until `plimsoll release`.", phrase.Lasting(now.Sub(*p.Latched))),
		})
	}
	for _, m := range p.Maintenance {
		lines = append(lines, maintenanceLine(m, now))
	}
	return lines
}

func maintenanceLine(m api.Maintenance, now time.Time) line {
	what := "the host"
	if m.Group != nil {
		what = *m.Group
	}
	text := fmt.Sprintf(": %s, for another %s, by %s", what, phrase.Lasting(m.Until.Sub(now)), m.By)
	if m.Why != nil {
		text += ": " + *m.Why
	}
	return line{say(yellow, "maintenance"), say(plain, text)}
}

func workLines(w api.Work) []line {
	first := line{say(plain, "  "+phrase.Doing(w.Action)+": "), say(cyan, phrase.Stage(w))}
	if w.Stuck {
		first = append(first, say(alarm, ", stuck"))
	}
	if w.Action.By != nil {
		first = append(first, say(dim, "  by "+*w.Action.By))
	} else {
		first = append(first, say(dim, "  rule "+w.Action.Rule))
	}
	lines := []line{first}
	if w.Said != nil {
		lines = append(lines, line{say(dim, "    it was answered: "+*w.Said)})
	}
	return lines
}

func offerLine(o api.Offer, now time.Time) line {
	return line{
		say(plain, "  "+phrase.Doing(o.Action)), sayf(dim, "  for %s", phrase.Lasting(now.Sub(o.Since))),
		sayf(plain, ": plimsoll failback %s", o.Action.Name),
	}
}

func heldLines(h api.Holding, now time.Time) []line {
	lines := []line{{say(plain, "  "+phrase.Doing(h.Action)), sayf(dim, "  rule %s", h.Action.Rule)}}
	for _, r := range h.Why {
		lines = append(lines, append(line{say(plain, "    ")}, reasonLine(r, now)...))
	}
	return lines
}

func reasonLine(r api.Reason, now time.Time) line {
	l := line{say(yellow, r.Key), say(plain, ": "+r.Text)}
	if r.Until != nil {
		l = append(l, sayf(dim, "  %s to go", phrase.Lasting(r.Until.Sub(now))))
	}
	return l
}

func moveLine(m api.Move, now time.Time) line {
	return line{sayf(plain, "  %s %s", m.Name, moved(m)), sayf(dim, "  %s ago by rule %s", phrase.Lasting(now.Sub(m.At)), m.Rule)}
}

// moved says between which members.
func moved(m api.Move) string {
	return fmt.Sprintf("from %s to %s", phrase.NameOr(m.HomeName, &m.Home), phrase.NameOr(m.ToName, &m.To))
}

func pastLines(e api.Ended, now time.Time) []line {
	lines := endedLines(e)
	for i := range lines {
		lines[i] = append(line{say(plain, "  ")}, lines[i]...)
	}
	lines[0] = append(lines[0], sayf(dim, "  %s ago", phrase.Lasting(now.Sub(e.At))))
	return lines
}
