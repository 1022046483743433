package ledger_test

import (
	"testing"
	"time"

	"plimsoll/fleet/ledger"
)

func TestAMarkIsOlderOnlyWithinWhatPeopleAccepted(t *testing.T) {
	t.Parallel()
	remembered := ledger.Mark{Created: created, Epoch: 2, Revision: 9}
	tests := []struct {
		name  string
		shown ledger.Mark
		want  bool
	}{
		{"the same", remembered, true},
		{"a later revision", ledger.Mark{Created: created, Epoch: 2, Revision: 10}, true},
		{"an earlier revision", ledger.Mark{Created: created, Epoch: 2, Revision: 8}, false},
		{"another stream", ledger.Mark{Created: created.Add(1), Epoch: 2, Revision: 10}, false},
		{"an earlier revision, accepted", ledger.Mark{Created: created, Epoch: 3, Revision: 8}, true},
		{"another stream, accepted", ledger.Mark{Created: created.Add(1), Epoch: 3, Revision: 1}, true},
		{"what was accepted is forgotten", ledger.Mark{Created: created, Epoch: 1, Revision: 99}, false},
		{"the same time elsewhere", ledger.Mark{Created: created.In(time.FixedZone("", 3600)), Epoch: 2, Revision: 9}, true},
	}
	for _, tt := range tests {
		if got := tt.shown.Since(remembered); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if newest := ledger.Newest(remembered, tt.shown); (newest == tt.shown) != tt.want && tt.shown != remembered {
			t.Errorf("%s: remembered is %+v", tt.name, newest)
		}
		if f, forgotten := tt.shown.Forgotten(remembered, "h1"); forgotten == tt.want || forgotten && f.Cause != ledger.ByRollback {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
	if !(ledger.Mark{}).Since(ledger.Mark{}) || !remembered.Since(ledger.Mark{}) {
		t.Error("who remembers nothing takes something for older")
	}
}
