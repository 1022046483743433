package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"plimsoll/internal/agent"
	"plimsoll/redundancy"
)

func (c *command) replayCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "replay TRACE",
		Short: "run a trace of an incident through the agent's step again",
		Long: `replay prints the events that a trace leads to, decision for decision as on the host that recorded it. A trace is what the
agent serves at /debug/trace on its socket; - reads it from standard input.

Exit status: 0 replayed; 1 the trace can't be read, or leads to another state than it says.`,
		Example: "  curl --unix-socket /run/plimsoll/plimsoll.sock http://plimsoll/debug/trace > incident.trace\n  plimsoll replay incident.trace",
		Args:    wants(cobra.ExactArgs(1), "one trace, or - for standard input"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer func() { _ = f.Close() }() // only read
				in = f
			}
			screen := c.screen()
			var bad error
			err := agent.Replay(in, func(e redundancy.Event) {
				if !c.json {
					screen.show(eventLine(e, c.Now().Location()))
					return
				}
				text, err := json.Marshal(e)
				bad = errors.Join(bad, err)
				fmt.Fprintf(c.Out, "%s\n", text)
			})
			return errors.Join(err, bad)
		}),
	}
}
