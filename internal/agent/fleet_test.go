package agent

import (
	"context"
	"testing"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

func TestAnAgentRegistersAnswersForTheFleetAndIsShownAsItIs(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	h := newHabitat(t)
	h.cfg.NATS.URLs, h.cfg.NATS.CreateStream, h.cfg.NATS.Fleet = f.URLs(), false, fleettest.Name
	h.cfg.NATS.Credentials = f.Credentials(bootstrap.Host, "db1")
	h.cfg.Host.Labels = map[string]string{"rack": "r12", "feed.psu1": "a", "feed.psu2": "b", "owner": "dba"}
	h.cfg.Fleet.Register, h.cfg.Fleet.Arbiter = true, true
	h.cfg.Fleet.ArbiterCredentials = f.Credentials(bootstrap.Arbiter, "db1")
	h.raid.finds(halved)
	l := h.start()
	l.until("registered by its own arbiter", func(v *view.View) bool { return v.Fleet.Registered && v.Fleet.Answers })

	alice := f.Connect(bootstrap.Person, "alice")
	var row wire.HostRow
	h.eventually("it is shown as it is", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
		defer cancel()
		hosts, err := fleet.Ask[wire.Hosts](ctx, alice, wire.OrderSubject(fleettest.Name, "alice", wire.OrderStatus), wire.HostsQuery{})
		if err != nil || len(hosts.Hosts) != 1 {
			return false
		}
		row = hosts.Hosts[0]
		return row.Alive != nil && row.Alive.Status == redundancy.Lost.String()
	})
	if len(row.Domains["feed"]) != 2 || len(row.Domains["rack"]) != 1 || len(row.Domains) != 2 {
		t.Errorf("failure domains: %v, want two feeds and a rack", row.Domains)
	}
	if row.Alive.Margin == nil || *row.Alive.Margin != (wire.Margin{Least: 0, Most: 0, Full: 1}) {
		t.Errorf("margin: %+v", row.Alive.Margin)
	}
}
