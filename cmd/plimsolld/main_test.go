package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is what a run writes, read while it writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newOutput() *output { return &output{more: make(chan struct{}, 1)} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// config is a file with this text, for an agent that finds nothing and disturbs nobody.
func configFile(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "plimsoll.yaml")
	text = fmt.Sprintf("version: 1\nstate: %s\nsocket: %s\npath: {sysfs: %s}\n%s\n",
		filepath.Join(dir, "state"), filepath.Join(dir, "sock"), filepath.Join(dir, "sys"), text)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitStatusAndMessageSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config string
		args   []string
		code   int
		says   []string
	}{
		"an unknown key": {
			config: "listne: ''", code: exitUsage,
			says: []string{"plimsoll.yaml:5:1: listne: ", "did you mean listen?", "hint: "},
		},
		"a wrong type": {
			config: "flap: {count: many}", code: exitUsage,
			says: []string{"plimsoll.yaml:5:15: flap.count: "},
		},
		"a duration without unit": {
			config: "looks: {raid: {every: 10}}", code: exitUsage,
			says: []string{"plimsoll.yaml:5:23: looks.raid.every: "},
		},
		"no such file": {
			args: []string{"--config", "/nonexistent/plimsoll.yaml"}, code: exitUsage,
			says: []string{"/nonexistent/plimsoll.yaml: no such file", "hint: "},
		},
		"an unknown flag": {args: []string{"--lisen", ":1"}, code: exitUsage, says: []string{"--lisen"}},
		"an argument":     {args: []string{"now"}, code: exitUsage, says: []string{"now"}},
		"a flag's value": {
			config: "listen: ''", args: []string{"--listen", "nowhere"}, code: exitUsage, says: []string{"listen: "},
		},
		"an address in use": {
			config: "listen: " + taken.Addr().String(), code: exitFailed,
			says: []string{taken.Addr().String(), "address already in use", "hint: "},
		},
		"a socket that is a file": {
			config: "listen: ''", args: []string{"--socket", file}, code: exitFailed, says: []string{file, "hint: "},
		},
		"a server that can't start": {
			config: "listen: ''\nnats: {embedded: true}", args: []string{"--state", filepath.Join(file, "below")}, code: exitFailed,
			says: []string{"embedded NATS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--config", configFile(t, c.config)}, c.args...)
			out, errs := newOutput(), newOutput()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if code := run(ctx, args, out, errs); code != c.code {
				t.Errorf("exit status %d, want %d", code, c.code)
			}
			for _, want := range c.says {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("says\n%s\nwant %q in it", errs, want)
				}
			}
			if out.String() != "" {
				t.Errorf("standard output has %q", out)
			}
		})
	}
}

func TestVersionIsWrittenToStandardOutput(t *testing.T) {
	t.Parallel()
	out, errs := newOutput(), newOutput()
	if code := run(t.Context(), []string{"--version"}, out, errs); code != exitOK || !strings.Contains(out.String(), version) {
		t.Errorf("exit status %d, standard output %q, want %d and %q", code, out, exitOK, version)
	}
}

func TestAStopThatWasAskedForIsNoFailure(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, errs := newOutput(), newOutput()
	path := configFile(t, "listen: ''")
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"--config", path}, out, errs) }()
	late := time.After(20 * time.Second)
	for !strings.Contains(errs.String(), "agent.started") {
		select {
		case <-errs.more:
		case <-late:
			t.Fatalf("has not started: %s", errs)
		}
	}
	stop()
	if code := <-done; code != exitOK {
		t.Errorf("exit status %d, want %d: %s", code, exitOK, errs)
	}
	if !strings.Contains(errs.String(), "agent.stopped") {
		t.Errorf("did not say goodbye: %s", errs)
	}
}
