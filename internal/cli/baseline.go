package cli

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/layout"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

func (c *command) baselineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "see what this host is known good as, in what it differs, and how it came to be so",
		Long: `baseline shows the last known good of this host's groups: learned while they are healthy, and pinned by plimsoll accept. It changes
nothing. The commands that it prints are for you, or for your configuration management, which stays the owner.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.baselineShowCommand(), c.baselineDiffCommand(), c.baselineHistoryCommand())
	return cmd
}

func (c *command) baselineShowCommand() *cobra.Command {
	var commands bool
	var from origin
	cmd := &cobra.Command{
		Use:   "show [GROUP…]",
		Short: "show what groups are known good as, and the commands that make them from nothing",
		Long: `show prints what the baseline knows: members, spares, settings, what is in which slot, and the commands that make each group on blank
hardware. --from reads what --json printed, on this host or on another, and needs no agent: so a host that was lost is made again
(/usr/share/plimsoll/rebuild does that with --commands). --host asks the fleet's arbiters, with a person's credentials, for what they
keep of a host, be it there or not; --back 1 is what they kept before that, if the host has been installed anew since.

Exit status: 0 shown; 2 nothing has that name; 3 the agent, or the fleet, could not be asked.`,
		Example: "  plimsoll baseline show\n  plimsoll baseline show md0 --json\n  plimsoll baseline show --from db1.json --commands\n  plimsoll baseline show --host db1.example.org --json >db1.json", Args: from.takes, ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			var b api.Baseline
			text, err := c.baselineText(cmd.Context(), from, args)
			if err != nil {
				return err
			}
			if err := decode(text, &b); err != nil {
				return err
			}
			if b.Schema != api.SchemaBaseline {
				return fmt.Errorf("read the baseline: schema %.40q, want %s", b.Schema, api.SchemaBaseline)
			}
			if commands {
				return c.script(each(b.Groups, func(g api.KnownGroup) layout.Plan { return g.Make }))
			}
			return c.either(text, baselineLines(b))
		}),
	}
	cmd.Flags().BoolVar(&commands, "commands", false, "print nothing but the commands, for a shell, and what to mind as comments")
	flags := cmd.Flags()
	flags.StringVar(&from.file, "from", "", "read the baseline that --json printed from this `file`")
	flags.StringVar(&from.host, "host", "", "the baseline of this `host` that the fleet keeps")
	flags.IntVar(&from.back, "back", 0, "with --host, not the newest but the one this `many` before it")
	from.reach.flags(flags)
	cmd.MarkFlagsMutuallyExclusive("from", "host")
	return cmd
}

func (c *command) baselineDiffCommand() *cobra.Command {
	var commands bool
	cmd := &cobra.Command{
		Use:   "diff [GROUP…]",
		Short: "show in what groups differ from their baseline, and the commands that would restore them",
		Long: `diff compares what the last looks found with the baseline, and prints for each group that differs what does, and the commands that
lead back, for this host's own devices. What a person means to keep, plimsoll accept takes over instead.

Exit status: 0 all is as the baseline knows it; 1 something differs; 2 nothing has that name; 3 the agent could not be asked.`,
		Example: "  plimsoll baseline diff\n  plimsoll baseline diff md0 --commands", Args: cobra.ArbitraryArgs, ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			var d api.Drift
			text, err := c.page(cmd.Context(), api.PathDrift, url.Values{"group": args})
			if err != nil {
				return err
			}
			if err = decode(text, &d); err != nil {
				return err
			}
			if commands {
				err = c.script(each(d.Groups, func(g api.Drifted) layout.Plan { return g.Restore }))
			} else {
				err = c.either(text, driftLines(d))
			}
			if err == nil && len(d.Groups) > 0 {
				return exitError(exitBad)
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&commands, "commands", false, "print nothing but the commands, for a shell, and what to mind as comments")
	return cmd
}

func (c *command) baselineHistoryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history [GROUP…]",
		Short: "show how the baseline came to be what it is, the newest last",
		Long: `history shows what was learned, and what was accepted by whom, as far back as the log keeps it: the last two hundred changes.

