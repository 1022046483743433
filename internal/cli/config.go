package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/config"
)

// configPath is where the package puts the configuration, and where plimsolld looks for it.
const configPath = "/etc/plimsoll/plimsoll.yaml"

var errNoJSON = errors.New("--json: configuration is YAML, for people and programs alike")

func (c *command) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "print, check and show the agent's configuration",
		Args:  noWords,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if c.json {
				return errNoJSON
			}
			return nil
		},
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "default",
			Short: "print the default configuration, every key with its meaning",
			Args:  noWords,
			RunE: run(func(*cobra.Command, []string) error {
				_, err := c.Out.Write(config.DefaultYAML())
				return err
			}),
		},
		&cobra.Command{
			Use:   "check [FILE]",
			Short: "check a file without starting anything",
			Long:  "check reads FILE, or " + configPath + ", and tells of every problem with its line.\n\nExit status: 0 it is good; 2 it is not.",
			Args:  cobra.MaximumNArgs(1),
			RunE: run(func(_ *cobra.Command, args []string) error {
				path := fileOr(args)
				if _, err := config.Load(path); err != nil {
					return err
				}
				fmt.Fprintln(c.Out, clean(path)+" is good.")
				return nil
			}),
		},
		c.schemaCommand(),
		&cobra.Command{
			Use:   "show [FILE]",
			Short: "print what a file comes to, defaults filled in",
			Long:  "show prints every setting as FILE, or " + configPath + ", leaves it, and then, as comments, the rules built in. Passwords and tokens within URLs are hidden.\n\nExit status: 0 shown; 2 the file is not good.",
			Args:  cobra.MaximumNArgs(1),
			RunE: run(func(_ *cobra.Command, args []string) error {
				cfg, err := config.Load(fileOr(args))
				if err != nil {
					return err
				}
				return c.showConfig(cfg)
			}),
		},
	)
	return cmd
}

func (c *command) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of the configuration, for editors",
		Long: `schema prints a JSON Schema (draft 2020-12) of the configuration file. Editors with a YAML language server complete and check
by it after a first line in the file:

  # yaml-language-server: $schema=/usr/share/plimsoll/schemas/config.schema.json

Only check knows all that is wrong with a file: what goes wrong between keys is not in the schema.`,
		Args: noWords,
		RunE: run(func(*cobra.Command, []string) error {
			text, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.Out, "%s\n", text)
			return err
		}),
	}
}

// showConfig prints cfg as a file that reads back as itself, which is why the rules built in are comments in it.
func (c *command) showConfig(cfg config.Config) error {
	text, err := cfg.YAML()
	if err != nil {
		return err
	}
	rules, err := config.BuiltinYAML()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%s\n# Rules built in, which come after those of policy:\n#\n", text)
	for line := range strings.Lines(string(rules)) {
		fmt.Fprint(c.Out, "# "+line)
	}
	return nil
}

func fileOr(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return configPath
}
