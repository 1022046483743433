package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

func (c *command) fleetStatusCommand(r *reach) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "show the hosts of the fleet, how they are, and when they were last heard of",
		Long: `status shows every host that is registered: its status, its margin, its pools, and whether it was heard of lately. What it says
of presence is what the arbiter that answered has heard; one that has only begun to listen says unheard. Below that are the faults
that most of a failure domain sees, and those of which nobody can tell (undetermined) since too many hosts are silent.

Exit status: 0 whenever it could be shown; 3 no arbiter answers.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				rows, cases, err := p.Hosts(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return c.document("plimsoll.fleet.status/1", map[string]any{"fleet": p.Fleet, "hosts": listed(rows), "cases": listed(cases)})
				}
				screen := c.screen()
				screen.show(hostLines(p.Fleet, rows)...)
				screen.show(caseLines(cases)...)
				return nil
			})
		}),
	}
}

// listed is list as JSON has it: never null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// hostLines are the hosts of a fleet, one in a line.
func hostLines(fleet string, rows []wire.HostRow) []line {
	if len(rows) == 0 {
		return []line{{sayf(bold, "No host is registered in the fleet %s.", fleet)}}
	}
	cells := [][]line{{
		{say(dim, "HOST")}, {say(dim, "STATUS")}, {say(dim, "MARGIN")}, {say(dim, "POOLS")}, {say(dim, "SEEN")},
	}}
	here := 0
	for _, h := range rows {
		if h.Seen == wire.SeenPresent {
			here++
		}
		status, bounds := say(dim, "–"), say(dim, "–")
		if h.Alive != nil {
			if s := redundancy.StatusUnknown; s.UnmarshalText([]byte(h.Alive.Status)) == nil {
				status = sayStatus(s)
			}
			if m := h.Alive.Margin; m != nil {
				bounds = say(plain, phrase.Margin(redundancy.Margin{Least: m.Least, Most: m.Most, Full: m.Full}))
			}
		}
		pools := strings.Join(h.Pools, " ")
		if pools == "" {
			pools = "–"
		}
		cells = append(cells, []line{{say(bold, wire.HostName(h.Host))}, {status}, {bounds}, {say(plain, pools)}, {sayPresence(h)}})
	}
	head := line{sayf(bold, "fleet %s", fleet), sayf(plain, "  %s, %d present", phrase.Several(len(rows), "host"), here)}
	return append([]line{head, nil}, table(cells)...)
}

// caseLines are the faults that hosts share, or may share, one in a line.
func caseLines(cases []wire.CaseRow) []line {
	var out []line
	for _, c := range cases {
		state := say(red, c.State)
		if c.State == wire.CaseUndetermined {
			state = say(magenta, c.State)
		}
		out = append(out, line{
			state, sayf(plain, "  %s  %s: %d of %s", c.Domain, c.Fault, c.Hurt, phrase.Several(c.Registered, "host")), sayf(dim, ", %d silent", c.Silent),
		})
	}
	if len(out) > 0 {
		out = append([]line{nil}, out...)
	}
	return out
}

func sayPresence(h wire.HostRow) span {
	if h.Retired != "" {
		return sayf(dim, "retired by %s", h.Retired)
	}
	age := ""
	if h.AgeS != nil {
		age = " " + phrase.Ago(h.AgeS)
	}
	colour := map[wire.Seen]style{wire.SeenPresent: green, wire.SeenAbsent: red, wire.SeenLeft: yellow, wire.SeenUnheard: magenta}[h.Seen]
	return say(colour, h.Seen.Text()+age)
}

func (c *command) poolsCommand(r *reach) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pools",
		Short: "show the pools of the fleet: members, how many may be acted on at once, and how many are",
		Long: `pools shows every pool as its ledger has it: how many members it has, its budget (how many may act at once), how many others have
to serve meanwhile, how many act now, and why it is frozen if it is.

