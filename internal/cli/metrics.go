package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
)

func (c *command) metricsCommand() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "metrics",
		Short: "print the agent's metrics, or write them for node_exporter",
		Long: `metrics prints what Prometheus would scrape of the agent. With --textfile it replaces a file with it, which is always a whole one: for
node_exporter's textfile collector, on hosts where no port may be opened. From a timer: the file is as old as its last run, which
node_exporter tells (node_textfile_mtime_seconds). Without an agent to ask, the file stays as it was. Series under node_exporter's names
(metrics.node_exporter) are left out of the file: it has them itself, and refuses to answer where one comes twice.

Exit status: 0 printed or written; 1 it could not be written; 3 the agent could not be asked.`,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			text, err := c.part(cmd.Context(), api.PathMetrics)
			switch {
			case err != nil:
				return err
			case len(text) == 0:
				return errors.New("the agent has only begun: it has no metrics yet")
			case file == "":
				_, err = c.Out.Write(text)
				return err
			}
			return replaceFile(file, withoutNodes(text))
		}),
	}
	cmd.Flags().StringVar(&file, "textfile", file, "replace this `file`, whose name ends in .prom for node_exporter to read it")
	return cmd
}

// withoutNodes is a page of metrics without the series that node_exporter has itself.
func withoutNodes(page []byte) []byte {
	var out []byte
	for line := range bytes.Lines(page) {
		name := line
		for _, head := range []string{"# HELP ", "# TYPE "} {
			name = bytes.TrimPrefix(name, []byte(head))
		}
		if !bytes.HasPrefix(name, []byte("node_")) {
			out = append(out, line...)
		}
	}
	return out
}

// everybody may read what metrics tell; node_exporter is a user of its own.
const everybody = 0o644

// replaceFile replaces the file: whoever reads it meanwhile, or after a power failure, reads the old text or the new one. What is
// not whole yet has a name that node_exporter does not read.
func replaceFile(path string, text []byte) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(everybody), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
