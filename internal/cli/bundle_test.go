package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// leaky is an agent that tells every page with all of these texts in it, as plain text and within JSON.
func leaky(t *testing.T, texts []string) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "plimsoll") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "sock")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	page, err := json.Marshal(map[string]any{"version": strings.Join(texts, "\n"), "fleet": map[string]any{"configured": true, "problem": strings.Join(texts, " ")}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) })}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
		_ = os.RemoveAll(dir)
	})
	return socket
}

// unpacked are the files of a bundle by their names.
func unpacked(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	packed, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for archive := tar.NewReader(packed); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(head.Name, "plimsoll-bundle/")] = string(text)
	}
}

func TestNoPlantedSecretIsInABundle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secrets := []string{
		"s3cret-word", "s3cret&token", "hooks/s3cret", "key=s3cret", "s3cret-argument", "s3cret-question", "s3cret-credentials", "Bearer s3cret",
	}
	creds := write("nats.creds", "-----BEGIN NATS USER JWT-----\ns3cret-credentials\n")
	token := write("pager.token", "Bearer s3cret\n")
	write("mdstat", "Personalities : [raid1]\n")
	path := write("plimsoll.yaml", `version: 1
path: {procfs: `+dir+`}
nats: {urls: ["nats://user:s3cret-word@n1:4222", "nats://s3cret&token@n2:4222"], credentials: `+creds+`}
hooks:
  page: {url: "https://pager.example/hooks/s3cret?key=s3cret", authorization_file: `+token+`}
  call: {argv: [/usr/local/bin/call, s3cret-argument]}
services:
- {name: web, members: [{name: one, check: {exec: [/usr/bin/ask, s3cret-question]}}]}
`)
	file := filepath.Join(dir, "bundle.tar.gz")
	var out, errs bytes.Buffer
	o := Options{Out: &out, Err: &errs, Version: "1", Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false }}
	Run(t.Context(), []string{"--socket", leaky(t, secrets), "doctor", "--config", path, "--bundle", file}, o)
	parts := unpacked(t, file)
	for _, want := range []string{
		"assessment.json", "baseline.json", "doctor.json", "events.jsonl", "mdstat.txt", "metrics.txt", "missing.txt", "plan.json", "plimsoll.yaml",
		"snapshot.json", "status.json", "trace.jsonl", "version.json",
	} {
		if _, ok := parts[want]; !ok {
			t.Errorf("there is no %s: %s", want, parts["missing.txt"])
		}
	}
	for name, text := range parts {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s holds a secret:\n%s", name, text)
		}
	}
	if !strings.Contains(parts["status.json"], removed) || !strings.Contains(parts["plimsoll.yaml"], "/usr/local/bin/call") {
		t.Errorf("what is no secret is gone as well: %q", parts)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != bundleMode {
		t.Errorf("%v, %v: others can read the bundle", info.Mode(), err)
	}
}

func TestABundleTakesNobodysPlaceAndTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "bundle.tar.gz")
	var out, errs bytes.Buffer
	o := Options{Out: &out, Err: &errs, Version: "1", Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false }}
	args := []string{"--socket", filepath.Join(dir, "none"), "doctor", "--config", filepath.Join(dir, "none.yaml"), "--bundle", file}
	Run(t.Context(), args, o)
	if missing := unpacked(t, file)["missing.txt"]; !strings.Contains(missing, "status.json: ask the agent") {
		t.Errorf("what is missing: %q", missing)
	}
	if code := Run(t.Context(), args, o); code == exitOK || !strings.Contains(errs.String(), "file exists") {
		t.Errorf("exit %d, %q: a file was overwritten", code, errs.String())
	}
}
