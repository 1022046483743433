package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

func (c *command) whatIfCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "whatif NAME [NAME…]",
		Short: "show what would become of every group if these failed together",
		Long: `whatif judges every group as if all that is named had failed at once, with all that stands on it. It asks nothing of the
hardware and changes nothing. NAME is a disk (sda, disk:sda, wwn:…, its serial number), a link (eth0), a slot (md0/slot1), a
controller, card or switch (controller:host0, card:0000:03:00, switch:…), a place (slot:4, enclosure:…), what a label of the
configuration names (feed:A), a group, or an id. The name of a device means the hardware: a disk with all its partitions.

Exit status: 0 nothing goes down; 1 a group, or a filesystem, swap or route, surely goes down; 3 one may go down, nobody can
tell, or a source has not been read; 2 nothing has that name, or several things.`,
		Example:           "  plimsoll whatif sda\n  plimsoll whatif eth0 eth1",
		Args:              wants(cobra.MinimumNArgs(1), "the names of what fails: disks, links, slots or groups"),
		ValidArgsFunction: c.names,
		RunE:              run(consequences(c, api.PathWhatIf, whatIfLines, whatIfCode)),
	}
}

// consequences is what a command does that asks one page what follows if all that its arguments name is lost: it prints the
// agent's document, or the lines that are made of it, and ends with its code.
func consequences[D any](c *command, page string, lines func(D, []string) []line, code func(D) int) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		text, err := c.page(cmd.Context(), page, url.Values{"lost": args})
		if err != nil {
			return err
		}
		var doc D
		if err := decode(text, &doc); err != nil {
			return err
		}
		if c.json {
			fmt.Fprintf(c.Out, "%s", text)
		} else {
			c.screen().show(lines(doc, args)...)
		}
		if code := code(doc); code != exitOK {
			return exitError(code)
		}
		return nil
	}
}

// fall says what the loss does to f: it surely goes down, or it may. A group that was down before does not go down.
func fall(f api.Fork) (surely, perhaps bool) {
	if !f.Changed || f.Was.Best == redundancy.Failed {
		return false, false
	}
	return f.Is.Best == redundancy.Failed, f.Is.Worst == redundancy.Failed
}

func whatIfCode(w api.WhatIf) int {
	down, maybe := falls(w)
	switch {
	case len(down) > 0:
		return exitBad
	case len(maybe) > 0, len(w.Unread) > 0:
		return exitUnknown
	default:
		return exitOK
	}
}

// falls names what surely goes down and what may: groups, and what is used.
func falls(w api.WhatIf) (down, maybe []string) {
	for _, f := range w.Groups {
		switch surely, perhaps := fall(f); {
		case surely:
			down = append(down, f.Name)
		case perhaps:
			maybe = append(maybe, f.Name)
		}
	}
	for _, u := range w.Uses {
		switch u.Survives {
		case redundancy.No:
			down = append(down, u.What)
		case redundancy.Unread:
			maybe = append(maybe, u.What)
		case redundancy.Yes:
		}
	}
	return down, maybe
}

func whatIfLines(w api.WhatIf, names []string) []line {
	verb := "fails"
	if len(names) > 1 {
		verb = "fail together"
	}
	head := line{say(plain, "If "), say(bold, strings.Join(names, ", ")), say(plain, " "+verb+":")}
	rows := forks(w)
	down, maybe := falls(w)
	lines := append([]line{head}, table(rows)...)
	if n := len(w.Groups) - len(rows); n > 0 && len(rows) > 0 {
		lines = append(lines, line{sayf(dim, "  %s", untouched(n))})
	}
	var said []line
	if len(down) > 0 {
		said = append(said, line{say(alarm, strings.Join(down, ", ")+" would go down.")})
	} else if len(maybe) > 0 {
		said = append(said, line{say(magenta, "Nobody can tell whether "+strings.Join(maybe, ", ")+" would go down.")})
	}
	for _, source := range w.Unread {
		said = append(said, line{say(magenta, source+" has not been read: what else stands on this is not known.")})
	}
	switch {
	case len(said) > 0:
		return append(lines, said...)
	case len(rows) == 0:
		return append(lines, line{say(green, "  no group is touched.")})
	default:
		return append(lines, line{say(green, "Nothing goes down.")})
	}
}

// forks are the groups that the loss reaches, a row each.
func forks(w api.WhatIf) [][]line {
	var rows [][]line
	for _, f := range w.Groups {
		if !f.Changed {
			continue
		}
		rows = append(rows, []line{
			{say(plain, "  "+f.Name)},
			{say(plain, string(f.Kind))},
			{sayStatus(f.Was.Status), say(plain, " → "), sayStatus(f.Is.Status)},
			{sayf(plain, "margin %s → %s", phrase.Bounds(f.Was.Margin.Least, f.Was.Margin.Most), phrase.Margin(f.Is.Margin))},
		})
	}
	return rows
}

func untouched(n int) string {
	if n == 1 {
		return "one other group is not touched"
	}
	return fmt.Sprintf("%d other groups are not touched", n)
}
