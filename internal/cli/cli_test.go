package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// said is what one command line led to.
type said struct {
	out, err string
	code     int
}

// world is where a command line runs.
type world struct {
	socket  string
	columns int // 0: no terminal
	noColor bool
}

func (w world) run(tb testing.TB, args ...string) said {
	tb.Helper()
	return w.runs(tb.Context(), args...)
}

// runs is run until ctx ends.
func (w world) runs(ctx context.Context, args ...string) said {
	var out, errs bytes.Buffer
	code := Run(ctx, append([]string{"--socket", w.socket}, args...), Options{
		Out: &out, Err: &errs, Version: xtest.Version, Now: xtest.At, NoColor: w.noColor,
		Terminal: func() (int, int, bool) { return w.columns, 50, w.columns > 0 },
	})
	return said{out.String(), errs.String(), code}
}

func serve(tb testing.TB, v *view.View) world {
	tb.Helper()
	_, socket := apitest.Serve(tb, v, func() time.Time { return xtest.At() })
	return world{socket: socket}
}

func golden(tb testing.TB, name, got string) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// observing is a host in mode observe on which a failover is called for, and one that something else holds as well.
func observing() *view.View {
	v := xtest.Willing()
	v.Mode = "observe"
	mode := actions.Reason{Key: "mode", Text: "in mode observe it is only said"}
	held := v.Will.Plan.Held
	v.Will = view.Will{Plan: actions.Plan{Held: []actions.Holding{
		{Action: held[1].Action, Why: []actions.Reason{mode}},
		{Action: held[0].Action, Why: []actions.Reason{mode, {Key: "limit", Text: "3 of 3 within 1h", Until: xtest.At().Add(time.Hour)}}},
	}}}
	return v
}

func TestTextsForPeopleAreTheGoldenOnes(t *testing.T) {
	t.Parallel()
	faulty, quiet, grounded := xtest.Faulty(), xtest.Quiet(), xtest.Grounded()
	blind := xtest.Faulty()
	blind.Assessment.Sources[1].Blind, blind.Assessment.Sources[1].Why = true, "no look has come back in time"
	blind.NATS.Connected, blind.NATS.Problem, blind.Outbox.Pending, blind.Outbox.Dropped = false, "connection refused", 12, 3
	blind.Outbox.Durable, blind.Log.Problem, blind.Log.Lost = false, "write journal: input/output error", 7
	unseen := xtest.Grounded()
	unseen.Assessment.Sources[1].Blind = true
	early := xtest.Quiet()
	early.Assessment.Sources = []redundancy.SourceState{{Name: "bond"}, {Name: "raid", Why: "permission denied"}}
	early.NATS, early.Outbox, early.Log = view.NATS{}, view.Outbox{}, view.Log{}
	for _, c := range []struct {
		name    string
		view    *view.View
		columns int
		args    string
		code    int
	}{
		{"status-80.txt", faulty, 0, "status", 0},
		{"status-60.txt", faulty, 60, "status --color never", 0},
		{"status-160.txt", faulty, 160, "status --color never", 0},
		{"status-color.txt", faulty, 80, "status", 0},
		{"status-quiet.txt", quiet, 0, "status", 0},
		{"status-blind.txt", blind, 0, "status", 0},
		{"status-early.txt", early, 0, "status", 0},
		{"status-willing.txt", xtest.Willing(), 0, "status", 0},
		{"why-willing.txt", xtest.Willing(), 0, "why md0", 0},
		{"why-moved.txt", xtest.Willing(), 0, "why bond0", 0},
		{"plan-willing.txt", xtest.Willing(), 0, "plan", 0},
		{"plan-observe.txt", observing(), 0, "plan", 0},
		{"plan-quiet.txt", quiet, 0, "plan", 0},
		{"maintenance.txt", xtest.Willing(), 0, "maintenance", 0},
		{"maintenance-none.txt", quiet, 0, "maintenance", 0},
		{"check-early.txt", early, 0, "check", 3},
		{"why-md0.txt", faulty, 0, "why md0", 0},
		{"why-eth1.txt", faulty, 0, "why eth1", 0},
		{"why-md2.txt", faulty, 0, "why raid/md2", 0},
		{"why-sdz.txt", faulty, 0, "why sdz", 0},
		{"why-dying.txt", xtest.Dying(), 0, "why SERIAL-sda", 0},
		{"why-undermined.txt", xtest.Dying(), 0, "why md0", 0},
		{"status-dying.txt", xtest.Dying(), 0, "status", 0},
		{"check-dying.txt", xtest.Dying(), 0, "check", 1},
		{"whatif-sda.txt", faulty, 0, "whatif sda", 1},
		{"whatif-sde.txt", faulty, 0, "whatif sde", 3},
		{"accept-all.txt", faulty, 0, "accept", 0},
		{"accept-dry.txt", faulty, 0, "accept md0 --dry-run", 0},
		{"baseline-show.txt", xtest.Drifted(), 0, "baseline show", 0},
		{"baseline-diff.txt", xtest.Drifted(), 0, "baseline diff", 1},
		{"baseline-commands.txt", xtest.Drifted(), 0, "baseline show --commands", 0},
		{"baseline-same.txt", quiet, 0, "baseline diff", 0},
		{"baseline-history.txt", xtest.Drifted(), 0, "baseline history", 0},
		{"baseline-md1.json", xtest.Drifted(), 0, "baseline show md1 --json", 0},
		{"accept-nothing.txt", quiet, 0, "accept", 0},
		{"whatif-two.txt", xtest.Healthy(1, 2), 0, "whatif eth0 disk:sdb", 0},
		{"whatif-controller.txt", grounded, 0, "whatif controller:0000:03:00.0", 1},
		{"whatif-blind.txt", unseen, 0, "whatif sdb", 3},
		{"safe-blind.txt", unseen, 0, "safe-to-pull sdb", 3},
		{"safe-sdb.txt", grounded, 0, "safe-to-pull sdb", 0},
		{"safe-sda.txt", grounded, 0, "safe-to-pull slot:3", 1},
		{"safe-sdx.txt", grounded, 0, "safe-to-pull sdx", 3},
		{"events.txt", faulty, 0, "events", 0},
		{"check.txt", faulty, 0, "check", 2},
		{"check-md1.txt", faulty, 0, "check md1", 0},
		{"check-md2.txt", faulty, 0, "check md2", 3},
		{"check-quiet.txt", quiet, 0, "check", 3},
		{"check-json.txt", faulty, 0, "check md0 --json", 2},
		{"check-lower.txt", faulty, 0, "check -w 1: -c 0: md0 md1", 1},
		{"check-usage.txt", faulty, 0, "check --warning 3:2", 3},
		{"check-flag.txt", faulty, 0, "check --nonsense", 3},
		{"problem.txt", faulty, 0, "check --node-problem-detector critical", 1},
		{"problem-none.txt", faulty, 0, "check --node-problem-detector critical md1", 0},
		{"problem-warning.txt", xtest.Dying(), 0, "check --node-problem-detector warning", 1},
		{"problem-not-critical.txt", xtest.Dying(), 0, "check --node-problem-detector critical", 0},
		{"problem-unknown.txt", faulty, 0, "check --node-problem-detector critical md2", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, c.view)
			w.columns = c.columns
			got := w.run(t, strings.Fields(c.args)...)
			if got.code != c.code || got.err != "" {
				t.Errorf("plimsoll %s: code %d, want %d; said %q", c.args, got.code, c.code, got.err)
			}
			golden(t, c.name, got.out)
		})
	}
}
