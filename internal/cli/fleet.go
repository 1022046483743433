package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plimsoll/fleet"
	"plimsoll/fleet/person"
	"plimsoll/internal/config"
)

// personPath is where a person's credentials are looked for, unless a flag names another file.
const personPath = "/etc/plimsoll/person.creds"

// reach is how a person's request gets to the fleet: what the flags say, and else the agent's configuration on this host.
type reach struct {
	config, credentials, fleet, ca string
	servers                        []string
}

func (c *command) fleetCommand() *cobra.Command {
	r := &reach{}
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "set up a fleet, see its hosts and pools, and decide for it",
		Long: `fleet asks the fleet's arbiters, over NATS, as the person whose credentials it has; a host's own would not do. The servers
and the fleet's name are those of this host's configuration, unless flags name others.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	r.flags(cmd.PersistentFlags())
	cmd.AddCommand(c.bootstrapCommand(r), c.fleetStatusCommand(r), c.poolsCommand(r), c.retireCommand(r), c.fleetEventsCommand(r), c.fleetWhatIfCommand(r))
	cmd.AddCommand(c.leaveCommands(r)...)
	return cmd
}

// flags are those that say how to reach the fleet.
func (r *reach) flags(flags *pflag.FlagSet) {
	flags.StringVar(&r.config, "config", configPath, "take servers, TLS and the fleet's name from this `file`, if it is there")
	flags.StringVar(&r.credentials, "credentials", personPath, "the `file` with your credentials")
	flags.StringVar(&r.fleet, "fleet", "", "the fleet's `name`")
	flags.StringVar(&r.ca, "ca", "", "the `file` of the authorities that sign the servers' certificates")
	flags.StringArrayVar(&r.servers, "nats", nil, "a server's `URL`; can be given again")
}

// settings are how to reach the servers, and the fleet's name.
func (r *reach) settings() (fleet.Config, string, error) {
	cfg := fleet.DefaultConfig()
	file, err := config.Load(r.config)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cfg, "", err
	}
	cfg.URLs, cfg.TLS = file.NATS.URLs, fleet.TLS{CA: file.NATS.TLS.CA, Cert: file.NATS.TLS.Cert, Key: file.NATS.TLS.Key}
	cfg.Credentials = r.credentials
	name := file.NATS.Fleet
	if len(r.servers) > 0 {
		cfg.URLs = r.servers
	}
	if r.ca != "" {
		cfg.TLS.CA = r.ca
	}
	if r.fleet != "" {
		name = r.fleet
	}
	if len(cfg.URLs) == 0 {
		return cfg, "", &fleet.HintError{
			Err: errors.New("which servers: neither --nats nor nats.urls in " + r.config), Todo: "name one: --nats tls://n1.example.net:4222",
		}
	}
	return cfg, name, nil
}

// asked connects as a person, and has f ask.
func (r *reach) asked(ctx context.Context, f func(*person.Person) error) error {
	cfg, name, err := r.settings()
	if err != nil {
		return err
	}
	p, err := person.Connect(ctx, cfg, name)
	if err != nil {
		return unansweredError{err}
	}
	defer p.Close()
	err = f(p)
	if _, failed := errors.AsType[*fleet.AnswerError](err); failed || errors.Is(err, fleet.ErrNoArbiter) || errors.Is(err, context.DeadlineExceeded) {
		return unansweredError{err}
	}
	return err
}

// unansweredError is a question that the fleet has not answered: exitUnknown.
type unansweredError struct{ error }

func (e unansweredError) Unwrap() error { return e.error }

// unnamedError is a name that nothing has: exitUsage.
type unnamedError struct{ error }

func (e unnamedError) Unwrap() error { return e.error }

// document prints a document of the fleet's, as JSON.
func (c *command) document(schema string, body map[string]any) error {
	body["schema"], body["at"] = schema, c.Now().UTC()
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s\n", text)
	return err
}
