package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
)

// TestALostHostIsMadeAgainFromWhatItsFleetKeeps has a fleet keep what a host is known good as, and then something else. That host is
// then gone: the scripts have an arbiter and a person's credentials.
func TestALostHostIsMadeAgainFromWhatItsFleetKeeps(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	inhabit(t, f)
	before := xtest.Drifted()
	for id, k := range before.Baseline.Groups {
		if k.Name == "md1" {
			delete(before.Baseline.Groups, id)
		}
	}
	keeps(t, f, before)
	keeps(t, f, xtest.Drifted())
	absolute := func(path string) string {
		t.Helper()
		out, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	alice, rebuild, commands := f.Credentials(bootstrap.Person, "alice"), absolute("../../docs/runbook/rebuild"), absolute("testdata/baseline-commands.txt")
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/fleet",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ALICE", alice)
			env.Setenv("REBUILD", rebuild)
			env.Setenv("COMMANDS", commands)
			text := fmt.Sprintf("version: 1\nnats: {urls: [%q], fleet: %s}\n", f.URL(0), fleettest.Name)
			return os.WriteFile(filepath.Join(env.WorkDir, "fleet.yaml"), []byte(text), 0o600)
		},
	})
}

// keeps comes back once the fleet keeps what v shows that the host is known good as.
func keeps(t *testing.T, f *fleettest.Fleet, v *view.View) {
	t.Helper()
	document, err := json.Marshal(api.NewBaseline(v))
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.Pack(document, document)
	if err != nil {
		t.Fatal(err)
	}
	a := member.NewArchive(fleettest.Name, "db1_example_org", func() (wire.Baseline, bool, error) { return b, true, nil }, slog.New(slog.DiscardHandler))
	nc, alice := f.Connect(bootstrap.Host, "db1_example_org"), f.Connect(bootstrap.Person, "alice")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var wait sync.WaitGroup
	wait.Go(func() { a.Attend(ctx, nc) })
	defer wait.Wait()
	defer cancel()
	for {
		k, err := fleet.Ask[wire.KnownGood](ctx, alice, wire.OrderSubject(fleettest.Name, "alice", wire.OrderKnown), wire.BaselineQuery{Host: "db1_example_org"})
		if err != nil {
			t.Fatalf("not kept in time: %v", err)
		}
		if k.Baseline != nil && k.Baseline.Digest == b.Digest {
			return
		}
	}
}
