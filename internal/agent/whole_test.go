package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	fleettest "plimsoll/fleet/xtest"
	"plimsoll/internal/api"
	journaltest "plimsoll/internal/journal/xtest"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

func (h *habitat) wantTypes(want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.storedTypes()); diff != "" {
		h.t.Errorf("the stream (-want +got):\n%s", diff)
	}
}

func TestAFaultReachesLogAndStreamAndTheAgentSaysGoodbye(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.raid.finds(whole)
	l := h.start()
	l.untilStored(redundancy.FullyRedundant)
	h.raid.finds(halved)
	v := l.untilStored(redundancy.Lost)
	h.wantOnce(v)
	l.end()
	h.wantTypes("agent.started", "group.added", "baseline.learned", "component.failed", "redundancy.lost", "agent.stopped")
	for _, e := range h.stored() {
		if !e.Data.Durable {
			t.Errorf("%s is not durable", e.ID)
		}
	}
	events, sent := h.logged()
	if len(events) != 6 || len(sent) != 0 {
		t.Errorf("the log has %d events, %d sent from memory, want 6 and none", len(events), len(sent))
	}
}

// faulty has every call of these kinds meet f.
func faulty(f journaltest.Fault, ops ...string) func(journaltest.Call) journaltest.Fault {
	return func(c journaltest.Call) journaltest.Fault {
		if slices.Contains(ops, c.Op) {
			return f
		}
		return journaltest.Fault{}
	}
}

func TestAHangingDiskDelaysNoEventAndTheLogHasItAllAfterwards(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.raid.finds(whole)
	l := h.start()
	l.untilStored(redundancy.FullyRedundant)

	hang := make(chan struct{})
	answer := sync.OnceFunc(func() { close(hang) })
	t.Cleanup(answer)
	h.disk.OnCall(faulty(journaltest.Fault{Hang: hang}, "write", "sync", "read"))
	began := time.Now()
	h.raid.finds(halved)
	h.eventually("the fault is in the stream", func() bool { return slices.Contains(h.storedTypes(), "redundancy.lost") })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("published after %v, want 5 s at the most", took)
	}
	l.until("not durable", func(v *view.View) bool { return !v.Outbox.Durable && v.Log.Problem != "" })
	h.raid.finds(whole)
	h.eventually("the repair is in the stream", func() bool { return slices.Contains(h.storedTypes(), "redundancy.regained") })

	h.disk.OnCall(nil)
	answer()
	l.untilStored(redundancy.FullyRedundant)
	h.raid.finds(halved)
	v := l.untilStored(redundancy.Lost)
	h.wantOnce(v)
	h.wantTypes("agent.started", "group.added", "baseline.learned",
		"component.failed", "redundancy.lost", "component.returned", "redundancy.regained", "component.failed", "redundancy.lost")
	l.end()
	h.wantLogHoldsStream(4)
}

// written is how many events the files of the log hold; one that has no name of its own yet is none.
func (h *habitat) written() int {
	n := 0
	for name, file := range h.disk.Files() {
		if strings.HasSuffix(name, ".jsonl") {
			n += bytes.Count(file, []byte(`"kind":"event"`))
		}
	}
	return n
}

// wantLogHoldsStream fails unless the log holds each event of the stream once, at least so many of them noted as sent from
// memory: on a machine that stands still for a second, others are too.
func (h *habitat) wantLogHoldsStream(volatile int) {
	h.t.Helper()
	events, sent := h.logged()
	var ids, want []string
	for _, e := range events {
		id := e.ID
		if as := sent[id]; as != "" {
			id = as
		}
		ids = append(ids, id)
	}
	fromMemory := 0
	for _, e := range h.stored() {
		want = append(want, e.ID)
		if !e.Data.Durable {
			fromMemory++
		}
	}
	slices.Sort(ids)
	slices.Sort(want)
	if diff := cmp.Diff(want, ids); diff != "" {
		h.t.Errorf("the events of the log (-stream +log):\n%s", diff)
	}
	if fromMemory < volatile || len(sent) != fromMemory {
		h.t.Errorf("%d events came from memory, %d are noted so, want at least %d", fromMemory, len(sent), volatile)
	}
}