Exit status: 0 whenever it could be shown; 3 no arbiter answers.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				rows, err := p.Pools(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return c.document("plimsoll.fleet.pools/1", map[string]any{"fleet": p.Fleet, "pools": listed(rows)})
				}
				screen := c.screen()
				screen.show(poolLines(p.Fleet, rows)...)
				return nil
			})
		}),
	}
	var s wire.PoolSetting
	set := &cobra.Command{
		Use:   "set POOL",
		Short: "make a pool, or change its numbers",
		Long: `set makes the pool POOL, or changes how many of its members may be acted on at once (--budget), and how many of the others have to
serve meanwhile (--min-healthy). The numbers are kept in the pool's ledger, and in no host's configuration.

Exit status: 0 done; 1 refused, with the reason; 3 no arbiter answers, and it may have been done.`,
		Args: wants(cobra.ExactArgs(1), "the name of a pool"), ValidArgsFunction: r.completes(poolNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			s.Pool = args[0]
			return c.decide(cmd.Context(), r, wire.OrderPool, s)
		}),
	}
	set.Flags().IntVar(&s.Budget, "budget", 1, "how `many` may be acted on at once")
	set.Flags().IntVar(&s.MinHealthy, "min-healthy", 1, "how `many` others have to serve meanwhile")
	cmd.AddCommand(set)
	return cmd
}

// poolLines are the pools of a fleet, one in a line, and below those that are frozen why they are.
func poolLines(fleet string, rows []wire.PoolRow) []line {
	if len(rows) == 0 {
		return []line{{sayf(bold, "The fleet %s has no pool.", fleet)}, {say(plain, "To make one: plimsoll fleet pools set NAME --budget 1 --min-healthy 1")}}
	}
	cells := [][]line{{
		{say(dim, "POOL")}, {say(dim, "MEMBERS")}, {say(dim, "ACTING")}, {say(dim, "MIN HEALTHY")}, {say(dim, "REVISION")}, {say(dim, "STATE")},
	}}
	var below []line
	for _, p := range rows {
		state := say(green, "open")
		switch {
		case p.Problem != "":
			state = say(magenta, "unread")
			below = append(below, line{sayf(magenta, "%s: %s", p.Pool, p.Problem)})
		case len(p.Frozen) > 0:
			state = say(yellow, "frozen")
		case p.Open >= p.Budget:
			state = say(yellow, "full")
		}
		for _, why := range p.Frozen {
			below = append(below, line{sayf(yellow, "%s is frozen by %s", p.Pool, why)})
		}
		cells = append(cells, []line{
			{say(bold, p.Pool)},
			{say(plain, fmt.Sprint(p.Members))},
			{sayf(plain, "%d of %d", p.Open, p.Budget)},
			{say(plain, fmt.Sprint(p.MinHealthy))},
			{say(plain, fmt.Sprint(p.Revision))},
			{state},
		})
	}
	return append(table(cells), below...)
}

func (c *command) retireCommand(r *reach) *cobra.Command {
	var undo bool
	cmd := &cobra.Command{
		Use:   "retire HOST",
		Short: "take a host out of the fleet for good",
		Long: `retire takes HOST out of its pools and of the count of the fleet. A host that may be acting is not retired: its action has to end, or
a person has to clear it. A retired host cannot register again with the same installation, unless --undo takes that back.

Exit status: 0 done; 1 refused, with the reason; 2 no such name; 3 no arbiter answers, and it may have been done.`,
		Args: wants(cobra.ExactArgs(1), "the name of a host"), ValidArgsFunction: r.completes(hostNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			host, err := wire.HostToken(args[0])
			if err != nil {
				return err
			}
			return c.decide(cmd.Context(), r, wire.OrderRetire, wire.Retirement{Host: host, Undo: undo})
		}),
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "take a retirement back")
	return cmd
}

// decide has an arbiter do something, and shows what it did.
func (c *command) decide(ctx context.Context, r *reach, what string, q wire.Message) error {
	return r.asked(ctx, func(p *person.Person) error {
		done, err := person.Ask[wire.Done](ctx, p, what, q)
		if err != nil {
			return err
		}
		if c.json {
			if err := c.document("plimsoll.fleet.done/1", map[string]any{"did": listed(done.Did), "refused": listed(done.Refused)}); err != nil {
				return err
			}
		} else {
			screen := c.screen()
			for _, text := range done.Did {
				screen.show(paragraph(green, text, screen.width)...)
			}
			for _, text := range done.Refused {
				screen.show(paragraph(red, "refused: "+text, screen.width)...)
			}
		}
		if len(done.Refused) > 0 {
			return exitError(exitBad)
		}
		return nil
	})
}
