package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what is running.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildOf(version string) build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (c *command) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print which plimsoll this is",
		Args:  noWords,
		RunE: run(func(*cobra.Command, []string) error {
			b := buildOf(c.Version)
			if c.json {
				text, err := json.MarshalIndent(b, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintf(c.Out, "%s\n", text)
				return nil
			}
			revision := ""
			if b.Revision != "" {
				revision = ", revision " + b.Revision
			}
			if b.Modified {
				revision += " and changes"
			}
			fmt.Fprintf(c.Out, "plimsoll %s (%s %s%s)\n", b.Version, b.Go, b.Platform, revision)
			return nil
		}),
	}
}
