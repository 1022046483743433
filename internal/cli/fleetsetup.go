package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/fleet/bootstrap"
)

// createWithin is how long servers that were just started may take until they form a cluster and take a stream.
const createWithin = 30 * time.Second

func (c *command) bootstrapCommand(r *reach) *cobra.Command {
	var (
		plan    bootstrap.Plan
		servers []string
		create  bool
	)
	cmd := &cobra.Command{
		Use:   "bootstrap DIR",
		Short: "make the keys, server configuration and credentials of a fleet, and its stream",
		Long: `bootstrap makes, in the directory DIR, what the NATS servers of a fleet and everybody who connects to them need: a
configuration for each --server, and credentials for each --host, --arbiter and --person. Called again, it makes what is
missing: keys and credentials that are there stay. Whoever has DIR/keys can be anybody of the fleet: keep DIR on no host of it.

With --create it connects to the servers and makes the stream of events and the buckets that arbiters use, if they are not there.

docs/fleet.md goes through all of it.

Exit status: 0 made; 1 it could not be; 2 wrong usage or name.`,
		Args: wants(cobra.ExactArgs(1), "the directory of the fleet's keys"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			for _, s := range servers {
				name, host, two := strings.Cut(s, "=")
				if !two {
					host = name
				}
				plan.Servers = append(plan.Servers, bootstrap.Server{Name: name, Host: host})
			}
			plan.Fleet = r.fleet
			made, err := bootstrap.Setup(args[0], plan)
			if err != nil {
				return err
			}
			if create {
				if err := r.create(cmd.Context(), args[0], plan.Servers); err != nil {
					return err
				}
			}
			return c.showMade(args[0], made, plan, create)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&servers, "server", nil, "write the configuration of the server `NAME=HOST`, which others reach as HOST; name all, once each")
	flags.StringArrayVar(&plan.Hosts, "host", nil, "make credentials for the host of this `name`; can be given again")
	flags.StringArrayVar(&plan.Arbiters, "arbiter", nil, "make an arbiter's credentials for the host of this `name`; can be given again")
	flags.StringArrayVar(&plan.People, "person", nil, "make credentials for the person of this `name`; can be given again")
	flags.BoolVar(&create, "create", false, "connect to the servers, and make the stream and the buckets")
	return cmd
}

// create makes the stream and the buckets: on as many copies as there are servers for.
func (r *reach) create(ctx context.Context, dir string, servers []bootstrap.Server) error {
	urls := r.servers
	if len(urls) == 0 {
		for _, s := range servers {
			urls = append(urls, s.URL())
		}
	}
	reach := *r
	reach.servers = urls
	cfg, _, err := reach.settings()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, createWithin)
	defer cancel()
	return bootstrap.CreateStores(ctx, dir, cfg, bootstrap.DefaultSizes(len(cfg.URLs)))
}

func (c *command) showMade(dir string, m bootstrap.Made, plan bootstrap.Plan, created bool) error {
	if c.json {
		return c.document("plimsoll.fleet.bootstrap/1", map[string]any{"fleet": m.Fleet, "wrote": m.Wrote, "kept": m.Kept, "created": created})
	}
	screen := c.screen()
	for _, path := range m.Wrote {
		screen.show(line{say(green, "made  "), say(plain, path)})
	}
	for _, path := range m.Kept {
		screen.show(line{say(dim, "kept  "), say(plain, path)})
	}
	if created {
		screen.show(line{say(green, "made  "), say(plain, "the stream "+bootstrap.Stream+" and the buckets "+bootstrap.Ledger+" and "+bootstrap.Inventory+
			", where they were missing")})
	}
	var todo []string
	if len(plan.Servers) > 0 {
		todo = append(todo, fmt.Sprintf("Give each server its configuration and %s beside it, start them, and run this again with --create.",
			filepath.Join(dir, "servers", bootstrap.AccountsFile)))
	}
	if len(plan.Hosts) > 0 {
		todo = append(todo, "Give each host its credentials as /etc/plimsoll/nats.creds, root:plimsoll 0640, and set nats.credentials, nats.fleet: "+m.Fleet+
			" and fleet.register.")
	}
	for _, text := range todo {
		screen.show(paragraph(plain, text, screen.width)...)
	}
	return nil
}
