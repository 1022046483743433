package cli

import (
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

func (c *command) drillCommand() *cobra.Command {
	var fault string
	var really bool
	cmd := &cobra.Command{
		Use:   "drill NAME",
		Short: "rehearse a fault: what would be told and done, without touching anything",
		Long: `drill has the agent judge and decide as if NAME, a member of a group, had failed, and shows what would be told and done, and when. It
touches nothing, and nothing that is shown or counted of the host changes. What it rehearses is published too, as events of the kind
drill, which are about no group: whoever listens can see that they arrive, and can't take them for real ones.

With --real, NAME is a bond: it is moved to its standby and back, as plimsoll failover and failback do, if it is fully redundant.

Root may, and the members of the group plimsoll-operators.

Exit status: 0 shown, or with --real moved and moved back; 1 refused, or it came to nothing; 2 nothing has that name, or you may
not; 3 the agent could not be asked.`,
		Example:           "  plimsoll drill sda\n  plimsoll drill md0/slot1 --fault predicted\n  plimsoll drill bond0 --real",
		Args:              wants(cobra.ExactArgs(1), "one name: of a member, or with --real of a bond"),
		ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if really {
				return c.drillBond(cmd, args[0])
			}
			d, text, err := c.drill(cmd, url.Values{"name": args, "fault": {fault}})
			if err != nil {
				return err
			}
			return c.either(text, drillLines(d))
		}),
	}
	cmd.Flags().StringVar(&fault, "fault", string(actions.FaultFailed), "what `happens` to it: failed, missing, predicted or silent")
	cmd.Flags().BoolVar(&really, "real", false, "move a bond to its standby and back")
	cmd.MarkFlagsMutuallyExclusive("fault", "real")
	return cmd
}

func (c *command) drill(cmd *cobra.Command, query url.Values) (api.Drill, []byte, error) {
	var d api.Drill
	body, err := c.client().Act(cmd.Context(), api.PathDrill, query)
	if err != nil {
		return d, nil, err
	}
	text, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err == nil {
		err = decode(text, &d)
	}
	return d, text, err
}

func drillLines(d api.Drill) []line {
	lines := []line{{say(bold, "DRILL"), sayf(plain, " on %s: nothing of this has happened.", d.Name)}, nil}
	var rows [][]line
	for _, e := range d.Events {
		after := time.Duration(e.AfterS * float64(time.Second)).Round(time.Second / 10)
		rows = append(rows, []line{{sayf(dim, "  +%s", after)}, {say(plain, e.Type)}, {say(plain, e.Text)}})
	}
	lines = append(lines, table(rows)...)
	lines = append(lines, line{say(plain, "  "+d.Name+" would be "), sayStatus(d.Status), sayf(plain, ", margin %s", phrase.Margin(d.Margin))}, nil)
	if len(d.Do)+len(d.Held) == 0 {
		return append(lines, line{say(plain, "No rule calls for anything.")})
	}
	for _, a := range d.Do {
		lines = append(lines, line{say(green, "would be done: "), say(plain, phrase.Doing(a)), sayf(dim, "  rule %s", a.Rule)})
	}
	for _, h := range d.Held {
		lines = append(lines, line{say(yellow, "would be held: "), say(plain, phrase.Doing(h.Action)), sayf(dim, "  rule %s", h.Action.Rule)})
		for _, why := range h.Why {
			lines = append(lines, line{say(plain, "  "), say(yellow, why.Key), say(plain, ": "+why.Text)})
		}
	}
	return lines
}
