package redundancy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestADatedGroupSaysHowOldItsEvidenceIsAndLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	at, earlier := time.Unix(2000, 0), time.Unix(1000, 0)
	group := func(when time.Time) Group {
		fresh := []Evidence{{Where: "a", At: when}, {Where: "b", At: earlier}}
		return Group{
			ID: "bond:bond0", Evidence: fresh,
			Members:  []Component{{ID: "bond:bond0/eth0", Evidence: fresh}},
			Warnings: []Warning{{Key: "admin-down", Evidence: fresh}},
		}
	}
	g := group(time.Time{})
	if d := cmp.Diff(group(at), g.Dated(at)); d != "" {
		t.Errorf("dated (-want +got):\n%s", d)
	}
	if d := cmp.Diff(group(time.Time{}), g); d != "" {
		t.Errorf("the original (-want +got):\n%s", d)
	}
}
