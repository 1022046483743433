// Command plimsolld is the agent: it watches this host's redundancy, says what changed, and serves it. It is a door only;
// the house begins at internal/agent.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/agent"
	"plimsoll/internal/config"
	"plimsoll/internal/logsink"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "unreleased"

// The exit codes: see also `man plimsolld`.
const (
	exitOK     = 0
	exitFailed = 1 // it could not start, or something it needs broke for good
	exitUsage  = 2 // the command line or the configuration is wrong; systemd does not start it again
)

// flushTime is how long the last lines get to reach standard error, which may be a journal on a disk that hangs.
const flushTime = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its world as arguments.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(errs, "plimsolld:", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintln(errs, "hint:", hint)
	}
	if _, failed := errors.AsType[*startError](err); failed {
		return exitFailed
	}
	return exitUsage
}

// startError is anything but wrong usage.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// flags are the settings that may also be given on the command line; what is given there wins over the file.
type flags struct {
	config, listen, state, socket, sysfs, procfs, links, webConfig string
	nodeExporter                                                   bool
}

func command() *cobra.Command {
	f := &flags{}
	cmd := &cobra.Command{
		Use:   "plimsolld",
		Short: "watch how many more failures this host survives",
		Long: `plimsolld watches this host's redundancy (md arrays, bonds), judges how many more failures it survives, publishes what
changes to NATS JetStream and serves Prometheus metrics. It runs without privileges. In mode enforce it does what the policy
calls for, through plimsoll-priv; in mode observe, the default, it says what it would do.

Exit status: 0 after a stop that was asked for; 1 if it cannot run; 2 if the command line or the configuration is wrong.`,
		Args:          cobra.NoArgs,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          f.run,
	}
	def := config.Default()
	fl := cmd.Flags()
	fl.StringVar(&f.config, "config", "/etc/plimsoll/plimsoll.yaml", "the configuration `file`")
	fl.StringVar(&f.listen, "listen", def.Listen, "serve metrics and health on this TCP `address`; empty: nowhere")
	fl.StringVar(&f.state, "state", def.State, "keep the log in this `directory`")
	fl.StringVar(&f.socket, "socket", def.Socket, "answer plimsoll on the unix socket at this `path`")
	fl.StringVar(&f.sysfs, "path.sysfs", def.Path.Sysfs, "the `directory` where sysfs is mounted, or a captured one")
	fl.StringVar(&f.procfs, "path.procfs", def.Path.Procfs, "the `directory` where procfs is mounted, or a captured one")
	fl.StringVar(&f.links, "path.links", "", "read network links from this captured `file` instead of the kernel; a captured sysfs without it has none")
	fl.BoolVar(&f.nodeExporter, "metrics.node-exporter", def.Metrics.NodeExporter, "serve what is known under node_exporter's names as well")
	fl.StringVar(&f.webConfig, "web.config.file", def.WebConfigFile, "the `file` of TLS and authentication for TCP, in the exporter toolkit's format")
	return cmd
}

// run is what the command does.
func (f *flags) run(cmd *cobra.Command, _ []string) error {
	cfg, err := f.load(cmd)
	if err != nil {
		return err
	}
	load := func() (config.Config, error) { return f.load(cmd) }
	if err := serve(cmd.Context(), cfg, load, f.links, cmd.ErrOrStderr()); err != nil {
		return &startError{err}
	}
	return nil
}

// load reads the file, lets the command line have the last word, and checks the whole.
func (f *flags) load(cmd *cobra.Command) (config.Config, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return cfg, err
	}
	for name, to := range map[string]*string{
		"listen": &cfg.Listen, "state": &cfg.State, "socket": &cfg.Socket, "path.sysfs": &cfg.Path.Sysfs,
		"path.procfs": &cfg.Path.Procfs, "web.config.file": &cfg.WebConfigFile,
	} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			*to = flag.Value.String()
		}
	}
	if cmd.Flags().Lookup("metrics.node-exporter").Changed {
		cfg.Metrics.NodeExporter = f.nodeExporter
	}
	return cfg, cfg.Validate()
}

// serve runs the agent until ctx ends. On SIGHUP load gives it another configuration.
func serve(ctx context.Context, cfg config.Config, load func() (config.Config, error), links string, errs io.Writer) error {
	f, file := errs.(*os.File)
	sink := logsink.New(errs, logsink.Options{
		Level:   cfg.Log.SlogLevel(),
		Journal: file && logsink.Journaled(f, os.Getenv("JOURNAL_STREAM")),
		Rest:    logsink.DefaultRest,
	})
	reloads, end := reloading(ctx, load, func(err error) {
		sink.Logger().Warn("the configuration stays as it was: the file is not good", "cause", err.Error(), "hint", hintOf(err))
	})
	err := agent.Run(ctx, agent.Options{
		Config: cfg, Reloads: reloads, Version: version, Links: links, Log: sink.Logger(), LinesLost: sink.Lost,
	})
	end()
	enough, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	return errors.Join(err, sink.Close(enough))
}
