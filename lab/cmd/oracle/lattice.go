package main

import (
	"fmt"

	"plimsoll/redundancy"
)

// outcome is what became of an array of which a set of members failed.
type outcome struct {
	serves  bool
	verdict redundancy.Verdict
}

// disagreements checks the margins of one shape against one another: a margin
// of k after a set failed means that it serves with any k more failed, and
// that it fails with some k+1 more, if there are as many. outcomes are by set.
func disagreements(outcomes []outcome) []string {
	var all []string
	for failed, o := range outcomes {
		m := o.verdict.Margin
		if !o.serves || m.Least != m.Most {
			continue
		}
		var dies set // the smallest set above that does not serve
		fewest := maxDisks + 1
		for more, further := range outcomes {
			if n := set(more).size() - set(failed).size(); set(failed).within(set(more)) && !further.serves && n < fewest {
				fewest, dies = n, set(more)
			}
		}
		if fewest != m.Least+1 {
			all = append(all, fmt.Sprintf("%v failed: margin %d, but %v is the smallest failure that ends it", set(failed), m.Least, dies))
		}
	}
	return all
}
