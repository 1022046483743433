package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plimsoll/internal/api"
	"plimsoll/internal/config"
)

// wordError is a word where a command takes none, or none of its own commands.
type wordError struct {
	cmd  *cobra.Command
	word string
}

func (e *wordError) Error() string {
	if e.cmd.HasSubCommands() {
		return fmt.Sprintf("%s: there is no such command", strings.TrimPrefix(e.cmd.CommandPath()+" "+e.word, "plimsoll "))
	}
	return fmt.Sprintf("%s takes no names: %q", e.cmd.Name(), e.word)
}

// Hint is what was probably meant.
func (e *wordError) Hint() string {
	if !e.cmd.HasSubCommands() {
		return fmt.Sprintf("`plimsoll why %s` shows one thing by itself; `%s --help` says what can be asked", e.word, e.cmd.CommandPath())
	}
	var names []string
	for _, sub := range e.cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if meant, near := config.Nearest(e.word, names); near {
		return fmt.Sprintf("did you mean `%s %s`?", e.cmd.CommandPath(), meant)
	}
	return fmt.Sprintf("`%s --help` lists its commands", e.cmd.CommandPath())
}

// noWords is what commands take that take no words.
func noWords(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &wordError{cmd, args[0]}
	}
	return nil
}

// hintOfFlag says what to do about a flag that cmd could not read.
func hintOfFlag(cmd *cobra.Command, err error) string {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		all := func(f *pflag.Flag) { names = append(names, f.Name) }
		cmd.LocalFlags().VisitAll(all)
		cmd.InheritedFlags().VisitAll(all)
		if meant, near := config.Nearest(unknown.GetSpecifiedName(), names); near {
			return "did you mean --" + meant + "?"
		}
		return fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok && invalid.GetFlag().Value.Type() == "duration" {
		return fmt.Sprintf("a duration has a unit: --%s 90s, 30m, 2h", invalid.GetFlag().Name)
	}
	return ""
}

// here says what groups there are, to somebody who asked for what is not.
func (c *command) here(ctx context.Context, err error) string {
	const enough = 8
	answered, ok := errors.AsType[*api.AnswerError](err)
	if !ok || answered.Code != http.StatusNotFound {
		return ""
	}
	var s api.Status
	if c.client().Ask(ctx, api.PathStatus, nil, &s) != nil || len(s.Groups) == 0 {
		return ""
	}
	var names []string
	for _, g := range s.Groups[:min(enough, len(s.Groups))] {
		names = append(names, g.Name)
	}
	text := strings.Join(names, ", ")
	if more := len(s.Groups) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "the groups here are " + text
}
