package main

import (
	"net/http"
	"sync"
	"time"

	"plimsoll/fleet/ledger"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
)

// arbiter knows a fleet that does not exist, and judges it whenever it is asked.
type arbiter struct {
	of  func() view.Overview
	now func() time.Time
}

func (a *arbiter) Overview() view.Overview {
	o := a.of()
	if o.Answers { // one that does not stands still
		o.At = a.now()
	}
	return o
}

// Changed never is: what time alone changes is seen with the next beat.
func (*arbiter) Changed() <-chan struct{} { return nil }

// turned is an arbiter whose fleet is well until somebody asks for /turn, as the driver does to know the moment.
type turned struct {
	now func() time.Time

	mu   sync.Mutex
	ill  bool
	turn chan struct{} // closed once it is
}

func (a *turned) Overview() view.Overview {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := xtest.WellFleet(40)
	if a.ill {
		o = xtest.TroubledFleet()
	}
	o.At = a.now()
	return o
}

func (a *turned) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ill {
		return nil // it stays so
	}
	return a.turn
}

// ServeHTTP has the fleet fall ill.
func (a *turned) ServeHTTP(http.ResponseWriter, *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ill {
		a.ill = true
		close(a.turn)
	}
}

// fleets are the scenes of fleets by name.
func fleets() map[string]func() view.Overview {
	return map[string]func() view.Overview{
		"fleet-empty": func() view.Overview { return xtest.WellFleet(0) }, "fleet-well": func() view.Overview { return xtest.WellFleet(40) },
		"fleet-troubled": xtest.TroubledFleet, "fleet-many": manyHosts, "fleet-hostile": hostileFleet, "fleet-cut": cut,
	}
}

// manyHosts is a fleet of a thousand, of which some are not well.
func manyHosts() view.Overview {
	const hosts, each = 1_000, 40
	o := xtest.WellFleet(hosts)
	ill := xtest.TroubledFleet().Hosts
	for i := 0; i < hosts; i += each {
		if is := ill[i/each%len(ill)].Alive; is != nil {
			o.Hosts[i].Alive = is
		}
	}
	return o
}

// hostileFleet is one whose hosts and people write what an attacker would.
func hostileFleet() view.Overview {
	const evil = `"><img src=x onerror=alert(1)><script>alert(1)</script>`
	o := xtest.TroubledFleet()
	o.Fleet, o.Problem, o.Version = evil, evil, evil
	for i := range o.Hosts {
		h := &o.Hosts[i]
		h.Domains = map[string][]string{"rack": {evil}}
		if h.Alive != nil {
			h.Alive.Status = evil
			for j := range h.Alive.Faults {
				h.Alive.Faults[j].Fault = evil
			}
		}
	}
	for i := range o.Pools {
		o.Pools[i].Ledger.Frozen = []ledger.Freeze{{Cause: ledger.ByHand, Why: evil, By: evil}}
	}
	for i := range o.Told {
		o.Told[i].ID, o.Told[i].Text = evil, evil
	}
	return o
}

// cut is an arbiter that has been cut off for ten minutes.
func cut() view.Overview {
	const still = 10 * time.Minute
	o := xtest.TroubledFleet()
	o.Answers, o.Problem, o.At = false, "open the store: nats: no responders", o.At.Add(-still)
	return o
}
