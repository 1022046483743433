package host

import (
	"context"
	"log/slog"
	"path/filepath"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/lab/site"
	"plimsoll/redundancy"
)

// Host is one. Its member asks for leave, its hello says how it is.
type Host struct {
	Name      string
	Member    *member.Member
	Hello     *member.Hello
	publisher *fleet.Publisher
}

// Place is where a host is and what it asks for.
type Place struct {
	Name    string
	Dir     string // what it keeps of its pools is there
	Pools   []string
	Domains map[string][]string
	Config  fleet.Config
	Log     *slog.Logger
}

// New makes a host that is as self says.
func New(p Place, self member.Host) (*Host, error) {
	id := "id-" + p.Name
	h := &Host{
		Name:   p.Name,
		Member: member.New(site.Fleet, p.Name, p.Pools, filepath.Join(p.Dir, "kept.json"), self, p.Log),
		Hello:  member.NewHello(site.Fleet, p.Name, wire.Registration{ID: id, Version: "lab", Pools: p.Pools, Domains: p.Domains}, p.Log),
	}
	var err error
	h.publisher, err = fleet.NewPublisher(p.Config, view.Host{ID: id, Name: p.Name, Fleet: site.Fleet}, p.Log, h.Member, h.Hello)
	return h, err
}

// Run is the host's connection to its fleet, until ctx ends.
func (h *Host) Run(ctx context.Context) error { return h.publisher.Run(ctx) }

// Reports gives the newest report of the connection after every change. It has one reader.
func (h *Host) Reports() <-chan fleet.Report { return h.publisher.Reports() }

// Offer has an event published.
func (h *Host) Offer(it fleet.Item) { h.publisher.Offer(it) }

// Action is one of fleet reach, by which a host of a lab asks for leave.
func Action(pool, nonce string) actions.Action {
	return actions.Action{
		ID: nonce, Verb: actions.ServiceRestart, Group: redundancy.ID("service:web"), Name: "web", Reach: actions.ReachFleet, Pool: pool,
	}
}

// Well is a host that always serves, and is healthy after whatever was done to it.
type Well struct{}

// Condition is member.Host.
func (Well) Condition(string) member.Condition { return member.Condition{Serving: ledger.ServingYes} }

// Healthy is member.Host.
func (Well) Healthy(actions.Action) (bool, string) { return true, "" }
