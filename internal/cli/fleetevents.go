package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/fleet"
	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
)

// readAgain is how often the stream is asked for what is new while it is followed.
const readAgain = 500 * time.Millisecond

// wanted is which events of the fleet are shown.
type wanted struct {
	follow                 bool
	since, host, kind, typ string
	onlyFleet              bool
	from                   time.Time // on which events are shown
	fleet.Filter
}

func (c *command) fleetEventsCommand(r *reach) *cobra.Command {
	w := &wanted{}
	cmd := &cobra.Command{
		Use:   "events",
		Short: "list what all hosts of the fleet have told lately, or follow it",
		Long: `events lists the events that the stream holds, those of hosts and those that arbiters tell of the fleet as a whole, in the order in
which they were stored. With --json each is one line, as docs/events.md has it.

Exit status: 0 listed; 2 a flag can't be read; 3 the stream could not be read.`,
		Args:    cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error { return w.parse(c.Now()) },
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				err := c.readEvents(cmd.Context(), p.Events(), w)
				if err != nil {
					return unansweredError{err}
				}
				return nil
			})
		}),
	}
	flags := cmd.Flags()
	flags.BoolVarP(&w.follow, "follow", "f", false, "stay, and show those that come")
	flags.StringVar(&w.since, "since", "1h", "only events stored `after` a time (2026-01-02T03:04:05Z), or a while ago (10m)")
	flags.StringVar(&w.host, "host", "", "only events of this `host`")
	flags.BoolVar(&w.onlyFleet, "only-fleet", false, "only what arbiters tell of the fleet as a whole")
	flags.StringVar(&w.kind, "kind", "", "only events of this `kind`: raid, power, fleet, …")
	flags.StringVar(&w.typ, "type", "", "only events of this `type`: redundancy.lost; or of all that begin so: redundancy")
	cmd.MarkFlagsMutuallyExclusive("host", "only-fleet")
	return cmd
}

// parse makes a filter of the flags.
func (w *wanted) parse(now time.Time) error {
	var err error
	if w.from, err = time.Parse(time.RFC3339Nano, sinceOf(w.since, now)); err != nil {
		return fmt.Errorf("--since: %q is neither a time nor a while ago", w.since)
	}
	if w.onlyFleet {
		w.Host = wire.Fleetwide
	}
	if w.host != "" {
		token, err := wire.HostToken(w.host)
		if err != nil {
			return err
		}
		w.Host = token
	}
	noun, verb, _ := strings.Cut(w.typ, ".")
	w.Kind, w.Noun, w.Verb = w.kind, noun, verb
	for _, token := range []string{w.Kind, w.Noun, w.Verb} {
		if token != "" && !wire.PlainToken(token) {
			return fmt.Errorf("events of a fleet: %q is no kind and no type", token)
		}
	}
	return nil
}

// readEvents shows the events that are wanted, until there are no more or, where they are followed, until ctx ends.
func (c *command) readEvents(ctx context.Context, r fleet.Reader, w *wanted) error {
	seq, err := r.Since(ctx, w.Filter, w.from)
	if err != nil {
		return err
	}
	again := time.NewTicker(readAgain)
	defer again.Stop()
	screen := c.screen()
	for {
		e, found, err := r.Next(ctx, w.Filter, seq)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case found:
			seq = e.Seq + 1
			if err := c.showStored(screen, e); err != nil {
				return err
			}
			continue
		case !w.follow:
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// showStored shows one event. One that is not understood is named, and those behind it are shown.
func (c *command) showStored(to screen, stored fleet.Stored) error {
	if c.json {
		_, err := fmt.Fprintf(c.Out, "%s\n", stored.Data)
		return err
	}
	e, err := fleet.Decode(stored.Data)
	if err != nil {
		to.show(line{sayf(magenta, "message %d of the stream: %v", stored.Seq, err)})
		return nil
	}
	_, host, _ := strings.Cut(strings.TrimPrefix(e.Source, "/plimsoll/"), "/")
	if host == wire.HostName(wire.Fleetwide) {
		host = "fleet"
	}
	all := eventLine(e.Event(), c.Now().Location())
	to.show(append(line{all[0], sayf(bold, "%-20s  ", host)}, all[1:]...))
	return nil
}
