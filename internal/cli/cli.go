package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/phrase"
)

// The exit codes. `check` has the Monitoring Plugins' own, see check.go.
const (
	exitOK      = 0
	exitBad     = 1 // asked and answered, and the answer is bad: something would fail, something is wrong
	exitUsage   = 2 // wrong command line, wrong configuration, unknown name
	exitUnknown = 3 // nobody could be asked, or the agent itself does not know
)

const exitHelp = `Exit status: 0 all is well; 1 the answer is bad (whatif: a group would fail; doctor: something is wrong; failover: refused,
or it came to nothing); 2 wrong usage, configuration or name, or you may not; 3 not known, because the agent could not be asked or does not know itself. check has the
Monitoring Plugins' codes instead: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.`

// Options are the world around the command.
type Options struct {
	Out, Err io.Writer
	Version  string
	Now      func() time.Time
	// Terminal is the size of the terminal behind Out, and false where there is none.
	Terminal func() (columns, rows int, ok bool)
	// ClockKept says whether the kernel knows of something that keeps its clock right; nil: nobody is asked.
	ClockKept func() (bool, error)
	NoColor   bool // as the environment wishes (https://no-color.org)
}

// Run runs one command line, prints what it says and returns the exit code.
func Run(ctx context.Context, args []string, o Options) int {
	c := &command{Options: o}
	root := c.root() //nolint:contextcheck // cobra gives each command the context of ExecuteContext
	root.SetArgs(args)
	root.SetOut(o.Out)
	root.SetErr(o.Err)
	ran, err := root.ExecuteContextC(ctx)
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return exitOK // a person who stops a --follow has had the answer
	}
	if _, ok := errors.AsType[exitError](err); !ok {
		c.complain(ctx, ran, err)
	}
	return codeOf(err)
}

// command is one run.
type command struct {
	Options
	socket string
	json   bool
	color  string
}

// exitError ends with a code, all being said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// ranError is an error of a command that could be run; all others are wrong usage.
type ranError struct{ error }

func (e ranError) Unwrap() error { return e.error }

func codeOf(err error) int {
	var (
		ran         ranError
		code        exitError
		unreachable *api.UnreachableError
		answered    *api.AnswerError
		configured  *config.Error
		unanswered  unansweredError
		token       *wire.TokenError
		unnamed     unnamedError
	)
	switch {
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &unreachable), errors.As(err, &unanswered):
		return exitUnknown
	case errors.As(err, &answered) && answered.Code == http.StatusServiceUnavailable:
		return exitUnknown
	case errors.As(err, &answered) && answered.Code == http.StatusConflict:
		return exitBad
	case errors.As(err, &answered), errors.As(err, &configured), errors.As(err, &token), errors.As(err, &unnamed), !errors.As(err, &ran):
		return exitUsage
	default:
		return exitBad
	}
}

// complain tells of an error of cmd and what to do about it.
func (c *command) complain(ctx context.Context, cmd *cobra.Command, err error) {
	fmt.Fprintln(c.Err, "plimsoll: "+cleanLines(err.Error()))
	for _, hint := range []string{c.here(ctx, err), hintOf(err), hintOfFlag(cmd, err)} {
		if hint != "" {
			fmt.Fprintln(c.Err, "hint: "+cleanLines(hint))
		}
	}
}

func hintOf(err error) string {
	if unreachable, ok := errors.AsType[*api.UnreachableError](err); ok {
		return hintUnreachable(unreachable)
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "plimsoll",
		Short: "see how many more failures this host survives, and why",
		Long: `plimsoll asks plimsolld, the agent on this host, how many more failures the host survives, what that rests on, and what
would become of it if something failed.

` + exitHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noWords,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			switch c.color {
			case "auto", "always", "never":
				return nil
			}
			return fmt.Errorf("--color %s: want auto, always or never", c.color)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&c.socket, "socket", config.Default().Socket, "the agent's unix `socket`")
	flags.BoolVar(&c.json, "json", false, "print JSON, for programs")
	flags.StringVar(&c.color, "color", "auto", "colour: `when` is auto, always or never")
	root.AddCommand(
		c.statusCommand(), c.whyCommand(), c.whatIfCommand(), c.safeCommand(), c.eventsCommand(), c.acceptCommand(), c.baselineCommand(),
		c.planCommand(), c.failoverCommand(), c.failbackCommand(), c.freezeCommand(), c.thawCommand(), c.maintenanceCommand(),
		c.releaseCommand(), c.drillCommand(), c.checkCommand(), c.metricsCommand(), c.configCommand(),
		c.fleetCommand(), c.doctorCommand(), c.replayCommand(), c.versionCommand(), c.docsCommand(), c.natsServerCommand(),
	)
	root.AddCommand(c.arrayCommands()...)
	return root
}

// wants is check with what is wanted in words: cobra's own errors count arguments.
func wants(check cobra.PositionalArgs, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) != nil {
			return fmt.Errorf("%s wants %s; see `%s --help`", cmd.Name(), what, cmd.CommandPath())
		}
		return nil
	}
}

// run marks the errors of f as those of a command that could be run.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return ranError{err}
		}
		return nil
	}
}

func (c *command) client() *api.Client { return api.NewClient(c.socket) }

// groupNames completes groups that are not among args yet.
func (c *command) groupNames(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var s api.Status
	var words []cobra.Completion
	if c.client().Ask(cmd.Context(), api.PathStatus, nil, &s) == nil {
		for _, g := range s.Groups {
			if !slices.Contains(args, g.Name) {
				words = append(words, cobra.CompletionWithDesc(clean(g.Name), string(g.Kind)))
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// names completes groups, their members and lone components, as far as the agent can be asked.
func (c *command) names(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var s api.Status
	if c.client().Ask(cmd.Context(), api.PathStatus, nil, &s) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []cobra.Completion
	for _, g := range s.Groups {
		words = append(words, cobra.CompletionWithDesc(clean(g.Name), string(g.Kind)))
		for _, m := range g.Members {
			words = append(words, cobra.CompletionWithDesc(clean(phrase.Member(m)), "in "+clean(g.Name)))
		}
	}
	for _, l := range s.Lone {
		words = append(words, cobra.CompletionWithDesc(clean(phrase.Member(l.Component)), string(l.Kind)))
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// page is the text of a page.
func (c *command) page(ctx context.Context, page string, query url.Values) ([]byte, error) {
	body, err := c.client().Raw(ctx, page, query)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	return text, errors.Join(err, body.Close())
}

// raw copies a page as it is.
func (c *command) raw(ctx context.Context, page string, query url.Values) error {
	body, err := c.client().Raw(ctx, page, query)
	if err != nil {
		return err
	}
	_, err = io.Copy(c.Out, body)
	return errors.Join(err, body.Close())
}

func decode(text []byte, doc any) error {
	if err := json.Unmarshal(text, doc); err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	return nil
}