func TestAFailingDiskIsWrittenAroundAndHealsByItself(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			h := newHabitat(t)
			h.raid.finds(whole)
			l := h.start()
			l.untilStored(redundancy.FullyRedundant)
			h.disk.OnCall(faulty(journaltest.Fault{Err: cause}, "write", "create"))
			h.raid.finds(halved)
			l.until("the problem", func(v *view.View) bool { return !v.Outbox.Durable && v.Log.Problem != "" })
			h.eventually("the fault is in the stream", func() bool { return slices.Contains(h.storedTypes(), "redundancy.lost") })
			h.disk.OnCall(nil)
			v := l.untilStored(redundancy.Lost)
			h.wantOnce(v)
			l.end()
			h.wantLogHoldsStream(2)
		})
	}
}

func TestAnUnwritableStateDirectoryKeepsNobodyFromWatching(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.disk.OnCall(faulty(journaltest.Fault{Err: syscall.EROFS}, "mkdir", "lock"))
	h.raid.finds(halved)
	l := h.start()
	h.eventually("the fault is in the stream", func() bool { return slices.Contains(h.storedTypes(), "redundancy.lost") })
	l.until("the problem", func(v *view.View) bool { return !v.Outbox.Durable && v.Log.Problem != "" })
	h.disk.OnCall(nil)
	l.untilStored(redundancy.Lost)
	h.raid.finds(whole)
	v := l.untilStored(redundancy.FullyRedundant)
	h.wantOnce(v)
	h.wantTypes("agent.started", "group.added", "component.failed", "redundancy.lost",
		"component.returned", "redundancy.regained", "baseline.learned")
	l.end()
	h.wantLogHoldsStream(4)
}

func TestAKilledAgentHasToldEachFaultOnce(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	states := []redundancy.State{redundancy.Enabled, redundancy.Disabled}
	h.raid.finds(whole)
	for n := range 6 {
		l := h.start()
		l.until("judging", func(v *view.View) bool { return v.Log.ID != "" && !v.Assessment.At.IsZero() })
		for k := range 4 {
			h.raid.finds(mirror(states[(n+k)%2], states[k%2]))
		}
		if n%2 == 0 {
			l.until("an event", func(v *view.View) bool {
				return v.Events[redundancy.RedundancyLost] > 0 || v.Events[redundancy.AgentStarted] > 0
			})
		}
		l.kill()
	}
	h.raid.finds(halved)
	l := h.start()
	v := l.untilStored(redundancy.Lost)
	h.wantOnce(v)
	l.end()
	again := h.start()
	v = again.untilStored(redundancy.Lost)
	h.wantOnce(v)
}

func TestEventsWaitInTheLogUntilNATSCanBeReached(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.proxy.Treat(func(bool, []byte) fleettest.Fate { return fleettest.Cut })
	h.raid.finds(whole)
	l := h.start()
	l.until("three events waiting", func(v *view.View) bool { return v.Outbox.Pending == 3 && v.Outbox.Durable })
	h.eventually("they are in the log", func() bool { return h.written() == 3 })
	l.kill()
	h.proxy.Treat(func(bool, []byte) fleettest.Fate { return fleettest.Cut })
	h.raid.finds(halved)
	l = h.start()
	l.until("six events waiting", func(v *view.View) bool { return v.Outbox.Pending == 6 && v.Outbox.Durable })
	h.proxy.Treat(nil)
	v := l.untilStored(redundancy.Lost)
	h.wantOnce(v)
	h.wantTypes("agent.started", "group.added", "baseline.learned", "agent.started", "component.failed", "redundancy.lost")
	for i, e := range h.stored() {
		if i >= len(v.Recent) || v.Recent[i].ID != e.Event().ID {
			t.Fatalf("the second agent does not know of event %d, %s: %v", i, e.Event().Type, v.Recent)
		}
	}
	if !v.NATS.Connected {
		t.Error("not connected")
	}
}

