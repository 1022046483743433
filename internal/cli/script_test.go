package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plimsoll/actions"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"plimsoll": func() {
			os.Exit(Run(context.Background(), os.Args[1:], Options{
				Out: os.Stdout, Err: os.Stderr, Version: xtest.Version, Now: xtest.At,
				Terminal: func() (int, int, bool) { return 0, 0, false },
			}))
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return xtest.At() }
	_, faulty := apitest.Serve(t, xtest.Faulty(), now)
	_, healthy := apitest.Serve(t, xtest.Healthy(1, 1), now)
	_, starting := apitest.Serve(t, nil, now)
	obeying, obeys := apitest.Serve(t, xtest.Faulty(), now)
	obeying.Becomes = func(o actions.Order) (actions.Outcome, error) {
		return actions.Outcome{At: xtest.At(), Action: done(o)}, nil
	}
	refusing, refuses := apitest.Serve(t, xtest.Faulty(), now)
	refusing.Becomes = func(actions.Order) (actions.Outcome, error) {
		return actions.Outcome{}, &actions.RefusedError{Text: "mode: in mode observe it is only said", Why: []actions.Reason{{Key: "mode"}}}
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("FAULTY", faulty)
			env.Setenv("HEALTHY", healthy)
			env.Setenv("STARTING", starting)
			env.Setenv("OBEYING", obeys)
			env.Setenv("REFUSING", refuses)
			paths := fmt.Sprintf("version: 1\npath: {sysfs: %s, procfs: %s}\n", filepath.Join(env.WorkDir, "sys"), filepath.Join(env.WorkDir, "proc"))
			return os.WriteFile(filepath.Join(env.WorkDir, "good.yaml"), []byte(paths), 0o600)
		},
	})
}

// done is the record of what an order asks for, if that is an act: one with a target comes to nothing.
func done(o actions.Order) *actions.Record {
	if o.Act == nil {
		return nil
	}
	r := &actions.Record{Phase: actions.Done, At: xtest.At(), Action: actions.Action{ID: "h1/l1/1", Verb: o.Act.Verb, Group: o.Act.Group, Name: "bond0", By: o.By}}
	if o.Act.To != "" {
		r.Phase, r.Why, r.Action.To = actions.Failed, "a look finds it not done", o.Act.To
		return r
	}
	r.Evidence = []redundancy.Evidence{{Where: "active_slave", Value: "eth1"}}
	return r
}

// exits is a command of the scripts: `exits 3 plimsoll status` runs what follows and wants this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended interface{ ExitCode() int }
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("%v exits %d, want %s", args[1:], got, args[0])
	}
}
