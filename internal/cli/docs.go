package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// completionCommand is what cobra adds by itself.
const completionCommand = "completion"

// docsCommand writes the manual pages that the package installs. Their date is that of SOURCE_DATE_EPOCH, if the build
// sets it, so that two builds give the same bytes.
func (c *command) docsCommand() *cobra.Command {
	var man string
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "write the manual pages",
		Hidden: true,
		Args:   noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			const shared = 0o755 // manual pages are for everybody
			if err := os.MkdirAll(man, shared); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			for _, sub := range root.Commands() {
				if sub.Name() == completionCommand {
					root.RemoveCommand(sub) // the package installs what it prints; its page would be cobra's, not ours
				}
			}
			head := &doc.GenManHeader{Section: "1", Source: "plimsoll", Manual: "plimsoll"}
			if err := doc.GenManTree(root, head, man); err != nil {
				return fmt.Errorf("write manual pages to %s: %w", man, err)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&man, "man", "", "write them to this `directory`")
	if err := cmd.MarkFlagRequired("man"); err != nil {
		panic("internal error: " + err.Error())
	}
	return cmd
}
