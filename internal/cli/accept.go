package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

func (c *command) acceptCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "accept [GROUP…]",
		Short: "say that groups and disks are meant to be as they are now",
		Long: `accept takes over what groups are now as their known good: a member that was taken out for good, fewer spares, a group that is
gone, and the failure domains that members share. A disk, or another component in no group, is accepted to be there or to be
gone: GROUP is then its name or id. Without GROUP it does so for all. It touches no hardware. Root may, and
the members of the group plimsoll-operators.

Exit status: 0 done, or with --dry-run shown; 2 nothing has that name, it may yet come after a boot, or you may not; 3 the agent
could not be asked, or its log can't keep it.`,
		Example:           "  plimsoll accept --dry-run\n  plimsoll accept md0",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			ask := c.client().Act
			if dryRun {
				ask = c.client().Raw
			}
			body, err := ask(cmd.Context(), api.PathAccept, url.Values{"group": args})
			if err != nil {
				return err
			}
			text, err := io.ReadAll(body)
			if err = errors.Join(err, body.Close()); err != nil {
				return err
			}
			var a api.Accept
			if err := decode(text, &a); err != nil {
				return err
			}
			if c.json {
				fmt.Fprintf(c.Out, "%s", text)
				return nil
			}
			c.screen().show(acceptLines(a)...)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change, and change nothing")
	return cmd
}

func acceptLines(a api.Accept) []line {
	if len(a.Changes) == 0 {
		return []line{{say(green, "All is as the baseline knows it: there is nothing to accept.")}}
	}
	head := "Accepted:"
	if !a.Done {
		head = "This would be accepted:"
	}
	lines := []line{{say(bold, head)}}
	for _, change := range a.Changes {
		lines = append(lines, line{say(plain, "  "+change.Name), sayf(dim, "  %s", change.Group)})
		for _, text := range changed(change) {
			lines = append(lines, line{say(plain, "    "+text)})
		}
	}
	return lines
}

// within is a member's id within its group: slot0.
func within(group, member redundancy.ID) string {
	return strings.TrimPrefix(string(member), string(group)+"/")
}

// changed is what an acceptance changes, one thing a line.
func changed(change redundancy.Acceptance) []string {
	was, is := change.Was, change.Is
	switch {
	case is == nil && was.Lone:
		return []string{"gone"}
	case is == nil:
		return []string{"gone, was " + was.String()}
	case is.Lone:
		return []string{"there, in no group"}
	case was == nil:
		was = &redundancy.Known{}
	}
	var lines []string
	for _, id := range was.Members {
		if !slices.Contains(is.Members, id) {
			lines = append(lines, "no longer a member: "+within(change.Group, id))
		}
	}
	for _, id := range is.Members {
		if !slices.Contains(was.Members, id) {
			lines = append(lines, "a member: "+within(change.Group, id))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(was.Settings)) {
		if now, read := is.Settings[key]; read && now != was.Settings[key] {
			lines = append(lines, fmt.Sprintf("%s: %s → %s", key, was.Settings[key], now))
		}
	}
	for _, h := range was.Empty(*is) {
		lines = append(lines, fmt.Sprintf("%s is empty, and had %s, %s", within(change.Group, h.Member), h.Name, h.Device))
	}
	if was.Spares != is.Spares {
		lines = append(lines, fmt.Sprintf("spares: %d → %d", was.Spares, is.Spares))
	}
	for _, f := range is.Fates {
		if !slices.ContainsFunc(was.Fates, func(a redundancy.Accepted) bool {
			return a.Part == f.Part && slices.Equal(a.Members, f.Members)
		}) {
			lines = append(lines, fmt.Sprintf("%d members share %s", len(f.Members), f.Part))
		}
	}
	for _, f := range was.Fates {
		if !slices.ContainsFunc(is.Fates, func(a redundancy.Accepted) bool { return a.Part == f.Part }) {
			lines = append(lines, "no members share any more: "+string(f.Part))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "settings")
	}
	return lines
}
