package power_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

// told is a supply that one source tells of as this, from "name serial product".
func told(source, name, serial, product string, says map[power.Fact]bool) power.Supply {
	return power.Supply{
		ID: redundancy.ID("power:system/" + source + "-" + name), Name: name, Serial: serial, Product: product,
		Reports: []power.Report{{
			Source: source, Says: says, Evidence: []redundancy.Evidence{{Where: source + " " + name, Value: serial}},
		}},
	}
}

func bmc(name, serial, product string) power.Supply {
	return told("IPMI", name, serial, product, map[power.Fact]bool{power.Present: true, power.Failed: false})
}

func bus(name, serial, product string) power.Supply {
	return told("PMBus", name, serial, product, map[power.Fact]bool{power.Present: true, power.Failed: false})
}

func TestTwoSourcesOfOneSupplyArePutTogetherWhereItSurelyIsOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second []power.Supply
		want          map[string]int // reports by id
	}{
		"by serial number": {
			[]power.Supply{bmc("psu1", "A1", ""), bmc("psu2", "A2", "")},
			[]power.Supply{bus("x", "a2", ""), bus("y", "A1", "")},
			map[string]int{"IPMI-psu1": 2, "IPMI-psu2": 2},
		},
		"by the only one of a product": {
			[]power.Supply{bmc("psu1", "", "CRPS800"), bmc("psu2", "", "CRPS1300")},
			[]power.Supply{bus("x", "", "crps800")},
			map[string]int{"IPMI-psu1": 2, "IPMI-psu2": 1},
		},
		"by name": {
			[]power.Supply{bmc("psu1", "", "")}, []power.Supply{bus("PSU1", "", "")}, map[string]int{"IPMI-psu1": 2},
		},
		"not where two are of that product": {
			[]power.Supply{bmc("psu1", "", "CRPS800"), bmc("psu2", "", "CRPS800")},
			[]power.Supply{bus("x", "", "CRPS800"), bus("y", "", "CRPS800")},
			map[string]int{"IPMI-psu1": 1, "IPMI-psu2": 1, "apart x": 1, "apart y": 1},
		},
		"not where serial numbers differ": {
			[]power.Supply{bmc("psu1", "A1", "CRPS800")},
			[]power.Supply{bus("psu1", "B1", "CRPS800")},
			map[string]int{"IPMI-psu1": 1, "apart psu1": 1},
		},
		"not one that was given a name of its own": {
			[]power.Supply{bmc("psu1", "", "")}, []power.Supply{bus("psu9", "", "")}, map[string]int{"IPMI-psu1": 1, "PMBus-psu9": 1},
		},
		"not where there is one source": {
			nil, []power.Supply{bus("x", "", ""), bus("y", "", "")}, map[string]int{"PMBus-x": 1, "PMBus-y": 1},
		},
		"not twice": {
			[]power.Supply{bmc("psu1", "A1", "")},
			[]power.Supply{bus("x", "A1", ""), bus("y", "A1", "")},
			map[string]int{"IPMI-psu1": 2, "apart y": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]int{}
			together, apart := power.Merge(power.Settings{Names: map[string]string{"psu9": "z"}}, c.first, c.second)
			for _, s := range together {
				got[string(s.ID)[len("power:system/"):]] = len(s.Reports)
			}
			for _, s := range apart {
				got["apart "+s.Name] = len(s.Reports)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestASupplyGoesByTheNameThatTheConfigurationGivesIt(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/kernel/pfe3000-both-well.txtar")
	cfg := power.Settings{Names: map[string]string{"psu2": "pfe3000 0058"}}
	together, apart := power.Merge(cfg, []power.Supply{bmc("psu1", "", ""), bmc("psu2", "", "")}, kernel(t, power.ChipReader(h.Sys())).Supplies(cfg))
	got := map[string]int{}
	for _, s := range together {
		got[s.Name] = len(s.Reports)
	}
	for _, s := range apart {
		got["apart "+s.Name] = len(s.Reports)
	}
	if diff := cmp.Diff(map[string]int{"psu1": 1, "psu2": 2, "apart pfe3000 0059": 1}, got); diff != "" {
		t.Errorf("reports by name (-want +got):\n%s", diff)
	}
}

func TestSourcesThatDisagreeAreAWarningWithBothAsEvidence(t *testing.T) {
	t.Parallel()
	well, failed := bmc("psu1", "A1", ""), bus("x", "A1", "")
	failed.Reports[0].Says = map[power.Fact]bool{power.Present: true, power.Failed: true}
	other := bmc("psu2", "A2", "")
	together, _ := power.Merge(power.Settings{}, []power.Supply{well, other}, []power.Supply{failed})
	g, _ := power.System{Supplies: together}.Group(power.Settings{Needed: 1})
	if len(g.Warnings) != 1 || g.Warnings[0].Key != power.WarnContradiction {
		t.Fatalf("warnings are %+v", g.Warnings)
	}
	var where []string
	for _, e := range g.Warnings[0].Evidence {
		where = append(where, e.Where)
	}
	if diff := cmp.Diff([]string{"IPMI psu1", "PMBus x"}, where); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if v := redundancy.Judge(g); v.Status != redundancy.StatusUnknown || v.Best != redundancy.FullyRedundant {
		t.Errorf("judged %v, at best %v", v.Status, v.Best)
	}
}
