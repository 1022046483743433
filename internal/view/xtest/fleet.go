package xtest

import (
	"fmt"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// WellFleet is a fleet of this many hosts, ten to a rack and a hundred to a pool, of which there is nothing to be said.
func WellFleet(hosts int) view.Overview {
	const toRack, toPool = 10, 100
	o := view.Overview{At: At(), Since: At().Add(-26 * time.Hour), Fleet: "prod", Arbiter: "arb1", Version: Version, Answers: true}
	for i := range hosts {
		pool := fmt.Sprintf("db%d", i/toPool)
		o.Hosts = append(o.Hosts, heard(fmt.Sprintf("h%05d", i), pool, fmt.Sprintf("r%d", i/toRack), redundancy.FullyRedundant, 2))
		if i%toPool == 0 {
			o.Pools = append(o.Pools, view.Pool{Revision: 7, Ledger: ledger.Ledger{Pool: pool, Budget: 2, MinHealthy: 3}})
		}
		l := &o.Pools[len(o.Pools)-1].Ledger
		l.Members = append(l.Members, o.Hosts[i].Host)
	}
	return o
}

// heard is a host that is heard and has a margin of least of 2.
func heard(token, pool, rack string, s redundancy.Status, least int) wire.HostRow {
	age := 20.0
	return wire.HostRow{
		Host: token, ID: "id-" + token, Pools: []string{pool}, Domains: map[string][]string{"rack": {rack}, "feed": {rack + "-a", rack + "-b"}},
		Since: At().Add(-30 * 24 * time.Hour), Seen: wire.SeenPresent, AgeS: &age,
		Alive: &wire.Alive{ID: "id-" + token, Version: Version, Status: s.String(), Margin: &wire.Margin{Least: least, Most: least, Full: 2}},
	}
}

// TroubledFleet is a fleet of 24 hosts in two pools: a rack has lost a feed, one host has lost its margin, one is down, one is
// silent while it has leave, one was retired, and the second pool is frozen.
func TroubledFleet() view.Overview {
	o := WellFleet(24)
	o.Pools = nil
	for i := range o.Hosts {
		if i >= 16 {
			o.Hosts[i].Pools = []string{"web"}
		}
	}
	for i := range 6 {
		a := o.Hosts[i].Alive
		a.Status, a.Margin.Least, a.Margin.Most = redundancy.Degraded.String(), 1, 1
		a.Faults = []wire.Fault{{Domain: "feed:r0-a", Fault: "power.failed", AgeS: 40}}
	}
	is := func(i int, s redundancy.Status, least, most int) {
		o.Hosts[i].Alive.Status, o.Hosts[i].Alive.Margin.Least, o.Hosts[i].Alive.Margin.Most = s.String(), least, most
	}
	is(12, redundancy.Lost, 0, 0)
	is(17, redundancy.Failed, -1, -1)
	is(18, redundancy.StatusUnknown, -1, 1)
	o.Hosts[17].Alive.Failing = []string{"web"}
	age := 400.0
	o.Hosts[13].Seen, o.Hosts[13].AgeS = wire.SeenAbsent, &age
	o.Hosts[19].Seen, o.Hosts[19].AgeS, o.Hosts[19].Alive = wire.SeenUnheard, nil, nil
	o.Hosts[20].Alive.Status, o.Hosts[20].Alive.Margin = "", nil
	o.Hosts[21].Retired = "alice"
	o.Hosts[22].Pools, o.Hosts[22].Domains = nil, nil
	db := ledger.Ledger{Pool: "db0", Budget: 1, MinHealthy: 3, Entries: []ledger.Entry{
		{Host: "h00013", Nonce: "n1", Action: "service.restart web", Phase: ledger.Started, Token: 16},
	}}
	web := ledger.Ledger{Pool: "web", Budget: 1, MinHealthy: 2, Frozen: []ledger.Freeze{{Cause: ledger.ByHand, By: "alice", Why: "a switch is being replaced"}}}
	for i, h := range o.Hosts {
		switch {
		case i < 16:
			db.Members = append(db.Members, h.Host)
		case len(h.Pools) > 0 && h.Retired == "":
			web.Members = append(web.Members, h.Host)
		}
	}
	o.Pools = []view.Pool{{Ledger: db, Revision: 17}, {Ledger: web, Revision: 9}}
	o.Cases = []view.Case{{
		Case: correlate.Case{Domain: "feed:r0-a", Fault: "power.failed"}, Incident: 2,
		Verdict: correlate.Verdict{State: correlate.Found, Hurt: []string{"h00000", "h00001", "h00002", "h00003", "h00004", "h00005"}, Registered: 10},
	}, {
		Case: correlate.Case{Domain: "switch:sw7", Fault: "bond.degraded"}, Verdict: correlate.Verdict{State: correlate.TooFew, Hurt: []string{"h00012"}, Registered: 2},
	}}
	o.Deeds = []view.Deed{
		decided("db0", 16, 12*time.Minute, ledger.Deed{What: ledger.DeedGranted, Host: "h00013", Nonce: "n1", Action: "service.restart web"}),
		decided("db0", 17, 12*time.Minute, ledger.Deed{What: ledger.DeedStarted, Host: "h00013", Nonce: "n1", Action: "service.restart web"}),
		decided("web", 9, 5*time.Minute, ledger.Deed{What: ledger.DeedFrozen, By: "alice", Why: "a switch is being replaced"}),
	}
	o.Told = []redundancy.Event{{
		ID: "fleet/f1/1", Type: redundancy.FleetFrozen, Time: At().Add(-5 * time.Minute), Subject: "pool:web", Severity: redundancy.SeverityWarning,
		Text: "pool web is frozen by hand: a switch is being replaced, by alice",
	}, {
		ID: "fleet/c1/3", Type: redundancy.CorrelationFound, Time: At().Add(-30 * time.Second), Subject: "feed:r0-a", Severity: redundancy.SeverityCritical,
		Text: "feed r0-a: 6 of 10 hosts see power.failed",
	}}
	return o
}

func decided(pool string, revision uint64, ago time.Duration, d ledger.Deed) view.Deed {
	return view.Deed{Pool: pool, Decision: wire.Decision{Revision: revision, At: At().Add(-ago), Deed: d}}
}
