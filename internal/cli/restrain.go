package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/freeze"
)

const mayHelp = `Root may, and the members of the group plimsoll-operators.

Exit status: 0 done; 1 refused; 2 wrong usage or name, or you may not; 3 the agent could not be asked, or its log can't keep it.`

func (c *command) freezeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "freeze [WHY…]",
		Short: "stop every action on this host, at once",
		Long: `freeze stops all that the agent and its privileged helper would do to this host, from the next effect on, until plimsoll thaw or
a reboot. The agent goes on watching and says what it would do. The freeze is the file /run/plimsoll/freeze, beside the agent's
socket: where the agent cannot be asked, the command makes it itself if you may, and it holds for the helper all the same.

` + mayHelp,
		Example: "  plimsoll freeze new switch, ticket 4711",
		Args:    cobra.ArbitraryArgs,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			why := strings.Join(args, " ")
			return c.restrain(cmd, api.PathFreeze, url.Values{"why": {why}}, "Frozen: nothing is done on this host until `plimsoll thaw`.",
				func(f freeze.File) error { return f.Make(fmt.Sprintf("uid %d", os.Getuid()), why) })
		}),
	}
}

func (c *command) thawCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "thaw",
		Short: "end a freeze",
		Long: `thaw ends a freeze, whoever made it: what the policy calls for is done again, in mode enforce. Where the agent cannot be asked,
the command removes the file /run/plimsoll/freeze itself if you may.

` + mayHelp,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return c.restrain(cmd, api.PathThaw, nil, "Thawed.", freeze.File.Remove)
		}),
	}
}

// restrain has the agent make or end a freeze, or does it to the file itself where there is no agent.
func (c *command) restrain(cmd *cobra.Command, page string, query url.Values, done string, directly func(freeze.File) error) error {
	err := c.order(cmd, page, query, done)
	unreachable, dead := errors.AsType[*api.UnreachableError](err)
	if !dead {
		return err
	}
	file := freeze.Beside(c.socket)
	if failed := directly(file); failed != nil {
		return errors.Join(unreachable, failed)
	}
	if c.json {
		doc := api.Order{Schema: api.SchemaOrder, At: c.Now().UTC(), By: fmt.Sprintf("uid %d", os.Getuid()), What: strings.TrimPrefix(page, "/")}
		return json.NewEncoder(c.Out).Encode(doc)
	}
	c.screen().show(line{say(green, done)}, line{sayf(dim, "The agent could not be asked (%v); the file %s was changed directly.", unreachable.Cause, file)})
	return nil
}

// order gives an order and says that it was followed.
func (c *command) order(cmd *cobra.Command, page string, query url.Values, done string) error {
	body, err := c.client().Act(cmd.Context(), page, query)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if c.json {
		fmt.Fprintf(c.Out, "%s", text)
		return nil
	}
	var o api.Order
	if err := decode(text, &o); err != nil {
		return err
	}
	lines := []line{{say(green, done)}}
	if o.Maintenance != nil {
		lines = []line{maintenanceLine(*o.Maintenance, c.Now())}
	}
	c.screen().show(lines...)
	return nil
}

func (c *command) maintenanceCommand() *cobra.Command {
	var (
		lasts time.Duration
		why   string
		end   bool
	)
	cmd := &cobra.Command{
		Use:   "maintenance [GROUP] --for TIME",
		Short: "have the host, or a group, watched and left alone for a time",
		Long: `maintenance has the agent leave GROUP alone, or the whole host without one, for a time: it goes on watching and telling, and
does nothing by policy. What you ask for yourself is done. It ends by itself, and survives a restart of the agent. GROUP is a
name, an id, or a pattern for them ('bond*'). A second one for the same GROUP takes the place of the first. Without --for and
--end the command shows which there are.

` + mayHelp,
		Example:           "  plimsoll maintenance --for 2h --why 'new switch'\n  plimsoll maintenance md0 --for 30m\n  plimsoll maintenance md0 --end",
		Args:              wants(cobra.MaximumNArgs(1), "one name: of a group, or none for the host"),
		ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			query := url.Values{"group": args}
			switch {
			case end:
				return c.order(cmd, api.PathResume, query, "The maintenance has ended.")
			case !cmd.Flags().Changed("for"):
				return c.maintained(cmd)
			}
			query.Set("for", lasts.String())
			query.Set("why", why)
			return c.order(cmd, api.PathMaintain, query, "")
		}),
	}
	cmd.Flags().DurationVar(&lasts, "for", 0, "leave it alone for this `time`: 30m, 2h")
	cmd.Flags().StringVar(&why, "why", "", "say why, for those who wonder")
	cmd.Flags().BoolVar(&end, "end", false, "end it now")
	cmd.MarkFlagsMutuallyExclusive("for", "end")
	return cmd
}

// maintained shows what is in maintenance.
func (c *command) maintained(cmd *cobra.Command) error {
	var p api.Plan
	if err := c.client().Ask(cmd.Context(), api.PathPlan, nil, &p); err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.Out).Encode(p.Maintenance)
	}
	lines := each(p.Maintenance, func(m api.Maintenance) line { return maintenanceLine(m, c.Now()) })
	if len(lines) == 0 {
		lines = []line{{say(plain, "Nothing is in maintenance. --for begins one.")}}
	}
	c.screen().show(lines...)
	return nil
}

func (c *command) releaseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "release",
		Short: "let the host act again after its daily cap",
		Long: `release lets the agent act again once its daily cap has been reached: a host that needs more than three actions a day is sick in
a way that no rule foresaw, so a person looks first. plimsoll plan shows what was done.

` + mayHelp,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return c.order(cmd, api.PathRelease, nil, "Released: the cap counts anew from here.")
		}),
	}
}
