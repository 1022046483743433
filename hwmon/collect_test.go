package hwmon_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/hwmon"
	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

// states are the components of o, as "state health", by the end of their id.
func states(o redundancy.Observation) map[string]string {
	out := map[string]string{}
	for _, c := range o.Components {
		out[strings.TrimPrefix(string(c.ID), "hwmon:")] = c.State.String() + " " + c.Health.String()
	}
	return out
}

func wantState(t *testing.T, o redundancy.Observation, id, want string) {
	t.Helper()
	if got := states(o)[id]; got != want {
		t.Errorf("%s is %q, want %q", id, got, want)
	}
}

const (
	cpu   = "platform/coretemp.0/temp1"
	other = "platform/nct6775.656/fan1"
)

func TestAChipThatDoesNotAnswerIsUnknownAlone(t *testing.T) {
	t.Parallel()
	const soon = 100 * time.Millisecond
	stuck := make(chan struct{})
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	c := hwmon.New(hwmon.Config{Sys: h.Sys()})
	c.Stick(soon, map[string]<-chan struct{}{"platform/coretemp.0": stuck})
	for range 3 { // it is asked once, or the second answer would find nobody
		o := look(t, c)
		wantState(t, o, cpu, "Unknown Unknown")
		wantState(t, o, other, "Enabled OK")
		for _, k := range o.Components {
			if string(k.ID) == "hwmon:"+cpu && !strings.HasPrefix(k.Evidence[0].Err, "no answer since ") {
				t.Errorf("evidence is %+v", k.Evidence)
			}
		}
	}
	close(stuck)
	c.Stick(time.Minute, nil)
	wantState(t, look(t, c), cpu, "Enabled OK")
}

func TestALookEndsWithItsContextWhileAChipIsStuck(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	c := hwmon.New(hwmon.Config{Sys: hosttest.Root(t, "testdata/board-whole.txtar").Sys()})
	c.Stick(time.Hour, map[string]<-chan struct{}{"platform/coretemp.0": stuck})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

// alarms are the keys of all warnings, each with whether its evidence is of this look.
func alarms(o redundancy.Observation) (now, held []string) {
	for _, k := range o.Components {
		for _, w := range k.Warnings {
			if w.Evidence[0].At.IsZero() {
				now = append(now, w.Key)
			} else {
				held = append(held, w.Key)
			}
		}
	}
	return now, held
}

const fan1 = "sys/devices/platform/nct6775.656/hwmon/hwmon3/fan1_alarm"

func TestAnAlarmComesAndGoes(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	c := hwmon.New(hwmon.Config{Sys: h.Sys()})
	c.Quieten(0)
	var got [][]string
	for _, raised := range []string{"0", "1", "0"} {
		h.Write(t, fan1, raised+"\n")
		now, held := alarms(look(t, c))
		got = append(got, now, held)
	}
	if diff := cmp.Diff([][]string{nil, nil, {hwmon.WarnFan}, nil, nil, nil}, got); diff != "" {
		t.Errorf("raised and held, look by look (-want +got):\n%s", diff)
	}
}

func TestAWarningOutlastsItsAlarmForAWhile(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	c := hwmon.New(hwmon.Config{Sys: h.Sys()})
	h.Write(t, fan1, "1\n")
	look(t, c)
	h.Write(t, fan1, "0\n")
	for range 2 {
		if _, held := alarms(look(t, c)); !slices.Equal(held, []string{hwmon.WarnFan}) {
			t.Errorf("held are %q", held)
		}
	}
	c.Quieten(0)
	if now, held := alarms(look(t, c)); now != nil || held != nil {
		t.Errorf("raised are %q, held %q", now, held)
	}
}

func TestAnAlarmThatCantBeReadHasNotEnded(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	c := hwmon.New(hwmon.Config{Sys: h.Sys()})
	c.Quieten(0)
	h.Write(t, fan1, "1\n")
	look(t, c)
	h.Break(fan1, syscall.EIO)
	if _, held := alarms(look(t, c)); !slices.Equal(held, []string{hwmon.WarnFan}) {
		t.Errorf("held are %q", held)
	}
}

func TestAChipThatLeavesTakesItsComponentsWithIt(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	c := hwmon.New(hwmon.Config{Sys: h.Sys()})
	before := len(look(t, c).Components)
	h.Remove(t, "sys/class/hwmon/hwmon1")
	after := states(look(t, c))
	if _, there := after[cpu]; there || len(after) != before-1 {
		t.Errorf("left are %v", after)
	}
}

func TestAChipThatDoesNotSayItsNameIsNamedInANote(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/board-whole.txtar")
	h.Break("sys/devices/platform/coretemp.0/hwmon/hwmon1/name", syscall.EIO)
	o := look(t, hwmon.New(hwmon.Config{Sys: h.Sys()}))
	wantState(t, o, other, "Enabled OK")
	if len(o.Notes) != 1 || !strings.HasPrefix(o.Notes[0], "whose chip class/hwmon/hwmon1 is, is not known: ") {
		t.Errorf("notes are %q", o.Notes)
	}
}

func TestAnIDOutlivesTheKernelsNumber(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/fan-failed-and-sensor-open.txtar")
	before := states(look(t, hwmon.New(hwmon.Config{Sys: h.Sys()})))
	again := hosttest.Root(t, "testdata/fan-failed-and-sensor-open-numbered-anew.txtar")
	after := states(look(t, hwmon.New(hwmon.Config{Sys: again.Sys()})))
	if len(before) == 0 || len(after) != len(before) {
		t.Fatalf("before %v, after %v", before, after)
	}
	for id := range before {
		if _, there := after[id]; !there {
			t.Errorf("%s is lost: %v", id, after)
		}
	}
}
