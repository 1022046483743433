package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/api"
)

// TestSIGHUPHasAGoodFileCountAndABadOneIgnored sends this process real signals; every agent that other tests have running in it
// reads its own file again too.
func TestSIGHUPHasAGoodFileCountAndABadOneIgnored(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, errs := newOutput(), newOutput()
	path := configFile(t, "listen: ''")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"--config", path}, out, errs) }()
	late := time.After(30 * time.Second)
	until := func(what string, so func() bool) {
		t.Helper()
		for !so() {
			select {
			case <-errs.more:
			case <-time.After(20 * time.Millisecond):
			case <-late:
				t.Fatalf("%s: not in time: %s", what, errs)
			}
		}
	}
	until("started", func() bool { return strings.Contains(errs.String(), "agent.started") })
	hup := func(more string) {
		t.Helper()
		if err := os.WriteFile(path, append(good, more...), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	lines := func() int { return strings.Count(errs.String(), "the configuration stays as it was") }
	hup("policy: [{name: broken, do: nothing.known}]\n")
	until("a broken file", func() bool { return lines() == 1 })
	hup("boot_grace: 1s\npolicy: [{name: half, do: none}]\n")
	until("a key that needs a restart", func() bool { return lines() == 2 })
	hup("policy: [{name: whole, do: none}]\n")
	client := api.NewClient(filepath.Join(filepath.Dir(path), "sock"))
	var trace string
	until("a good file", func() bool {
		trace = raw(ctx, t, client, api.PathTrace)
		return strings.Contains(trace, `"settings":`)
	})
	if strings.Count(trace, `"settings":`) != 1 || !strings.Contains(trace, `"name":"whole"`) || strings.Contains(trace, "half") {
		t.Errorf("the trace:\n%s", trace)
	}
	stop()
	if code := <-done; code != exitOK {
		t.Errorf("exit status %d, want %d: %s", code, exitOK, errs)
	}
}
