package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

// outcomesOf are what an array of n members does that needs so many of them
// and says so of itself.
func outcomesOf(n, needed int) []outcome {
	all := make([]outcome, 1<<n)
	for s := range all {
		margin := n - set(s).size() - needed
		all[s] = outcome{
			serves:  margin >= 0,
			verdict: redundancy.Verdict{Margin: redundancy.Margin{Least: margin, Most: margin, Full: n - needed}},
		}
	}
	return all
}

func TestMarginsThatHoldDisagreeWithNothing(t *testing.T) {
	t.Parallel()
	for n := 1; n <= maxDisks; n++ {
		for needed := 1; needed < n; needed++ {
			if got := disagreements(outcomesOf(n, needed)); len(got) > 0 {
				t.Errorf("%d of %d: %q", needed, n, got)
			}
		}
	}
}

func TestAMarginThatPromisesMoreOrLessThanIsSurvivedDisagrees(t *testing.T) {
	t.Parallel()
	boast := outcomesOf(3, 2)
	boast[0].verdict.Margin = redundancy.Margin{Least: 2, Most: 2, Full: 2}
	want := []string{"[] failed: margin 2, but [0 1] is the smallest failure that ends it"}
	if diff := cmp.Diff(want, disagreements(boast)); diff != "" {
		t.Errorf("a margin too large (-want +got):\n%s", diff)
	}
	timid := outcomesOf(3, 2)
	timid[0].verdict.Margin = redundancy.Margin{}
	want = []string{"[] failed: margin 0, but [0 1] is the smallest failure that ends it"}
	if diff := cmp.Diff(want, disagreements(timid)); diff != "" {
		t.Errorf("a margin too small (-want +got):\n%s", diff)
	}
}

func TestOrdersNameEveryMemberOnce(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		seen := map[string]bool{}
		for order := range s.orders(4) {
			var all set
			for _, slot := range order {
				all = all.with(slot)
			}
			if len(order) != s.disks || all != s.subsets()-1 {
				t.Errorf("%s: order %v is not one of %d members", s, order, s.disks)
			}
			seen[fmt.Sprint(order)] = true
		}
		if want := map[int]int{2: 2, 3: 6, 4: 24, 5: 10, 6: 12}[s.disks]; len(seen) != want {
			t.Errorf("%s: %d orders, want %d", s, len(seen), want)
		}
	}
}
