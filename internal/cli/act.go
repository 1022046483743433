package cli

import (
	"encoding/json"
	"net/url"

	"github.com/spf13/cobra"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

const actHelp = `What would be held by policy alone is done: maintenance, the time after a boot and a rule's own limits are for the agent, and a
person has looked. What speaks against it by itself holds all the same: a standby that is not proven, a mode of the bond that
has nothing to choose, another action on the group, mode observe, a freeze. Before it is begun it is written down and a fresh
look is taken; what that look finds, and the look afterwards, counts. The command waits for it and says how far it has come;
stopping the command does not stop the action. Root may, and the members of the group plimsoll-operators.

Exit status: 0 done, as a look has shown; 1 refused, or it came to nothing; 2 nothing has that name, or you may not; 3 the
agent could not be asked, or what became of it is not known.`

func (c *command) failoverCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "failover GROUP",
		Short: "move a group to a standby",
		Long: `failover moves GROUP, a bond, from the member in use to a standby: to the one that --to names, or else to the one that the
agent would take, a proven one.

` + actHelp,
		Example:           "  plimsoll failover bond0\n  plimsoll failover bond0 --to eth1",
		Args:              wants(cobra.ExactArgs(1), "one name: of a group"),
		ValidArgsFunction: c.movable,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			query := url.Values{"group": args}
			if to != "" {
				query.Set("to", to)
			}
			return c.act(cmd, api.PathFailover, query)
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "move it to this `member`")
	if err := cmd.RegisterFlagCompletionFunc("to", c.membersOf); err != nil {
		panic("internal error: " + err.Error())
	}
	return cmd
}

// movable completes the groups that can be moved.
func (c *command) movable(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var s api.Status
	if len(args) > 0 || c.client().Ask(cmd.Context(), api.PathStatus, nil, &s) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []cobra.Completion
	for _, g := range s.Groups {
		if _, _, able := actions.Moves(g.Kind); able {
			words = append(words, cobra.CompletionWithDesc(clean(g.Name), string(g.Kind)))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// membersOf completes the members of the group that is to be moved.
func (c *command) membersOf(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var s api.Status
	if len(args) == 0 || c.client().Ask(cmd.Context(), api.PathStatus, nil, &s) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []cobra.Completion
	for _, g := range s.Groups {
		if g.Name != args[0] && string(g.ID) != args[0] {
			continue
		}
		for _, m := range g.Members {
			words = append(words, cobra.CompletionWithDesc(clean(phrase.Member(m)), m.State.String()))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func (c *command) failbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "failback GROUP",
		Short: "return a group to where it was before a failover",
		Long: `failback returns GROUP to the member that was in use before the agent moved it. plimsoll plan shows which groups have been
moved, and offers their return once that member has worked for as long as the policy wants; this command does not wait for it.

` + actHelp,
		Example:           "  plimsoll failback bond0",
		Args:              wants(cobra.ExactArgs(1), "one name: of a group"),
		ValidArgsFunction: c.movable,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return c.act(cmd, api.PathFailback, url.Values{"group": args})
		}),
	}
}

// act has something done and says how far it has come.
func (c *command) act(cmd *cobra.Command, page string, query url.Values) error {
	var end *api.Ended
	err := c.client().Steps(cmd.Context(), page, query, func(s api.Step) error {
		end = s.Ended
		if c.json {
			return json.NewEncoder(c.Out).Encode(s)
		}
		c.screen().show(stepLines(s)...)
		return nil
	})
	switch {
	case err != nil:
		return err
	case end.Outcome != actions.Done:
		return exitError(exitBad)
	}
	return nil
}

func stepLines(s api.Step) []line {
	switch {
	case s.Ended != nil:
		return endedLines(*s.Ended)
	case s.Work != nil:
		return []line{{say(dim, phrase.Doing(s.Work.Action)+": "), say(plain, phrase.Stage(*s.Work))}}
	}
	return nil
}

// endedLines say how an action ended, and what shows it.
func endedLines(e api.Ended) []line {
	look := green
	if e.Outcome != actions.Done {
		look = alarm
	}
	first := line{say(plain, phrase.Doing(e.Action)+": "), say(look, string(e.Outcome))}
	if e.Why != nil {
		first = append(first, say(plain, ": "+*e.Why))
	}
	lines := []line{first}
	for _, n := range evidenceNodes(e.Evidence) {
		lines = append(lines, append(line{say(plain, "  ")}, n.line...))
	}
	return lines
}
