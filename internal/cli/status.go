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
)

func (c *command) statusCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show every group, how many more failures it survives, and what is wrong",
		Long: `status shows every redundant group of this host: its status, its margin (how many more failures it surely survives, at
best, and with every member good), its members and since when it is so.

Marks: ✗ does not work, ? doubtful, ↻ recovering, (S) spare, * the active one of a failover pair.

Exit status: 0 whenever the status could be shown, however bad it is (use check to test it); 3 if not.`,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			switch {
			case watch && c.json:
				return c.raw(cmd.Context(), api.PathStatus, url.Values{"follow": {""}})
			case watch:
				return c.watch(cmd.Context())
			case c.json:
				return c.raw(cmd.Context(), api.PathStatus, nil)
			}
			var s api.Status
			if err := c.client().Ask(cmd.Context(), api.PathStatus, nil, &s); err != nil {
				return err
			}
			screen := c.screen()
			screen.show(statusLines(s, screen.width, c.Now())...)
			return nil
		}),
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "stay, and show it anew when something changes")
	return cmd
}

// statusLines is the status page, at most wide columns where that is possible.
func statusLines(s api.Status, wide int, now time.Time) []line {
	lines := headline(s, wide, now)
	lines = append(lines, restraintLines(api.Plan{Frozen: s.Frozen, Latched: s.Latched, Maintenance: s.Rests}, now)...)
	lines = append(lines, nil)
	switch {
	case len(s.Groups) > 0:
		lines = append(lines, groupLines(s, wide, now)...)
	case slices.ContainsFunc(s.Sources, unseen):
		lines = append(lines, line{say(bold, "Nothing is known yet.")})
	default:
		lines = append(lines, line{say(bold, "Nothing redundant found on this host.")},
			line{say(plain, "To see plimsoll at work without hardware: make demo, in its source tree.")})
	}
	lines = append(lines, section("Under way", actingIn(s), wide)...)
	lines = append(lines, section("Offered to you", offeredIn(s), wide)...)
	lines = append(lines, section("Held", heldIn(s), wide)...)
	lines = append(lines, section("In no group", loneIn(s, now), wide)...)
	lines = append(lines, section("Warnings", warningsOf(s), wide)...)
	lines = append(lines, section("Not covered", uncoveredIn(s), wide)...)
	lines = append(lines, section("Shared fates", fatesOf(s), wide)...)
	lines = append(lines, section("Could not be read", unreadOf(s), wide)...)
	lines = append(lines, section("Notes", notesOf(s), wide)...)
	return append(lines, append([]line{nil}, deliveryLines(s, wide)...)...)
}

func headline(s api.Status, wide int, now time.Time) []line {
	first := line{say(bold, s.Host.Name), say(plain, "  ")}
	if s.Status == nil || s.Margin == nil {
		first = append(first, say(plain, nothing(s)))
	} else {
		first = append(first, sayStatus(*s.Status), say(plain, "  "+phrase.Survives(*s.Margin)))
	}
	about := fmt.Sprintf("%s mode, fleet %s, plimsolld %s up %s", s.Mode, s.Fleet.Name, s.Version, phrase.Lasting(now.Sub(s.Started)))
	return append([]line{first}, paragraph(dim, about, wide)...)
}

const (
	columnGap  = 2
	maxName    = 16 // the longest name of a link is 15
	leastSpace = 12 // for the members, below which a narrow terminal wraps
)

func groupLines(s api.Status, wide int, now time.Time) []line {
	rows := [][]line{{
		{say(dim, "GROUP")}, {say(dim, "KIND")}, {say(dim, "STATUS")}, {say(dim, "MARGIN")}, {say(dim, "SINCE")}, {say(dim, "MEMBERS")},
	}}
	for _, g := range s.Groups {
		rows = append(rows, []line{
			{say(bold, cut(g.Name, maxName))},
			{say(plain, string(g.Kind))},
			{sayStatus(g.Status)},
			{say(plain, phrase.Margin(g.Margin))},
			{say(plain, phrase.Lasting(now.Sub(g.Since)))},
			nil,
		})
	}
	left := 0
	for _, l := range table(rows) {
		left = max(left, l.width()-len("MEMBERS"))
	}
	space := max(wide-left, leastSpace)
	for i, g := range s.Groups {
		rows[i+1][len(rows[i+1])-1] = sayMembers(g, space)
	}
	set := table(rows)
	lines := set[:1:1]
	for i, g := range s.Groups {
		lines = append(lines, set[i+1])
		lines = append(lines, under(g, now)...)
	}
	return append(lines, legendOf(s)...)
}

