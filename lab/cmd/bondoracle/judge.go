package main

import (
	"context"
	"fmt"

	"plimsoll/internal/sysfs"
	"plimsoll/netbond"
	"plimsoll/redundancy"
)

// seen is what one look of ours found.
type seen struct {
	snapshot redundancy.Snapshot
	group    redundancy.Group
	members  map[string]redundancy.ID // by the name of the link
}

// procOfThread is procfs as the thread that asks sees it, which is in a namespace of its own.
const procOfThread = "/proc/thread-self"

// look is a first look of the room at the bonds of the namespace.
func (w *world) look(ctx context.Context) (seen, error) {
	var o redundancy.Observation
	err := w.near.do(func() (err error) {
		o, err = netbond.New(netbond.Config{Dump: w.dump, Proc: sysfs.New(procOfThread)}).Collect(ctx)
		return err
	})
	if err != nil {
		return seen{}, err
	}
	for _, g := range o.Groups {
		if g.Name != bondName {
			continue
		}
		s := seen{
			snapshot: redundancy.Snapshot{Sources: []redundancy.Source{{Name: netbond.Source, Observation: o}}},
			group:    g, members: make(map[string]redundancy.ID),
		}
		for _, m := range g.Members {
			s.members[m.Name] = m.ID
		}
		return s, nil
	}
	return seen{}, fmt.Errorf("look at %s: it is not among %d groups (%q)", bondName, len(o.Groups), o.Notes)
}

// verdict is what our judge says now.
func (s seen) verdict() redundancy.Verdict { return redundancy.Judge(s.group) }

// whatIf is what we say of the bond without these links too.
func (s seen) whatIf(gone subset) redundancy.Verdict {
	var lost []redundancy.ID
	for _, i := range gone.members() {
		lost = append(lost, s.members[near(i)])
	}
	for _, v := range redundancy.WhatIf(s.snapshot, lost...).Verdicts {
		if v.Group == s.group.ID {
			return v
		}
	}
	return redundancy.Verdict{}
}

// answer is what a verdict says of serving.
type answer int

const (
	open answer = iota
	serves
	fails
)

func (a answer) String() string { return [...]string{"open", "serves", "fails"}[a] }

// answerOf is Failed or not, where the worst and the best agree.
func answerOf(v redundancy.Verdict) answer {
	switch worst, best := v.Worst == redundancy.Failed, v.Best == redundancy.Failed; {
	case best:
		return fails
	case !worst:
		return serves
	default:
		return open
	}
}

// truthOf is what traffic says.
func truthOf(carries bool) answer {
	if carries {
		return serves
	}
	return fails
}

// floored is a margin with all that is below zero as one: unmet is unmet, and how much was there before is no question.
func floored(v redundancy.Verdict) redundancy.Margin {
	return redundancy.Margin{Least: max(v.Margin.Least, -1), Most: max(v.Margin.Most, -1)}
}

func tell(v redundancy.Verdict) string {
	return fmt.Sprintf("%s, %s to %s, margin %d to %d", v.Status, v.Worst, v.Best, v.Margin.Least, v.Margin.Most)
}

// truths are what traffic said of every subset that was taken away from the whole.
type truths map[subset]answer

// check says what is wrong with a margin that was told when gone was away, and nothing if nothing is: least further failures
// of any links are survived, and some one more than most are not.
func (t truths) check(all, gone subset, m redundancy.Margin) string {
	left := all &^ gone
	broken := false
	for extra := left; ; extra = (extra - 1) & left { // every subset of what is left
		n := len(extra.members())
		if t[gone|extra] == fails {
			if n <= m.Least {
				return fmt.Sprintf("margin at least %d, but it fails without %s", m.Least, extra)
			}
			broken = broken || n <= m.Most+1
		}
		if extra == 0 {
			break
		}
	}
	if !broken && m.Most < len(left.members()) {
		return fmt.Sprintf("margin at most %d, but it survives any %d", m.Most, m.Most+1)
	}
	return ""
}
