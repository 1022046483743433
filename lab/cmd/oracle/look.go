package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// witness is the agent's own eyes and judgement, without an agent: the room
// looks at /sys, and the heart judges.
type witness struct{ room *raid.Collector }

func newWitness() witness {
	return witness{raid.New(raid.Config{Sys: sysfs.New("/sys"), Proc: sysfs.New("/proc"), Run: sysfs.New("/run")})}
}

// view is one look at the array.
type view struct {
	snapshot redundancy.Snapshot
	group    redundancy.Group
}

func (w witness) look(ctx context.Context) (view, error) {
	seen, err := w.room.Collect(ctx)
	if err != nil {
		return view{}, err
	}
	v := view{snapshot: redundancy.Snapshot{Sources: []redundancy.Source{
		{Name: w.room.Name(), Observation: seen, At: time.Now(), StaleAfter: time.Hour},
	}}}
	for _, g := range seen.Groups {
		if g.Name == arrayName {
			v.group = g
			return v, nil
		}
	}
	return view{}, fmt.Errorf("look at %s: it is not seen", arrayName)
}

func (v view) verdict() redundancy.Verdict { return redundancy.Judge(v.group) }

// whatIf is the verdict if what is in these slots died.
func (v view) whatIf(failed set) (redundancy.Verdict, error) {
	var lost []redundancy.ID
	for _, slot := range failed.slots() {
		m, ok := v.group.Member(v.group.ID + "/slot" + redundancy.ID(strconv.Itoa(slot)))
		if !ok {
			return redundancy.Verdict{}, fmt.Errorf("ask what if slot %d fails: there is none", slot)
		}
		if len(m.StandsOn) == 0 { // emptied by an earlier failure
			lost = append(lost, m.ID)
		}
		lost = append(lost, m.StandsOn...)
	}
	for _, verdict := range redundancy.WhatIf(v.snapshot, lost...).Verdicts {
		if verdict.Group == v.group.ID {
			return verdict, nil
		}
	}
	return redundancy.Verdict{}, fmt.Errorf("ask what if %v fail: no answer for %s", failed, v.group.ID)
}

// settled looks until the verdict is as told, since md takes a moment to see
// what happened to it, and returns the last one.
func (w witness) settled(ctx context.Context, serves bool) (view, error) {
	const (
		limit = 30 * time.Second // it takes part of a second, on a busy machine more
		every = 20 * time.Millisecond
	)
	for end := time.Now().Add(limit); ; time.Sleep(every) {
		v, err := w.look(ctx)
		if err != nil || (v.verdict().Status != redundancy.Failed) == serves || time.Now().After(end) {
			return v, err
		}
	}
}
