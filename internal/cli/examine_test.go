package cli

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/api"
	"plimsoll/internal/config"
)

func TestWhateverDoctorFindsWrongHasAHint(t *testing.T) {
	t.Parallel()
	why := "permission denied"
	cannot := []api.Evidence{{Where: "sda", Error: &why}}
	blind, troubled, unasked, overdue := api.Source{Blind: true, Error: &why}, api.Source{Error: &why, AgeS: new(float64)}, api.Source{}, api.Source{AgeS: new(float64), Overdue: true}
	many := api.Status{Lone: []api.Lone{{}, {}, {}, {}, {}, {}}}
	for i := range many.Lone {
		many.Lone[i].Evidence = cannot
	}
	exams := []exam{
		examineSource(blind), examineSource(troubled), examineSource(unasked), examineSource(overdue),
		examineNATS(api.Status{Fleet: api.Fleet{Connected: true, Problem: &why}}), examineNATS(api.Status{Fleet: api.Fleet{Configured: true}}),
		examineLog(api.Status{}), examineLog(api.Status{Outbox: api.Outbox{Durable: true}, Log: api.Log{LinesLost: 1}}),
		examinePolicy(api.Status{Frozen: []string{"a person"}}, config.Default()), examineVersion(api.Status{Version: "1"}, "2", ""),
		examineSocket(filepath.Join(t.TempDir(), "none")),
	}
	exams = append(exams, examineDevices(many)...)
	exams = append(exams, examineFleet(api.Status{}, config.Fleet{Register: true, Pools: []string{"db"}, TrustPeers: true})...)
	for _, e := range exams {
		if e.Outcome == sound || e.Hint == "" {
			t.Errorf("%s %s: %q has the hint %q", e.Outcome, e.About, e.Text, e.Hint)
		}
	}
}
