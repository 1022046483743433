package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"plimsoll/lab/effector"
	"plimsoll/lab/history"
)

// budget is how many of the pool may act at once, and servedWithin how soon after the last fault all are to have acted.
const (
	budget       = 2
	servedWithin = 5 * time.Minute
)

// chaos breaks everything at random, and says what became of it.
func (p plan) chaos(ctx context.Context, dir string) error {
	if p.seed == 0 {
		p.seed = rand.Uint64()
	}
	fmt.Printf("seed %d, %s\n", p.seed, dir)
	w, err := p.build(ctx, dir, budget, 1)
	if err != nil {
		return err
	}
	for i := range p.agents {
		if err := w.member(ctx, fmt.Sprintf("h%02d", i), restless()); err != nil {
			return err
		}
	}
	if err := w.joined(ctx); err != nil {
		return err
	}
	began := time.Now()
	v := vandal{world: w, rand: rand.New(rand.NewPCG(p.seed, 0)), counts: map[string]int{}} //nolint:gosec // it is to be told again
	if err := v.rage(ctx, p.lasts); err != nil {
		return err
	}
	over := time.Now()
	fmt.Printf("%s of faults: %s\n", over.Sub(began).Round(time.Second), v.told())
	served, err := w.served(ctx, over)
	if err != nil {
		return err
	}
	if err := w.part(); err != nil {
		return err
	}
	return w.judge(ctx, served)
}

// restless is an agent that wants something again and again.
func restless() whereabouts {
	return whereabouts{Restless: true, Lasts: 8 * time.Second, Longest: time.Second}
}

// part has all agents finish what they are at.
func (w *world) part() error {
	var wrong error
	for _, a := range w.agents {
		a.Signal(endInPeace)
	}
	for _, a := range w.agents {
		wrong = errors.Join(wrong, a.Wait(patience))
	}
	return wrong
}

// served waits for every agent to have had something done since, and says how long that took.
func (w *world) served(ctx context.Context, since time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, servedWithin)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		lines, err := effector.Read(w.log())
		if err != nil {
			return 0, err
		}
		var unserved []string
		for _, a := range w.agents {
			if !slices.ContainsFunc(lines, func(l effector.Line) bool {
				return l.Host == a.Name && l.What == effector.Began && l.At.After(since)
			}) {
				unserved = append(unserved, a.Name)
			}
		}
		if len(unserved) == 0 {
			return time.Since(since), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("not served within %s: %s", servedWithin, strings.Join(unserved, " "))
		}
	}
}

// judge says what has happened, once all agents have ended.
func (w *world) judge(ctx context.Context, served time.Duration) error {
	revisions, lines, err := w.check(ctx)
	if err != nil {
		return err
	}
	deeds, most := history.Count(lines)
	late := 0
	for _, l := range lines {
		if l.What == effector.Refused {
			late++
		}
	}
	fmt.Printf("%d agents, %d revisions of the ledger: %d deeds, at most %d at once, %d refused as late; "+
		"all were served within %s of the last fault\n", len(w.agents), len(revisions), deeds, most, late, served.Round(time.Second))
	if left := revisions[len(revisions)-1].Ledger; len(left.Entries) > 0 || len(left.Frozen) > 0 {
		return fmt.Errorf("left in the ledger: %+v %+v", left.Entries, left.Frozen)
	}
	fmt.Println("every deed had a started entry; nothing is left in the ledger")
	return nil
}
