package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
)

func (c *command) grantsCommand(r *reach) *cobra.Command {
	return &cobra.Command{
		Use:   "grants POOL",
		Short: "show who of a pool may act at the moment",
		Long: `grants shows the entries of the pool's ledger: which host has leave for what, whether it has begun, and why the pool is frozen if it
is. An entry lasts until its host is settled and healthy, or a person clears it.

Exit status: 0 whenever it could be shown; 3 no arbiter answers, or there is no such pool.`,
		Args: wants(cobra.ExactArgs(1), "the name of a pool"), ValidArgsFunction: r.completes(poolNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				g, err := person.Ask[wire.Grants](cmd.Context(), p, wire.OrderGrants, wire.PoolQuery{Pool: args[0]})
				if err != nil {
					return err
				}
				if c.json {
					return c.document("plimsoll.fleet.grants/1", map[string]any{
						"fleet": p.Fleet, "pool": g.Pool, "revision": g.Revision, "budget": g.Budget,
						"entries": listed(g.Entries), "frozen": listed(g.Frozen),
					})
				}
				screen := c.screen()
				screen.show(grantLines(g)...)
				return nil
			})
		}),
	}
}

// grantLines are who of a pool may act, one in a line, and below that why it is frozen.
func grantLines(g wire.Grants) []line {
	var out []line
	open := 0
	cells := [][]line{{{say(dim, "HOST")}, {say(dim, "ACTION")}, {say(dim, "PHASE")}, {say(dim, "TOKEN")}}}
	for _, e := range g.Entries {
		phase := say(yellow, string(e.Phase))
		if e.Phase == ledger.Cleared {
			phase = say(dim, string(e.Phase))
		} else {
			open++
		}
		cells = append(cells, []line{{say(bold, wire.HostName(e.Host))}, {say(plain, e.Action)}, {phase}, {say(plain, fmt.Sprint(e.Token))}})
	}
	out = append(out, line{sayf(bold, "pool %s", g.Pool), sayf(plain, "  %d of %d act, revision %d", open, g.Budget, g.Revision)})
	if len(g.Entries) > 0 {
		out = append(append(out, nil), table(cells)...)
	}
	for _, f := range g.Frozen {
		by := ""
		if f.By != "" {
			by = ", by " + f.By
		}
		out = append(out, line{sayf(yellow, "frozen (%s): %s%s", f.Cause, f.Why, by)})
	}
	return out
}

func (c *command) decisionsCommand(r *reach) *cobra.Command {
	return &cobra.Command{
		Use:   "decisions POOL",
		Short: "show what was decided in a pool, in the order in which it was",
		Long: `decisions shows the newest revisions of the pool's ledger, each with what it was written for. A decision and its revision are one
write: nothing was granted that does not stand here. Times are the store's.

Exit status: 0 whenever it could be shown; 3 no arbiter answers, or there is no such pool.`,
		Args: wants(cobra.ExactArgs(1), "the name of a pool"), ValidArgsFunction: r.completes(poolNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				d, err := person.Ask[wire.Decisions](cmd.Context(), p, wire.OrderDecisions, wire.PoolQuery{Pool: args[0]})
				if err != nil {
					return err
				}
				if c.json {
					return c.document("plimsoll.fleet.decisions/1", map[string]any{"fleet": p.Fleet, "pool": d.Pool, "decisions": listed(d.Decisions)})
				}
				screen := c.screen()
				screen.show(decisionLines(d)...)
				return nil
			})
		}),
	}
}

