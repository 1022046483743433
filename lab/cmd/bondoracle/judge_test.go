package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

func TestAMarginIsHeldAgainstWhatTrafficSaid(t *testing.T) {
	t.Parallel()
	mirror := truths{0b00: serves, 0b01: serves, 0b10: serves, 0b11: fails}
	chain := truths{0b00: serves, 0b01: serves, 0b10: fails, 0b11: fails}
	for name, c := range map[string]struct {
		told        truths
		gone        subset
		least, most int
		want        string
	}{
		"right":                       {mirror, 0, 1, 1, ""},
		"right after a failure":       {mirror, 0b01, 0, 0, ""},
		"an interval that holds it":   {mirror, 0, 0, 1, ""},
		"too much":                    {mirror, 0, 2, 2, "margin at least 2, but it fails without near0 near1"},
		"too little":                  {mirror, 0, 0, 0, "margin at most 0, but it survives any 1"},
		"one link that all hangs on":  {chain, 0, 0, 0, ""},
		"that link forgotten":         {chain, 0, 1, 1, "margin at least 1, but it fails without near1"},
		"too much, after the failure": {chain, 0b01, 1, 1, "margin at least 1, but it fails without near1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.told.check(0b11, c.gone, redundancy.Margin{Least: c.least, Most: c.most})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestOnlyAnIntervalThatSpansFailedIsOpen(t *testing.T) {
	t.Parallel()
	for want, v := range map[answer]redundancy.Verdict{
		fails:  {Worst: redundancy.Failed, Best: redundancy.Failed},
		serves: {Worst: redundancy.NotRedundant, Best: redundancy.FullyRedundant},
		open:   {Worst: redundancy.Failed, Best: redundancy.Lost},
	} {
		if got := answerOf(v); got != want {
			t.Errorf("%s to %s: %s, want %s", v.Worst, v.Best, got, want)
		}
	}
}