func TestAnAgentStopsInTimeWhateverHangs(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.raid.finds(whole)
	l := h.start()
	l.untilStored(redundancy.FullyRedundant)
	hang := make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(hang) }))
	h.disk.OnCall(faulty(journaltest.Fault{Hang: hang}, "write", "sync", "read"))
	h.proxy.Treat(func(bool, []byte) fleettest.Fate { return fleettest.Swallow })
	began := time.Now()
	l.end()
	if took := time.Since(began); took > 4*farewell {
		t.Errorf("stopped after %v, want %v at the most", took, 4*farewell)
	}
}

func TestACursorSurvivesTheAgent(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.raid.finds(halved)
	l := h.start()
	l.untilStored(redundancy.Lost)
	l.end()
	again := h.start()
	v := again.until("the log is open", func(v *view.View) bool { return v.Log.ID != "" && v.NATS.Connected })
	again.untilStored(redundancy.Lost)
	h.wantOnce(v)
	h.wantTypes("agent.started", "group.added", "component.failed", "redundancy.lost", "agent.stopped", "agent.started")
}

var _ fleet.Log = (*logReader)(nil)

func TestWhatAPersonAcceptsIsDurableWhenTheAnswerComes(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.cfg.Socket = filepath.Join(t.TempDir(), "s")
	spared := whole
	spared.Members = append(slices.Clone(whole.Members), redundancy.Component{
		ID: "raid:m/spare", Name: "sdc", State: redundancy.Spare, Health: redundancy.OK,
	})
	h.raid.finds(spared)
	l := h.start()
	l.untilStored(redundancy.FullyRedundant)
	accepted := func() []redundancy.Acceptance {
		t.Helper()
		body, err := api.NewClient(h.cfg.Socket).Act(t.Context(), api.PathAccept, nil)
		if err != nil {
			t.Fatal(err)
		}
		var doc api.Accept
		if err := errors.Join(json.NewDecoder(body).Decode(&doc), body.Close()); err != nil || !doc.Done {
			t.Fatalf("%+v, %v", doc, err)
		}
		return doc.Changes
	}
	if changes := accepted(); len(changes) != 0 {
		t.Errorf("accepted %v of what was known", changes)
	}
	h.raid.finds(whole)
	h.eventually("the spare is gone", func() bool { return slices.Contains(h.storedTypes(), "warning.raised") })
	if changes := accepted(); len(changes) != 1 || changes[0].Is == nil || changes[0].Is.Spares != 0 {
		t.Errorf("accepted %v", changes)
	}
	h.eventually("nothing is missing any more", func() bool { return slices.Contains(h.storedTypes(), "warning.cleared") })
	l.end()
	h.wantTypes("agent.started", "group.added", "baseline.learned", "component.removed", "warning.raised", "baseline.accepted",
		"warning.cleared", "agent.stopped")
}

func TestAFreezeIsShownWhenTheAnswerComesAndAMaintenanceOutlivesTheAgent(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	h.cfg.Socket = filepath.Join(t.TempDir(), "s")
	h.raid.finds(whole)
	l := h.start()
	l.untilStored(redundancy.FullyRedundant)
	client := api.NewClient(h.cfg.Socket)
	order := func(page string, query url.Values) {
		t.Helper()
		body, err := client.Act(t.Context(), page, query)
		if err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	plan := func() (p api.Plan) {
		t.Helper()
		if err := client.Ask(t.Context(), api.PathPlan, nil, &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	order(api.PathFreeze, url.Values{"why": {"new switch"}})
	if p := plan(); len(p.Frozen) != 1 || !strings.HasSuffix(p.Frozen[0], ": new switch") {
		t.Errorf("frozen by %q", p.Frozen)
	}
	order(api.PathMaintain, url.Values{"for": {"1h"}, "group": {"md*"}})
	order(api.PathThaw, nil)
	if p := plan(); len(p.Frozen) > 0 || len(p.Maintenance) != 1 {
		t.Errorf("after the thaw frozen by %q, in maintenance %+v", p.Frozen, p.Maintenance)
	}
	l.end()
	l = h.start()
	l.untilStored(redundancy.FullyRedundant)
	h.eventually("the maintenance is known again", func() bool { return len(plan().Maintenance) == 1 })
	order(api.PathResume, url.Values{"group": {"md*"}})
	if p := plan(); len(p.Maintenance) > 0 {
		t.Errorf("in maintenance %+v", p.Maintenance)
	}
	l.end()
}
