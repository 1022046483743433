package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
)

// fleetRun runs a command as alice, and gives what it says and its exit code.
func fleetRun(t *testing.T, f *fleettest.Fleet, args ...string) (said string, code int) {
	t.Helper()
	return runAs(t, f, f.Credentials(bootstrap.Person, "alice"), args...)
}

func runAs(t *testing.T, f *fleettest.Fleet, credentials string, args ...string) (said string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append(args, "--nats", f.URL(0), "--fleet", fleettest.Name, "--config", filepath.Join(f.Dir(), "none"),
		"--credentials", credentials)
	code = Run(t.Context(), append([]string{"fleet"}, args...), Options{
		Out: &out, Err: &errs, Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false },
	})
	return out.String() + errs.String(), code
}

// inhabit starts an arbiter and a host, and comes back once the host is registered.
func inhabit(t *testing.T, f *fleettest.Fleet) {
	t.Helper()
	cfg := arbiter.Config{Fleet: fleettest.Name, Name: "arb1", NATS: fleet.DefaultConfig()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, "arb1")
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := member.NewHello(fleettest.Name, "db1_example_org", wire.Registration{ID: "id1", Pools: []string{"db"}}, slog.New(slog.DiscardHandler))
	h.Is(wire.Alive{Status: "Degraded", Margin: &wire.Margin{Least: 1, Most: 1, Full: 2}})
	h.Stands(func() []wire.Footing {
		return []wire.Footing{{Domain: "switch:s1", Dies: wire.AnswerYes, Down: []string{"bond0"}}}
	})
	nc := f.Connect(bootstrap.Host, "db1_example_org")
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := a.Run(ctx); err != nil {
			t.Errorf("run arbiter: %v", err)
		}
	})
	wait.Go(func() { h.Attend(ctx, nc) })
	t.Cleanup(func() { cancel(); wait.Wait() })
	deadline := time.After(time.Minute)
	for {
		select {
		case s := <-h.Standings():
			if s.Registered {
				return
			}
		case <-deadline:
			t.Fatal("not registered in time")
		}
	}
}

func TestAPersonSeesTheFleetMakesAPoolAndRetiresAHost(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	if said, code := fleetRun(t, f, "status"); code != exitUnknown || !strings.Contains(said, "hint: ") {
		t.Errorf("status without an arbiter: %d, %s", code, said)
	}
	inhabit(t, f)
	for _, step := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"pools"}, exitOK, []string{"has no pool"}},
		{[]string{"pools", "set", "db", "--budget", "2"}, exitOK, []string{"pool db is made"}},
		{[]string{"pools"}, exitOK, []string{"db", "0 of 2", "open"}},
		{[]string{"pools", "set", "a.b"}, exitBad, []string{"plimsoll: "}},
		{[]string{"status"}, exitOK, []string{"fleet test  1 host", "db1.example.org"}},
		{[]string{"retire", "db2"}, exitBad, []string{"refused: db2 is not registered"}},
		{[]string{"retire", "a_b"}, exitUsage, []string{"hint: "}},
		{[]string{"retire", "db1.example.org"}, exitOK, []string{"db1.example.org is retired"}},
		{[]string{"status"}, exitOK, []string{"retired by alice"}},
		{[]string{"retire", "--undo", "db1.example.org"}, exitOK, []string{"is registered"}},
	} {
		said, code := "", 0
		fits := func() bool {
			said, code = fleetRun(t, f, step.args...)
			return code == step.code && !slices.ContainsFunc(step.want, func(want string) bool { return !strings.Contains(said, want) })
		}
		within := time.Now().Add(time.Minute)
		for !fits() {
			if step.args[0] != "status" || time.Now().After(within) { // what an arbiter shows of hosts, it hears a moment later
				t.Errorf("fleet %v: exit %d, want %d and %q:\n%s", step.args, code, step.code, step.want, said)
				break
			}
		}
	}
	said, code := fleetRun(t, f, "status", "--json")
	var doc struct {
		Schema string
		Hosts  []wire.HostRow
		Cases  []wire.CaseRow
	}
	if err := json.Unmarshal([]byte(said), &doc); err != nil || code != exitOK || doc.Schema != "plimsoll.fleet.status/1" || len(doc.Hosts) != 1 || doc.Cases == nil {
		t.Errorf("status --json: %d, %v, %s", code, err, said)
	}
}

func TestAHostsCredentialsGiveNoOrders(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	inhabit(t, f)
	said, code := runAs(t, f, f.Credentials(bootstrap.Host, "db1_example_org"), "retire", "db1.example.org")
	if code == exitOK {
		t.Errorf("a host has retired: %s", said)
	}
}

func TestBootstrapSaysWhatItMadeAndWhatIsLeftToDo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "prod")
	var out bytes.Buffer
	run := func(args ...string) int {
		out.Reset()
		return Run(t.Context(), append([]string{"fleet", "bootstrap", dir}, args...), Options{
			Out: &out, Err: &out, Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false },
		})
	}
	if code := run("--fleet", "prod", "--server", "n1=n1.example.net", "--host", "db1"); code != exitOK ||
		!strings.Contains(out.String(), "servers/n1.conf") || !strings.Contains(out.String(), "--create") {
		t.Errorf("exit %d: %s", code, out.String())
	}
	if code := run("--host", "db1", "--json"); code != exitOK || !strings.Contains(out.String(), `"fleet": "prod"`) {
		t.Errorf("exit %d: %s", code, out.String())
	}
	if code := run("--host", "d_b"); code != exitUsage {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

func TestAFleetsStatusNamesWhatHostsShareAndOfWhatNobodyCanTell(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := command{Options: Options{Out: &out, Terminal: func() (int, int, bool) { return 0, 0, false }}}
	screen := c.screen()
	screen.show(caseLines([]wire.CaseRow{
		{Domain: "feed:a", Fault: "power.failed", State: "found", Hurt: 10, Registered: 12},
		{Domain: "feed:b", Fault: "power.failed", State: wire.CaseUndetermined, Hurt: 4, Silent: 8, Registered: 12},
	})...)
	want := "\nfound  feed:a  power.failed: 10 of 12 hosts, 0 silent\nundetermined  feed:b  power.failed: 4 of 12 hosts, 8 silent\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines := caseLines(nil); len(lines) > 0 {
		t.Errorf("of nothing: %v", lines)
	}
}
