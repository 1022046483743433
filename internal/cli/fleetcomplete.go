package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
)

// completeWithin is how long somebody waits who has pressed a key.
const completeWithin = 2 * time.Second

// fleetNames are the words that a fleet has for something.
type fleetNames func(context.Context, *person.Person) ([]cobra.Completion, error)

// completes offers the fleet's names for the first word after a command. A fleet that does not answer soon has none.
func (r *reach) completes(names fleetNames) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return r.ask(cmd.Context(), names), cobra.ShellCompDirectiveNoFileComp
	}
}

// completesFlag offers them for a flag, whatever stands before it.
func (r *reach) completesFlag(names fleetNames) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return r.ask(cmd.Context(), names), cobra.ShellCompDirectiveNoFileComp
	}
}

func (r *reach) ask(ctx context.Context, names fleetNames) []cobra.Completion {
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	var out []cobra.Completion
	err := r.asked(ctx, func(p *person.Person) (err error) {
		out, err = names(ctx, p)
		return err
	})
	if err != nil {
		return nil
	}
	return out
}

// poolNames are the pools, each with how many act in it.
func poolNames(ctx context.Context, p *person.Person) ([]cobra.Completion, error) {
	rows, err := p.Pools(ctx)
	out := make([]cobra.Completion, 0, len(rows))
	for _, row := range rows {
		says := "pool"
		if len(row.Frozen) > 0 {
			says = "frozen pool"
		}
		out = append(out, cobra.CompletionWithDesc(row.Pool, says))
	}
	return out, err
}

// hostNames are the hosts, each with how it is.
func hostNames(ctx context.Context, p *person.Person) ([]cobra.Completion, error) {
	rows, _, err := p.Hosts(ctx)
	out := make([]cobra.Completion, 0, len(rows))
	for _, row := range rows {
		says := string(row.Seen)
		switch {
		case row.Retired != "":
			says = "retired"
		case row.Alive != nil && row.Seen == wire.SeenPresent:
			says = cmp.Or(clean(row.Alive.Status), says)
		}
		out = append(out, cobra.CompletionWithDesc(wire.HostName(row.Host), says))
	}
	return out, err
}

// domainNames are the failure domains that hosts stand on.
func domainNames(ctx context.Context, p *person.Person) ([]cobra.Completion, error) {
	rows, _, err := p.Hosts(ctx)
	known := map[string]bool{}
	for _, row := range rows {
		for kind, names := range row.Domains {
			for _, name := range names {
				known[kind+":"+name] = true
			}
		}
		if row.Alive != nil {
			for _, f := range row.Alive.Footings {
				known[f.Domain] = true
			}
		}
	}
	out := make([]cobra.Completion, 0, len(known))
	for _, domain := range slices.Sorted(maps.Keys(known)) {
		kind, _, _ := strings.Cut(domain, ":")
		out = append(out, cobra.CompletionWithDesc(clean(domain), clean(kind)))
	}
	return out, err
}
