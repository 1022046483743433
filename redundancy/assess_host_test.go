package redundancy_test

import (
	"testing"

	"plimsoll/redundancy"
)

func TestAGroupThatCannotBeReadDoesNotHideASureLoss(t *testing.T) {
	t.Parallel()
	lost, unknown := halved(), mirror(unread("0"), unread("1"))
	unknown.ID, unknown.Serving = "raid:u", redundancy.Unread
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, lost, unknown)
	host, found := a.Host()
	diff(t, "found", true, found)
	diff(t, "verdict", redundancy.Verdict{
		Status: redundancy.StatusUnknown, Worst: redundancy.Failed, Best: redundancy.Lost,
		Margin: redundancy.Margin{Least: -1, Most: 0, Full: 1},
	}, host)
}
