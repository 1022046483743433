package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plimsoll/fleet/embedded"
)

// natsServerCommand is for the agent alone, which starts it where nats.embedded is set: it is not shown.
func (c *command) natsServerCommand() *cobra.Command {
	var store string
	var port int
	cmd := &cobra.Command{
		Use:    "nats-server",
		Short:  "be the embedded NATS server of plimsolld, until standard input ends",
		Hidden: true,
		Args:   noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			s, err := embedded.Start(cmd.Context(), store, port)
			if err != nil {
				return err
			}
			line, err := json.Marshal(s.Access())
			if err != nil {
				return err
			}
			fmt.Fprintf(c.Out, "%s\n", line)
			untilEnd(cmd.Context(), cmd.InOrStdin())
			return s.Close()
		}),
	}
	cmd.Flags().StringVar(&store, "store", "", "keep streams in this `directory`")
	cmd.Flags().IntVar(&port, "port", 0, "listen on this `port` of the loopback; 0: a free one")
	if err := cmd.MarkFlagRequired("store"); err != nil {
		panic("internal error: " + err.Error())
	}
	return cmd
}

// untilEnd waits until in ends or ctx does. It leaves the reading behind in the second case: the process ends.
func untilEnd(ctx context.Context, in io.Reader) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, in) // how it ends does not matter
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	}
}
