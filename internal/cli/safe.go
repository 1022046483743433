package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

func (c *command) safeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "safe-to-pull NAME [NAME…]",
		Short: "say whether these may be pulled out now, and where they are",
		Long: `safe-to-pull answers whoever stands before the host with a screwdriver: whether a group, a filesystem, swap or a route goes
down if all that is named is pulled out now, and by which slot, enclosure and serial number it is found. It knows what the
newest looks found, asks nothing of the hardware and changes nothing. NAME is anything that whatif takes.

Exit status: 0 safe; 1 not safe; 3 nobody can tell; 2 nothing has that name, or several things.`,
		Example:           "  plimsoll safe-to-pull sdb\n  plimsoll safe-to-pull slot:4\n  plimsoll safe-to-pull card:0000:03:00",
		Args:              wants(cobra.MinimumNArgs(1), "the names of what is to be pulled: disks, links, cards"),
		ValidArgsFunction: c.names,
		RunE:              run(consequences(c, api.PathSafe, safeLines, safeCode)),
	}
}

func safeCode(s api.Safe) int {
	switch s.Safe {
	case redundancy.Yes:
		return exitOK
	case redundancy.No:
		return exitBad
	case redundancy.Unread:
		return exitUnknown
	default:
		return exitUnknown
	}
}

func safeLines(s api.Safe, names []string) []line {
	what := strings.Join(names, ", ")
	var lines []line
	switch s.Safe {
	case redundancy.Yes:
		lines = append(lines, line{say(green, "Safe to pull: "), say(bold, what)})
	case redundancy.No:
		lines = append(lines, line{say(alarm, "NOT safe to pull: "), say(bold, what)})
	case redundancy.Unread:
		lines = append(lines, line{say(magenta, "Not known to be safe: "), say(bold, what)})
	}
	for _, why := range s.Why {
		lines = append(lines, line{say(plain, "  "+why)})
	}
	for _, mind := range s.Mind {
		lines = append(lines, line{say(yellow, "  mind: "), say(plain, mind)})
	}
	if rows := forks(s.WhatIf); len(rows) > 0 {
		lines = append(append(lines, line{}), table(rows)...)
	}
	if len(s.Pulled) == 0 {
		return lines
	}
	lines = append(lines, line{})
	var rows [][]line
	for _, p := range s.Pulled {
		rows = append(rows, []line{
			{say(plain, "  "+p.Domain)}, {say(bold, p.Name)}, {say(plain, found(p))},
		})
	}
	return append(lines, table(rows)...)
}

// found says by what a thing is found.
func found(p api.Pulled) string {
	var words []string
	for _, w := range [][2]string{
		{"slot", p.Slot}, {"enclosure", p.Enclosure}, {"serial", p.Serial}, {"wwn", p.WWN}, {"model", p.Model},
	} {
		if w[1] != "" {
			words = append(words, w[0]+" "+w[1])
		}
	}
	if len(words) == 0 {
		return "its slot and serial number are not known"
	}
	return strings.Join(words, "  ")
}