// under is what stands below a group's row: what it does on itself, and a change that is not shown yet.
func under(g api.Group, now time.Time) []line {
	var out []line
	indent := say(plain, strings.Repeat(" ", columnGap))
	if a := g.Activity; a != nil {
		out = append(out, append(line{indent}, activity(*a)...))
	}
	if p := g.Pending; p != nil {
		out = append(out, line{
			indent, sayf(yellow, "turns %s in %s if that lasts (margin %s)", p.Status, phrase.Lasting(p.Due.Sub(now)), phrase.Margin(p.Margin)),
		})
	}
	return out
}

const barWidth = 20

func activity(a api.Activity) line {
	l := line{say(cyan, a.Kind)}
	if a.Phase != nil {
		l = append(l, say(cyan, " "+*a.Phase))
	}
	if a.Progress != nil {
		done := min(barWidth, max(0, int(*a.Progress*barWidth)))
		l = append(l, say(cyan, " "+strings.Repeat("█", done)), say(dim, strings.Repeat("░", barWidth-done)),
			sayf(plain, " %.1f %%", *a.Progress*100))
	}
	if a.Speed != nil {
		l = append(l, say(plain, ", "+phrase.Rate(*a.Speed)))
	}
	if a.ETAS != nil {
		l = append(l, say(plain, ", "+phrase.Lasting(phrase.Seconds(*a.ETAS))+" left"))
	}
	return l
}

// legendOf explains the marks that stand in the table, if any does.
func legendOf(s api.Status) []line {
	seen := map[string]bool{}
	for _, g := range s.Groups {
		for _, m := range g.Members {
			text := sayMember(m, g.Type).text
			for _, l := range legend {
				if strings.HasPrefix(text, l.mark) || strings.HasSuffix(text, l.mark) {
					seen[l.mark] = true
				}
			}
		}
	}
	var says []string
	for _, l := range legend {
		if seen[l.mark] {
			says = append(says, l.says)
		}
	}
	if len(says) == 0 {
		return nil
	}
	return []line{{say(dim, strings.Join(says, "   "))}}
}

// remark is a sentence about something.
type remark struct {
	style style
	about string
	text  string
}

func actingIn(s api.Status) []remark {
	return each(s.Acting, func(w api.Work) remark {
		return remark{cyan, w.Action.Name, phrase.Doing(w.Action) + ": " + phrase.Stage(w)}
	})
}

func offeredIn(s api.Status) []remark {
	return each(s.Offered, func(o api.Offer) remark {
		return remark{plain, o.Action.Name, phrase.Doing(o.Action) + ": plimsoll failback " + o.Action.Name}
	})
}

func heldIn(s api.Status) []remark {
	return each(s.Held, func(h api.Held) remark {
		return remark{yellow, h.Name, string(h.Verb) + " by rule " + h.Rule + ": " + strings.Join(h.Why, "; ")}
	})
}

func warningsOf(s api.Status) []remark {
	var out []remark
	for _, g := range s.Groups {
		for _, w := range g.Warnings {
			out = append(out, remark{yellow, g.Name, w.Text})
		}
	}
	for _, l := range s.Lone {
		for _, w := range l.Warnings {
			out = append(out, remark{yellow, phrase.Member(l.Component), w.Text})
		}
	}
	return out
}

