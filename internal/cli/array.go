package cli

import (
	"net/url"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
)

// arrayCommands are what a person can have done to an array.
func (c *command) arrayCommands() []*cobra.Command {
	return []*cobra.Command{
		c.arrayCommand(api.PathReadmit, cobra.RangeArgs(1, 2), &cobra.Command{
			Use:   "readmit ARRAY [MEMBER]",
			Short: "take a member back into an array, by its bitmap",
			Long: `readmit takes a device back into ARRAY that was a member and is none any more, or that md has failed and still holds: into MEMBER,
a slot, or into the place that it had. What it missed is copied by the write-intent bitmap, no more. It is never added as a
new one: a device that md does not take back by the bitmap is left alone.`,
			Example: "  plimsoll readmit md0\n  plimsoll readmit md0 slot1",
		}),
		c.arrayCommand(api.PathReplace, cobra.RangeArgs(1, 2), &cobra.Command{
			Use:   "replace ARRAY [MEMBER]",
			Short: "copy a member onto a spare while both work",
			Long: `replace has md copy MEMBER of ARRAY, or else the first that is expected to fail, onto a spare that is in ARRAY already. Until the copy
is whole, the member keeps its place. The command waits until md has begun; plimsoll status shows how far it is.`,
			Example: "  plimsoll replace md0 sda",
		}),
		c.arrayCommand(api.PathEvict, cobra.ExactArgs(2), &cobra.Command{
			Use:   "evict ARRAY MEMBER",
			Short: "take a member out of an array that can spare it",
			Long: `evict fails MEMBER of ARRAY and removes it, or removes it if it is a spare or has failed. It is refused where ARRAY would not surely
survive one further failure afterwards. The agent does it for nobody but a person.`,
			Example: "  plimsoll evict md0 sdc",
		}),
		c.arrayCommand(api.PathAddSpare, cobra.ExactArgs(1), &cobra.Command{
			Use:   "add-spare ARRAY",
			Short: "give an array a blank disk of the pool",
			Long: `add-spare gives ARRAY, which lacks a spare and has a use for one, a disk of those that helper.raid.pool in the configuration names. It is
refused for a disk with anything on it, that anything uses, or with another sector size.`,
			Example: "  plimsoll add-spare md0",
		}),
	}
}

// arrayCommand asks for what page does.
func (c *command) arrayCommand(page string, args cobra.PositionalArgs, cmd *cobra.Command) *cobra.Command {
	cmd.Long += "\n\n" + actHelp
	cmd.Args = wants(args, "the name of an array, and that of a member where it takes one")
	cmd.ValidArgsFunction = c.membersOf
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		query := url.Values{"group": args[:1]}
		if len(args) > 1 {
			query.Set("to", args[1])
		}
		return c.act(cmd, page, query)
	})
	return cmd
}
