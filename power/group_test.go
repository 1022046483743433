package power_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/power"
	"plimsoll/redundancy"
)

func diff(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// supply is the nth supply, with these facts said by one source. It is present unless a fact says otherwise.
func supply(n int, facts ...power.Fact) power.Supply {
	says := map[power.Fact]bool{}
	for _, f := range power.Facts() {
		says[f] = f == power.Present
	}
	for _, f := range facts {
		says[f] = f != power.Present
	}
	return supplied(n, power.Report{Source: "IPMI", Says: says})
}

func supplied(n int, reports ...power.Report) power.Supply {
	return power.Supply{
		ID: redundancy.ID(fmt.Sprintf("power:system/10.%d", n)), Name: fmt.Sprintf("psu%d", n), Reports: reports,
	}
}

func pulled(n int) power.Supply { return supply(n, power.Present) }

func judged(s power.System, cfg power.Settings) redundancy.Verdict {
	g, _ := s.Group(cfg)
	return redundancy.Judge(g)
}

func of(supplies ...power.Supply) power.System { return power.System{Supplies: supplies} }

func TestFactsOfASupplyAreKeptApart(t *testing.T) {
	t.Parallel()
	const unread, predicted = redundancy.DoubtUnread, redundancy.DoubtPredicted
	for name, c := range map[string]struct {
		s      power.Supply
		state  redundancy.State
		health redundancy.Health
		doubts []redundancy.Doubt
		warns  []string
	}{
		"well":           {supply(1), redundancy.Enabled, redundancy.OK, nil, nil},
		"failed":         {supply(1, power.Failed), redundancy.Disabled, redundancy.Critical, nil, nil},
		"predicted":      {supply(1, power.Predicted), redundancy.Enabled, redundancy.HealthWarning, []redundancy.Doubt{predicted}, nil},
		"pulled":         {pulled(1), redundancy.Absent, redundancy.Critical, nil, nil},
		"input lost":     {supply(1, power.InputLost), redundancy.Disabled, redundancy.OK, nil, []string{power.WarnInputLost}},
		"both":           {supply(1, power.InputLost, power.Failed), redundancy.Disabled, redundancy.HealthUnknown, nil, []string{power.WarnInputLost}},
		"out of range":   {supply(1, power.InputOutOfRange), redundancy.Enabled, redundancy.OK, nil, []string{power.WarnInputRange}},
		"misfit":         {supply(1, power.ConfigurationError), redundancy.Enabled, redundancy.OK, nil, []string{power.WarnConfiguration}},
		"stands by":      {supply(1, power.Inactive), redundancy.Standby, redundancy.OK, nil, nil},
		"not readable":   {supplied(1, power.Report{Source: "IPMI", Unread: "reading unavailable"}), redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{unread}, nil},
		"of no source":   {supplied(1), redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{unread}, nil},
		"lost or out":    {supplied(1, power.Report{Says: map[power.Fact]bool{power.InputLostOrOutOfRange: true}}), redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{unread}, []string{power.WarnInputRange}},
		"told of little": {supplied(1, power.Report{Says: map[power.Fact]bool{power.Failed: false}}), redundancy.Enabled, redundancy.OK, nil, nil},
		"contradicted": {
			supplied(1, power.Report{Says: map[power.Fact]bool{power.Failed: true}}, power.Report{Says: map[power.Fact]bool{power.Failed: false}}),
			redundancy.StateUnknown, redundancy.HealthUnknown,
			[]redundancy.Doubt{unread},
			[]string{power.WarnContradiction},
		},
		"one of its sources is silent": {
			supplied(1, power.Report{Unread: "silent"}, power.Report{Says: map[power.Fact]bool{power.Failed: true}}),
			redundancy.Disabled, redundancy.Critical, nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _ := of(c.s).Group(power.Settings{})
			m := g.Members[0]
			diff(t, "state", c.state, m.State)
			diff(t, "health", c.health, m.Health)
			diff(t, "doubts", c.doubts, m.Doubts)
			var keys []string
			for _, w := range g.Warnings {
				keys = append(keys, w.Key)
			}
			diff(t, "warnings", c.warns, keys)
		})
	}
}