// unreadOf is what stands between us and certainty: sources that bring nothing, and places that could not be read.
func unreadOf(s api.Status) []remark {
	var out []remark
	for _, src := range s.Sources {
		text := "a look has not come back in time"
		switch {
		case src.Error != nil:
			text = *src.Error
		case unseen(src):
			text = "has not been looked at yet"
		case !src.Blind && !src.Overdue:
			continue
		}
		out = append(out, remark{magenta, src.Name, fmt.Sprintf("%s (%s)", text, phrase.Seen(src.AgeS))})
	}
	for _, g := range s.Groups {
		for _, e := range failed(g) {
			out = append(out, remark{magenta, g.Name, e.Where + ": " + *e.Error})
		}
	}
	for _, l := range s.Lone {
		for _, e := range l.Evidence {
			if e.Error != nil {
				out = append(out, remark{magenta, phrase.Member(l.Component), e.Where + ": " + *e.Error})
			}
		}
	}
	return out
}

// nothing says why there is no status of the host.
func nothing(s api.Status) string {
	if slices.ContainsFunc(s.Sources, unseen) {
		return "not known yet"
	}
	return "nothing here has a margin to lose"
}

// unseen says that a source has told nothing since the agent started.
func unseen(src api.Source) bool { return src.AgeS == nil }

// failed is the evidence of g that could not be read.
func failed(g api.Group) []api.Evidence {
	out := unread(g.Evidence)
	for _, m := range g.Members {
		out = append(out, unread(m.Evidence)...)
	}
	return out
}

func unread(list []api.Evidence) []api.Evidence {
	var out []api.Evidence
	for _, e := range list {
		if e.Error != nil {
			out = append(out, e)
		}
	}
	return out
}

func notesOf(s api.Status) []remark {
	var out []remark
	for _, src := range s.Sources {
		for _, n := range src.Notes {
			out = append(out, remark{plain, src.Name, n})
		}
	}
	return out
}

// section is a heading and remarks below it, and nothing without remarks.
func section(heading string, remarks []remark, wide int) []line {
	if len(remarks) == 0 {
		return nil
	}
	lines := []line{nil, {say(bold, heading)}}
	about := 0
	for _, r := range remarks {
		about = max(about, width(cut(clean(r.about), maxName)))
	}
	for _, r := range remarks {
		name := line{span{plain, strings.Repeat(" ", columnGap)}, say(r.style, cut(clean(r.about), maxName))}.pad(2*columnGap + about)
		for _, text := range wrap(clean(r.text), wide-name.width()) {
			lines = append(lines, append(slices.Clip(name), span{plain, text}))
			name = line{{plain, strings.Repeat(" ", 2*columnGap+about)}}
		}
	}
	return lines
}

// deliveryLines say whether what happens reaches anybody.
func deliveryLines(s api.Status, wide int) []line {
	look, text := plain, "Events stay on this host: no NATS server is configured"
	switch f := s.Fleet; {
	case f.Connected && f.Embedded:
		look, text = green, "Events go to the embedded NATS server"+on(f.URL)
	case f.Connected:
		look, text = green, "Events go to NATS"+on(f.URL)
	case f.Configured || f.Embedded:
		look, text = yellow, "Not connected to NATS"+on(f.URL)+because(f.Problem)
	}
	if waiting := s.Fleet.Configured || s.Fleet.Embedded; waiting && s.Outbox.Pending > 0 {
		look, text = yellow, text+fmt.Sprintf(", %d waiting", s.Outbox.Pending)
	}
	if s.Outbox.Dropped > 0 {
		look, text = yellow, text+fmt.Sprintf(", %d progress events dropped", s.Outbox.Dropped)
	}
	lines := paragraph(look, text+".", wide)
	if !s.Outbox.Durable {
		lines = append(lines, paragraph(yellow, "Events are not durable"+because(s.Log.Problem)+".", wide)...)
	}
	if s.Log.LinesLost > 0 {
		lines = append(lines, paragraph(yellow, fmt.Sprintf("%d lines of the agent's own log were lost.", s.Log.LinesLost), wide)...)
	}
	return lines
}

// paragraph is text in lines of at most wide columns.
func paragraph(look style, text string, wide int) []line {
	var out []line
	for _, piece := range wrap(clean(text), wide) {
		out = append(out, line{{look, piece}})
	}
	return out
}

func on(url *string) string {
	if url == nil {
		return ""
	}
	return " at " + *url
}

func because(problem *string) string {
	if problem == nil {
		return ""
	}
	return ": " + *problem
}
