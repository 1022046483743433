package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/procrun"
)

const (
	// partBytes bounds one part of a bundle: a trace is a few megabytes, and nobody reads more of a journal.
	partBytes = 32 << 20
	// journalTime is for journalctl to go through a journal that may be large and on a slow disk.
	journalTime = 30 * time.Second
	// tellingBytes is the shortest text that is searched for as a secret: shorter ones stand in half of all words.
	tellingBytes = 6
	// bundleMode: what a host says of itself is for its administrator to hand on.
	bundleMode = 0o600
	// removed stands in a bundle where a secret was.
	removed = "[secret removed]"
)

// bundle is what a report of a fault should have with it, by the name of each part.
type bundle struct {
	parts   map[string][]byte
	missing []string // what could not be had, and why
}

func (b *bundle) add(name string, text []byte, err error) {
	if err != nil {
		b.missing = append(b.missing, fmt.Sprintf("%s: %v\n", name, err))
		return
	}
	b.parts[name] = text
}

// gather collects what doctor found, what the agent says of itself, its part of the journal, what the kernel says of arrays, and
// the configuration. No secret that the configuration holds or names is in it, whatever part of it that may have come by.
func (c *command) gather(ctx context.Context, path string, exams []exam) *bundle {
	b := &bundle{parts: map[string][]byte{}}
	text, err := json.MarshalIndent(exams, "", "  ")
	b.add("doctor.json", text, err)
	text, err = json.MarshalIndent(buildOf(c.Version), "", "  ")
	b.add("version.json", text, err)
	for name, page := range map[string]string{
		"status.json": api.PathStatus, "plan.json": api.PathPlan, "baseline.json": api.PathBaseline, "events.jsonl": api.PathEvents,
		"metrics.txt": api.PathMetrics, "assessment.json": api.PathAssessment, "snapshot.json": api.PathSnapshot, "trace.jsonl": api.PathTrace,
	} {
		text, err = c.part(ctx, page)
		b.add(name, text, err)
	}
	text, err = procrun.Ask(ctx, procrun.Bounds{Time: journalTime, Bytes: partBytes}, "journalctl", "--no-pager", "--output=short-precise",
		"--lines=5000", "--unit=plimsolld", "--unit=plimsoll-priv", "--unit=plimsoll-sense", "--unit=plimsoll-raid", "--unit=plimsoll-smart")
	b.add("journal.txt", text, err)
	cfg, err := config.Load(path)
	if err == nil {
		text, err = cfg.Shareable().YAML()
	}
	b.add("plimsoll.yaml", text, err)
	text, err = os.ReadFile(filepath.Join(cfg.Path.Procfs, "mdstat"))
	b.add("mdstat.txt", text, err)
	slices.Sort(b.missing)
	b.parts["missing.txt"] = []byte(strings.Join(b.missing, ""))
	b.sweep(secretsOf(cfg))
	return b
}

// part is the whole of one of the agent's pages.
func (c *command) part(ctx context.Context, page string) ([]byte, error) {
	body, err := c.client().Raw(ctx, page, nil)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, partBytes))
	return text, errors.Join(err, body.Close())
}

// secretsOf are the texts that must not be in a bundle: those of the configuration, and the lines of the files that it names.
func secretsOf(cfg config.Config) []string {
	all := cfg.Secrets()
	for _, path := range cfg.SecretFiles() {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // who may not read it has not put it into the bundle
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") { // what stands around keys is no secret
				all = append(all, line)
			}
		}
	}
	for _, s := range slices.Clone(all) {
		if quoted, err := json.Marshal(s); err == nil {
			all = append(all, strings.Trim(string(quoted), `"`))
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < tellingBytes })
	// The longest first: of one that is within another no rest is left.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// sweep takes these texts out of every part.
func (b *bundle) sweep(secrets []string) {
	for name, text := range b.parts {
		for _, s := range secrets {
			text = bytes.ReplaceAll(text, []byte(s), []byte(removed))
		}
		b.parts[name] = text
	}
}

// write writes it as a new file, a tar archive with gzip. A file that is there already is left alone.
func (b *bundle) write(file string, at time.Time) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, bundleMode)
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(f)
	archive := tar.NewWriter(packed)
	for _, name := range slices.Sorted(maps.Keys(b.parts)) {
		text := b.parts[name]
		head := &tar.Header{Name: "plimsoll-bundle/" + name, Mode: bundleMode, Size: int64(len(text)), ModTime: at}
		if err = archive.WriteHeader(head); err == nil {
			_, err = archive.Write(text)
		}
		if err != nil {
			break
		}
	}
	if err = errors.Join(err, archive.Close(), packed.Close(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(file))
	}
	return nil
}