func TestNeedComesFromTheConfigurationTheLoadOrWhatTheHostHasRunOn(t *testing.T) {
	t.Parallel()
	rated := func(w float64, supplies ...power.Supply) power.System {
		for i := range supplies {
			supplies[i].Rated = power.Watts{Known: true, Value: w}
		}
		return of(supplies...)
	}
	loaded := func(s power.System, w float64) power.System {
		s.Peak = power.Watts{Known: true, Value: w}
		return s
	}
	said := func(s power.System, v power.Verdict) power.System {
		s.Said = []power.Said{{Verdict: v}}
		return s
	}
	ran := func(s power.System, n int) power.System {
		s.Ran = n
		return s
	}
	told := power.Settings{Needed: 2}
	const unknown, full, lost, degraded, none = redundancy.StatusUnknown, redundancy.FullyRedundant, redundancy.Lost, redundancy.Degraded, redundancy.NotRedundant
	for name, c := range map[string]struct {
		s             power.System
		cfg           power.Settings
		status        redundancy.Status
		least, most   int
		neededUnknown bool
	}{
		"one":                                   {of(supply(1)), power.Settings{}, none, 0, 0, false},
		"two, nothing is known":                 {of(supply(1), supply(2)), power.Settings{}, unknown, 0, 1, true},
		"two, the BMC calls them redundant":     {said(of(supply(1), supply(2)), power.FullyRedundant), power.Settings{}, full, 1, 1, false},
		"two, the BMC denies it":                {said(of(supply(1), supply(2)), power.RedundancyLost), power.Settings{}, unknown, 0, 1, true},
		"two, it has run on one":                {ran(of(supply(1), supply(2)), 1), power.Settings{}, full, 1, 1, false},
		"two, it runs on one":                   {of(supply(1), supply(2, power.InputLost)), power.Settings{}, lost, 0, 0, false},
		"two, both are needed":                  {of(supply(1), supply(2)), told, none, 0, 0, false},
		"two, the load takes one":               {loaded(rated(800, supply(1), supply(2)), 500), power.Settings{}, full, 1, 1, false},
		"two, the load takes both":              {loaded(rated(800, supply(1), supply(2)), 900), power.Settings{}, none, 0, 0, false},
		"two, the load is more than it ran on":  {ran(loaded(rated(800, supply(1), supply(2)), 900), 1), power.Settings{}, full, 1, 1, false},
		"three with two needed":                 {of(supply(1), supply(2), supply(3)), told, full, 1, 1, false},
		"three with two needed, one failed":     {of(supply(1), supply(2, power.Failed), supply(3)), told, lost, 0, 0, false},
		"three, the BMC calls them redundant":   {said(of(supply(1), supply(2), supply(3)), power.FullyRedundant), power.Settings{}, full, 1, 2, false},
		"two and two, a feed gone":              {of(supply(1), supply(2, power.InputLost), supply(3), supply(4, power.InputLost)), told, lost, 0, 0, false},
		"all inputs lost, and the host runs":    {of(supply(1, power.InputLost), supply(2, power.InputLost)), power.Settings{}, lost, 0, 0, true},
		"all inputs lost with two needed":       {of(supply(1, power.InputLost), supply(2, power.InputLost), supply(3, power.InputLost)), told, lost, 0, 0, false},
		"all failed, and the host runs":         {of(supply(1, power.Failed), supply(2, power.Failed)), told, none, 0, 0, false},
		"one of two is predicted to fail":       {ran(of(supply(1), supply(2, power.Predicted)), 1), power.Settings{}, lost, 0, 1, false},
		"four of which one failed, two needed":  {of(supply(1), supply(2), supply(3), supply(4, power.Failed)), told, degraded, 1, 1, false},
		"one of two unreadable, it ran on one":  {ran(of(supply(1), supplied(2)), 1), power.Settings{}, unknown, 0, 1, false},
		"nothing readable, the host runs":       {ran(of(supplied(1), supplied(2)), 1), power.Settings{}, unknown, 0, 1, false},
		"fewer are there than are said needed":  {of(supply(1)), told, none, 0, 0, false},
		"a BMC's word does not need two of one": {said(of(supply(1)), power.FullyRedundant), power.Settings{}, none, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := judged(c.s, c.cfg)
			diff(t, "status", c.status, v.Status)
			diff(t, "margin", []int{c.least, c.most}, []int{v.Margin.Least, v.Margin.Most})
			if v.Best == redundancy.Failed || v.Status == redundancy.Failed {
				t.Errorf("a host that runs is called failed: %+v", v)
			}
			g, _ := c.s.Group(c.cfg)
			unknown := false
			for _, w := range g.Warnings {
				unknown = unknown || w.Key == power.WarnNeededUnknown
			}
			diff(t, "warned of", c.neededUnknown, unknown)
		})
	}
}

func TestAFeedThatIsConfiguredIsAFate(t *testing.T) {
	t.Parallel()
	cfg := power.Settings{Needed: 2, Feeds: map[string]string{"psu1": "a", "psu2": "b", "psu3": "a", "psu4": "b"}}
	g, feeds := of(supply(1), supply(2), supply(3), supply(4)).Group(cfg)
	diff(t, "feeds", []redundancy.Part{
		{ID: "feed:a", Name: "a", Domain: "feed"}, {ID: "feed:b", Name: "b", Domain: "feed"},
	}, feeds)
	s := redundancy.Snapshot{Sources: []redundancy.Source{{Name: "power", Observation: redundancy.Observation{
		Groups: []redundancy.Group{g}, Parts: feeds,
	}}}}
	without := redundancy.WhatIf(s, "feed:b")
	diff(t, "without feed b", redundancy.Lost, without.Verdicts[0].Status)
}

func TestALoadThatOneSupplyFewerCannotCarryIsAWarning(t *testing.T) {
	t.Parallel()
	s := of(supply(1), supply(2))
	for i := range s.Supplies {
		s.Supplies[i].Rated = power.Watts{Known: true, Value: 750}
	}
	s.Peak = power.Watts{Known: true, Value: 820}
	g, _ := s.Group(power.Settings{Needed: 1})
	s.Supplies = append(s.Supplies, pulled(3)) // of one that is not there nobody asks what it could give
	three, _ := s.Group(power.Settings{})
	diff(t, "needed", redundancy.Exactly(2), three.Needs.AllOf[0].Needed)
	diff(t, "warnings", []redundancy.Warning{{
		Key: power.WarnOverload, Text: "with one supply less, the others could not carry the load that was measured",
		Evidence: []redundancy.Evidence{{Where: "load", Value: "820 W at the most so far, one supply gives 750 W"}},
	}}, g.Warnings)
}