// decisionLines are the decisions in a pool, one in a line.
func decisionLines(d wire.Decisions) []line {
	cells := [][]line{{{say(dim, "REVISION")}, {say(dim, "AT")}, {say(dim, "WHAT")}, {say(dim, "HOST")}, {say(dim, "OF")}, {say(dim, "BY")}}}
	or := func(s string) string {
		if s == "" {
			return "–"
		}
		return s
	}
	for _, one := range d.Decisions {
		of := one.Deed.Action
		if of == "" {
			of = one.Deed.Why
		}
		cells = append(cells, []line{
			{say(plain, fmt.Sprint(one.Revision))},
			{say(plain, one.At.UTC().Format(time.RFC3339))},
			{say(bold, string(one.Deed.What))},
			{say(plain, or(wire.HostName(one.Deed.Host)))},
			{say(plain, or(of))},
			{say(plain, or(one.Deed.By))},
		})
	}
	return table(cells)
}

// ofPools is a command that has something done to the pool that it is given, or to every pool.
func (c *command) ofPools(r *reach, what, use, short, long string) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: use + " [POOL]", Short: short,
		Long: long + ` Without POOL it is done to every pool, one after the other.

Exit status: 0 done; 1 refused, with the reason; 3 no arbiter answers, and it may have been done.`,
		Args: wants(cobra.MaximumNArgs(1), "at most the name of one pool"), ValidArgsFunction: r.completes(poolNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			q := wire.Command{Why: why}
			if len(args) > 0 {
				q.Pool = args[0]
			}
			return c.decide(cmd.Context(), r, what, q)
		}),
	}
	if what == wire.OrderFreeze {
		cmd.Flags().StringVar(&why, "why", "", "the `reason`, for others to read")
	}
	return cmd
}

// leaveCommands are about leave to act.
func (c *command) leaveCommands(r *reach) []*cobra.Command {
	return []*cobra.Command{
		c.grantsCommand(r), c.decisionsCommand(r), c.clearCommand(r),
		c.ofPools(r, wire.OrderFreeze, "freeze", "have nothing more begin in a pool",
			`freeze keeps every host of the pool from beginning anything, until a person thaws it; what has begun goes on. It is written into the
pool's ledger, so no leave can pass it, and hosts are told, which then do nothing to themselves alone either; one that cannot be
told goes by what it was told last.`),
		c.ofPools(r, wire.OrderThaw, "thaw", "end a freeze of a pool",
			`thaw ends a person's freeze, and else that of a storm of faults. A pool whose store has forgotten something is not thawed, but
accepted.`),
		c.ofPools(r, wire.OrderAccept, "accept", "say that a pool whose store forgot something is as its ledger now says",
			`accept ends the freeze of a pool whose store has lost what it had acknowledged. Hosts are asked once more to say what they hold; for
those that do not answer, you say that nothing they had leave for goes on.`),
	}
}

func (c *command) clearCommand(r *reach) *cobra.Command {
	var down bool
	var pool string
	cmd := &cobra.Command{
		Use:   "clear HOST",
		Short: "end what a host that is down had leave for",
		Long: `clear ends the leave of HOST in every pool, or in the one named, on your word that the host is down: nobody else can tell a dead host
from one that is slow or cut off, and others act on what you say. A host that comes back begins nothing of what was cleared.

Exit status: 0 done; 1 refused, with the reason; 2 without --host-is-down, or no such name; 3 no arbiter answers, and it may have
been done.`,
		Args: wants(cobra.ExactArgs(1), "the name of a host"), ValidArgsFunction: r.completes(hostNames),
		PreRunE: func(_ *cobra.Command, args []string) error {
			if !down {
				return fmt.Errorf("clear %s: --host-is-down is missing: look, then say so", args[0])
			}
			return nil
		},
		RunE: run(func(cmd *cobra.Command, args []string) error {
			host, err := wire.HostToken(args[0])
			if err != nil {
				return err
			}
			return c.decide(cmd.Context(), r, wire.OrderClear, wire.Command{Pool: pool, Host: host})
		}),
	}
	cmd.Flags().BoolVar(&down, "host-is-down", false, "you have made sure that it is")
	cmd.Flags().StringVar(&pool, "pool", "", "in this `pool` alone")
	_ = cmd.RegisterFlagCompletionFunc("pool", r.completesFlag(poolNames)) // the flag is there
	return cmd
}
