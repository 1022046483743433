package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// store has hosts tell something, and arbiters something of the fleet.
func store(t *testing.T, f *fleettest.Fleet) {
	t.Helper()
	for i, host := range []string{"db1.example.org", "db2"} {
		h := view.Host{Name: host, Fleet: fleettest.Name}
		it := fleet.Item{LogID: "l", Seq: uint64(i + 1), Event: redundancy.Event{
			ID: "h/l/" + string(rune('1'+i)), Type: redundancy.ActionHeld, Time: time.Now(), Subject: "raid:u", Kind: redundancy.KindRAID, Group: "raid:u",
			Name: "md0", Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow, Text: "held on " + host,
		}}
		subject, err := fleet.Subject(h, it)
		if err != nil {
			t.Fatal(err)
		}
		body, err := fleet.Encode(h, it)
		if err != nil {
			t.Fatal(err)
		}
		token, err := wire.HostToken(host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Connect(bootstrap.Host, token).Request(subject, body, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	herald := fleet.NewHerald(fleettest.Name, f.Connect(bootstrap.Arbiter, "arb1"), time.Minute)
	subject, body, err := herald.Encode(redundancy.Event{
		ID: "fleet/x/1", Type: redundancy.FleetFrozen, Time: time.Now(), Subject: "pool:db", Kind: redundancy.KindFleet, Name: "db", Key: "hand",
		Severity: redundancy.SeverityWarning, Notify: redundancy.NotifyNow, Text: "pool db is frozen",
	})
	if err == nil {
		err = herald.Tell(t.Context(), subject, "fleet/x/1", body, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPersonReadsTheEventsOfTheFleet(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	store(t, f)
	for _, step := range []struct {
		args []string
		want []string // in this order
	}{
		{nil, []string{"db1.example.org", "held on db1.example.org", "db2", "held on db2", "fleet ", "pool db is frozen"}},
		{[]string{"--host", "db2"}, []string{"held on db2"}},
		{[]string{"--only-fleet"}, []string{"pool db is frozen"}},
		{[]string{"--kind", "raid"}, []string{"held on db1.example.org", "held on db2"}},
		{[]string{"--type", "action.held"}, []string{"held on db1.example.org", "held on db2"}},
		{[]string{"--type", "fleet"}, []string{"pool db is frozen"}},
		{[]string{"--since", "2999-01-01T00:00:00Z"}, nil},
	} {
		said, code := fleetRun(t, f, append([]string{"events"}, step.args...)...)
		if code != exitOK || strings.Count(said, "\n") != len(slices.DeleteFunc(slices.Clone(step.want), func(s string) bool {
			return !strings.Contains(s, " on ") && !strings.Contains(s, "frozen")
		})) {
			t.Errorf("events %v: exit %d\n%s", step.args, code, said)
		}
		rest := said
		for _, want := range step.want {
			at := strings.Index(rest, want)
			if at < 0 {
				t.Errorf("events %v: no %q, or in another order:\n%s", step.args, want, said)
				break
			}
			rest = rest[at:]
		}
	}
	said, code := fleetRun(t, f, "events", "--json", "--only-fleet")
	if e, err := fleet.Decode([]byte(strings.TrimSpace(said))); err != nil || code != exitOK || e.ID != "fleet/x/1" || e.Source != "/plimsoll/test/.fleet" {
		t.Errorf("events --json: exit %d, %v, %s", code, err, said)
	}
	for _, wrong := range [][]string{{"--since", "yesterday"}, {"--kind", "*"}, {"--type", "a.>"}, {"--host", "a_b"}, {"--host", "db2", "--only-fleet"}} {
		if said, code := fleetRun(t, f, append([]string{"events"}, wrong...)...); code != exitUsage {
			t.Errorf("events %v: exit %d: %s", wrong, code, said)
		}
	}
}

// lines is what a command says, read while it speaks.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) say(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), what)
}

func TestTheEventsOfTheFleetAreFollowedUntilItIsEnough(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	ctx, enough := context.WithTimeout(t.Context(), time.Minute)
	defer enough()
	said, code := &lines{}, make(chan int, 1)
	go func() {
		code <- Run(ctx, []string{
			"fleet", "events", "--follow", "--nats", f.URL(0), "--fleet", fleettest.Name, "--config", filepath.Join(f.Dir(), "none"),
			"--credentials", f.Credentials(bootstrap.Person, "alice"),
		}, Options{Out: said, Err: said, Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false }})
	}()
	store(t, f)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !said.say("pool db is frozen") && ctx.Err() == nil {
		<-tick.C
	}
	if ctx.Err() != nil {
		t.Fatalf("says %s", said.text.String())
	}
	enough()
	if got := <-code; got != exitOK {
		t.Errorf("exit %d: %s", got, said.text.String())
	}
}

func TestAFleetsWhatIfSaysWhoDiesWhoSurvivesAndOfWhomNobodyCanTell(t *testing.T) {
	t.Parallel()
	age := 5.0
	row := func(host string, seen wire.Seen, domains map[string][]string, footings ...wire.Footing) wire.HostRow {
		r := wire.HostRow{Host: host, Domains: domains, Seen: seen}
		if seen != wire.SeenUnheard {
			r.AgeS, r.Alive = &age, &wire.Alive{Footings: footings}
		}
		return r
	}
	onSwitch := map[string][]string{"switch": {"s1"}}
	rows := []wire.HostRow{
		row("dies", wire.SeenPresent, onSwitch, wire.Footing{Domain: "switch:s1", Dies: wire.AnswerYes, Margin: &wire.Margin{}, Down: []string{"bond0"}}),
		row("found", wire.SeenPresent, nil, wire.Footing{Domain: "switch:0a:1b", Name: "s1", Dies: wire.AnswerNo, Margin: &wire.Margin{Least: 1, Most: 1, Full: 2}}),
		row("late", wire.SeenAbsent, onSwitch, wire.Footing{Domain: "switch:s1", Dies: wire.AnswerNo}),
		row("mute", wire.SeenUnheard, onSwitch),
		row("old", wire.SeenPresent, onSwitch),
		row("other", wire.SeenPresent, map[string][]string{"switch": {"s2"}}, wire.Footing{Domain: "switch:s2", Dies: wire.AnswerYes}),
		row("newer", wire.SeenPresent, onSwitch, wire.Footing{Domain: "switch:s1", Dies: "perhaps"}),
	}
	retired := row("retired", wire.SeenPresent, onSwitch, wire.Footing{Domain: "switch:s1", Dies: wire.AnswerYes})
	retired.Retired = "alice"
	got := map[string]wire.Answers{}
	fates := hostFates(append(rows, retired), "switch:s1")
	for _, f := range fates {
		got[f.Host] = f.Dies
		if (f.Dies == wire.AnswerUnknown) != (f.Why != "") {
			t.Errorf("%+v: a reason where nobody can tell, and only there", f)
		}
	}
	want := map[string]wire.Answers{
		"dies": wire.AnswerYes, "found": wire.AnswerNo, "late": wire.AnswerUnknown, "mute": wire.AnswerUnknown, "old": wire.AnswerUnknown,
		"newer": wire.AnswerUnknown,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fates (-want +got):\n%s", diff)
	}
	if code := fateCode(fates); code != exitBad {
		t.Errorf("exit %d", code)
	}
	if code := fateCode(hostFates(rows[2:3], "switch:s1")); code != exitUnknown {
		t.Errorf("exit %d", code)
	}
	if code := fateCode(hostFates(rows[1:2], "switch:s1")); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

func TestAPersonAsksTheFleetWhatASwitchTakesWithIt(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	inhabit(t, f)
	said, code := "", 0
	for within := time.Now().Add(time.Minute); code != exitBad && time.Now().Before(within); { // until the host was heard
		said, code = fleetRun(t, f, "whatif", "switch:s1")
	}
	if code != exitBad || !strings.Contains(said, "dies") || !strings.Contains(said, "bond0") || !strings.Contains(said, "Of 1 host on it, 1 would die") {
		t.Errorf("exit %d:\n%s", code, said)
	}
	var doc struct {
		Schema string
		Hosts  []hostFate
	}
	said, _ = fleetRun(t, f, "whatif", "switch:s1", "--json")
	if err := json.Unmarshal([]byte(said), &doc); err != nil || doc.Schema != "plimsoll.fleet.whatif/1" || len(doc.Hosts) != 1 || doc.Hosts[0].Dies != wire.AnswerYes {
		t.Errorf("%v: %s", err, said)
	}
	if said, code := fleetRun(t, f, "whatif", "switch:s9"); code != exitUsage || !strings.Contains(said, "hint: ") {
		t.Errorf("exit %d:\n%s", code, said)
	}
}