Exit status: 0 shown; 2 nothing has that name; 3 the agent could not be asked.`,
		Example: "  plimsoll baseline history\n  plimsoll baseline history md0 --json", Args: cobra.ArbitraryArgs, ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			var h api.History
			text, err := c.page(cmd.Context(), api.PathHistory, url.Values{"group": args})
			if err != nil {
				return err
			}
			if err := decode(text, &h); err != nil {
				return err
			}
			return c.either(text, historyLines(h))
		}),
	}
}

// either shows a document as it is, or in lines for people.
func (c *command) either(text []byte, lines []line) error {
	if c.json {
		_, err := fmt.Fprintf(c.Out, "%s", text)
		return err
	}
	c.screen().show(lines...)
	return nil
}

// script prints plans for a shell, whole: on a screen of any width they are the same. What belongs into mdadm.conf, and what to
// mind, are comments.
func (c *command) script(plans []layout.Plan) error {
	var b strings.Builder
	for _, p := range plans {
		for _, note := range p.Notes {
			b.WriteString("# mind: " + clean(note) + "\n")
		}
		for _, text := range p.Config {
			b.WriteString("# mdadm.conf: " + clean(text) + "\n")
		}
		for _, command := range p.Commands {
			b.WriteString(clean(command) + "\n")
		}
	}
	_, err := io.WriteString(c.Out, b.String())
	return err
}

func baselineLines(b api.Baseline) []line {
	if len(b.Groups) == 0 {
		return []line{{say(plain, "Nothing is known good yet: it is learned while groups are healthy, or with plimsoll accept.")}}
	}
	lines := []line{{say(bold, b.Host.Name), sayf(dim, "  known good as of %s", b.At.Format(time.RFC3339))}}
	for _, g := range b.Groups {
		lines = append(lines, line{}, line{say(bold, g.Name), sayf(dim, "  %s", g.ID)}, line{say(plain, "  "+g.String())})
		var set []string
		for key, v := range g.Settings {
			set = append(set, key+" "+v)
		}
		if slices.Sort(set); len(set) > 0 {
			lines = append(lines, line{say(plain, "  "+strings.Join(set, ", "))})
		}
		for _, h := range g.Holds {
			lines = append(lines, line{sayf(plain, "  %s  %s", within(g.ID, h.Member), h.Name), sayf(dim, "  %s", h.Device)})
		}
		for _, id := range g.Members {
			if name := g.Names[id]; name != "" {
				lines = append(lines, line{sayf(plain, "  %s  %s", within(g.ID, id), name)})
			}
		}
		lines = append(lines, commandsOf("to make it:", g.Make)...)
	}
	return lines
}

// commandsOf are the commands of a plan, as they can be copied, and what to know of them.
func commandsOf(head string, p layout.Plan) []line {
	var lines []line
	if len(p.Commands) > 0 {
		lines = append(lines, line{say(dim, "  "+head)})
	}
	for _, command := range p.Commands {
		lines = append(lines, line{say(green, "    "+command)})
	}
	for _, text := range p.Config {
		lines = append(lines, line{say(dim, "  in mdadm.conf: "), say(plain, text)})
	}
	for _, note := range p.Notes {
		lines = append(lines, line{say(yellow, "  mind: "), say(plain, note)})
	}
	return lines
}

func driftLines(d api.Drift) []line {
	if len(d.Groups) == 0 {
		return []line{{say(green, "All is as the baseline knows it.")}}
	}
	var lines []line
	for i, g := range d.Groups {
		if i > 0 {
			lines = append(lines, line{})
		}
		lines = append(lines, line{say(bold, g.Name), sayf(dim, "  %s", g.Group)})
		for _, text := range differs(g) {
			lines = append(lines, line{say(plain, "  "+text)})
		}
		lines = append(lines, commandsOf("to restore it:", g.Restore)...)
	}
	return append(lines, line{}, line{say(dim, "If it is meant to be so: plimsoll accept GROUP")})
}

// differs is in what a group differs; of one that the configuration lists, the units that do not run.
func differs(d api.Drifted) []string {
	if d.Is != nil && d.Was.Kind == redundancy.KindService {
		return []string{"not all of its units run"}
	}
	return changed(d.Acceptance)
}

func historyLines(h api.History) []line {
	if len(h.Changes) == 0 {
		return []line{{say(plain, "Nothing has been learned or accepted yet.")}}
	}
	var rows [][]line
	for _, c := range h.Changes {
		rows = append(rows, []line{
			{say(dim, c.At.Format(time.RFC3339))}, {say(bold, nameIn(c))}, {say(plain, becomes(c))}, {say(dim, acceptedBy(c))},
		})
	}
	return table(rows)
}

func nameIn(c view.BaselineChange) string {
	if c.Known != nil {
		return c.Known.Name
	}
	return string(c.Group)
}

func becomes(c view.BaselineChange) string {
	if c.Known == nil {
		return "gone"
	}
	return c.Known.String()
}

func acceptedBy(c view.BaselineChange) string {
	if c.By == "" {
		return "learned"
	}
	return "accepted by " + c.By
}
