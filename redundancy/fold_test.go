package redundancy_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

func foldAll(a redundancy.Assessment, events []redundancy.Event) redundancy.Assessment {
	for _, e := range events {
		a = redundancy.Fold(a, e)
	}
	return a
}

// same compares what events carry.
func same(t rapid.TB, what string, want, got redundancy.Assessment) {
	t.Helper()
	if d := cmp.Diff(want.Public(), got.Public()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func TestNothingIsToldWhereNothingChanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawHistory(t, 3, func(_, a redundancy.Assessment, _ []redundancy.Event) {
			if events := redundancy.Diff(a, a, numbered); events != nil {
				t.Fatalf("told %v", types(events))
			}
		})
	})
}

func TestEventsOfAStepFoldedOverTheOldStateGiveTheNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawHistory(t, 4, func(old, next redundancy.Assessment, events []redundancy.Event) {
			same(t, "folded", next, foldAll(old, events))
		})
	})
}

func TestEventsBetweenAnyTwoStatesAreComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		a := redundancy.Assess(redundancy.Assessment{}, drawSnapshot(t, t0()), t0(), r)
		b := redundancy.Assess(redundancy.Assessment{}, drawSnapshot(t, at(1)), at(1), r)
		same(t, "forth", b, foldAll(a, redundancy.Diff(a, b, numbered)))
		same(t, "back", a, foldAll(b, redundancy.Diff(b, a, numbered)))
	})
}

// A subscriber knows nothing but the stream, as JSON; an agent that restarts knows nothing but its log.
func TestStreamFoldedFromItsBeginningGivesTheHost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var folded redundancy.Assessment
		drawHistory(t, 6, func(_, next redundancy.Assessment, events []redundancy.Event) {
			text, err := json.Marshal(events)
			if err != nil {
				t.Fatalf("write events: %v", err)
			}
			var read []redundancy.Event
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatalf("read events: %v", err)
			}
			folded = foldAll(folded, read)
			same(t, "folded", next, folded)
			if again := redundancy.Diff(folded, next, numbered); again != nil {
				t.Fatalf("a restart from the log would tell again: %v", types(again))
			}
		})
	})
}

func TestOpenFaultsAreTheSameNotedOrFolded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var folded redundancy.Assessment
		drawHistory(t, 4, func(_, next redundancy.Assessment, events []redundancy.Event) {
			folded = foldAll(folded, events)
			cited := next.Cited(events)
			for _, l := range cited.Components {
				f, _ := folded.Component(l.Component.ID)
				diff(t, "fault of "+string(l.Component.ID), l.Fault, f.Fault)
			}
			for _, g := range cited.Groups {
				f, _ := folded.Group(g.Group.ID)
				if d := cmp.Diff(g.Faults, f.Faults, sameEmpty()); d != "" {
					t.Fatalf("faults of %s (-noted +folded):\n%s", g.Group.ID, d)
				}
			}
		})
	})
}

func TestEventsComeInTheDocumentedOrderEachWithAKnownCause(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		known := map[string]bool{"": true}
		drawHistory(t, 4, func(_, _ redundancy.Assessment, events []redundancy.Event) {
			last := map[redundancy.ID]int{} // by group: what stands on another comes after it
			for _, e := range events {
				place := slices.Index(redundancy.EventTypes(), e.Type)
				if place < last[e.Group] {
					t.Fatalf("%s of %s comes after a later kind in %v", e.Type, e.Group, types(events))
				}
				last[e.Group] = place
				if !known[e.Cause] {
					t.Fatalf("%s cites %q, which nobody has seen", e.ID, e.Cause)
				}
				known[e.ID] = true
				if e.Severity == redundancy.SeverityUnknown || e.Text == "" || e.Kind == "" || e.Notify == "" {
					t.Fatalf("incomplete event %+v", e)
				}
				if e.Notify == redundancy.NotifyCaused && e.Cause == "" {
					t.Fatalf("%s has a cause that is not named", e.ID)
				}
			}
		})
	})
}

func TestSameInputsGiveTheSameOutputsAndStayUntouched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		a := redundancy.Assess(redundancy.Assessment{}, drawSnapshot(t, t0()), t0(), r)
		a = a.Cited(redundancy.Diff(redundancy.Assessment{}, a, numbered))
		s := drawSnapshot(t, at(time.Minute))
		before := asText(t, a, s, r)
		run := func() string {
			b := redundancy.Assess(a, s, at(time.Minute), r)
			events := redundancy.Diff(a, b, numbered)
			baseline, news := r.Baseline.Learn(b)
			return asText(t, b, events, b.Cited(events), foldAll(a, events), baseline, news,
				redundancy.WhatIf(s, "wwn:1", groupID(0)), b.Public())
		}
		if first, second := run(), run(); first != second {
			t.Fatalf("two runs differ (-first +second):\n%s", cmp.Diff(first, second))
		}
		if after := asText(t, a, s, r); before != after {
			t.Fatalf("what was passed in was changed (-before +after):\n%s", cmp.Diff(before, after))
		}
	})
}

func asText(t rapid.TB, values ...any) string {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatalf("write %T: %v", values, err)
	}
	return string(text)
}

func TestEventOfAnUnknownTypeOrGroupChangesNothing(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole())
	same(t, "unknown type", a, redundancy.Fold(a, redundancy.Event{Type: "component.polished", Group: "raid:g", Member: member("0")}))
	same(t, "unknown group", a, redundancy.Fold(a, redundancy.Event{Type: redundancy.ComponentRemoved, Group: "raid:x", Member: member("0")}))
	for _, kind := range redundancy.EventTypes() { // events without a face
		switch kind {
		case redundancy.GroupAdded, redundancy.GroupRemoved, redundancy.CollectorBlind, redundancy.CollectorSighted,
			redundancy.ComponentRemoved, redundancy.WarningRaised, redundancy.DataLost, redundancy.WarningCleared,
			redundancy.BaselineDrifted, redundancy.ActivityFinished:
			continue // their type says it all
		}
		same(t, kind, a, redundancy.Fold(a, redundancy.Event{Type: kind, Group: "raid:g", Member: member("0")}))
	}
}
