package actions_test

import (
	"maps"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// bond is active-backup: one path is in use, whoever is silent.
type bond struct {
	active string
	silent map[string]bool
}

func (b *bond) group() redundancy.Group {
	g := redundancy.Group{ID: "bond:bond0", Name: "bond0", Kind: redundancy.KindBond, Type: redundancy.Failover, Serving: redundancy.Yes}
	for _, name := range slices.Sorted(maps.Keys(b.silent)) {
		m := redundancy.Component{ID: g.ID + redundancy.ID("/"+name), Name: name, State: redundancy.Standby, Health: redundancy.OK}
		if b.active == name {
			m.State = redundancy.Enabled
		}
		if b.silent[name] {
			m.Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
		}
		g.Members = append(g.Members, m)
	}
	g.Needs = oneOf(g.Members)
	return g
}

func oneOf(members []redundancy.Component) redundancy.Needs {
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for _, m := range members {
		if m.State != redundancy.Spare {
			need.Members = append(need.Members, m.ID)
		}
	}
	return redundancy.Needs{AllOf: []redundancy.Need{need}}
}

func (b *bond) do(a actions.Action, _ time.Time) { b.active = base(a.To) }
func (b *bond) pass(time.Time)                   {}
func (b *bond) healed() bool                     { return !b.silent[b.active] }

// pager is a bond that nobody mends. Who is told of it is none of its state.
type pager struct{ bond }

func (p *pager) group() redundancy.Group {
	p.silent = map[string]bool{"eth0": true, "eth1": true}
	p.active = "eth0"
	return p.bond.group()
}
func (p *pager) do(actions.Action, time.Time) {}
func (p *pager) healed() bool                 { return false }

// array is a mirror with a member that is about to fail, and a spare. A replacement takes half a minute.
type array struct {
	began time.Time // of the replacement; zero: none
	now   time.Time
}

func (r *array) group() redundancy.Group {
	g := redundancy.Group{ID: "raid:md0", Name: "md0", Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Serving: redundancy.Yes}
	sda := redundancy.Component{State: redundancy.Enabled, Health: redundancy.HealthWarning, Doubts: []redundancy.Doubt{redundancy.DoubtPredicted}}
	sdb := redundancy.Component{State: redundancy.Enabled, Health: redundancy.OK}
	sdc := redundancy.Component{State: redundancy.Spare, Health: redundancy.OK}
	switch {
	case r.healed():
		sda, sdc.State = redundancy.Component{State: redundancy.Disabled, Health: redundancy.OK}, redundancy.Enabled
	case !r.began.IsZero():
		sdc.State = redundancy.Recovering
	}
	for i, m := range []redundancy.Component{sda, sdb, sdc} {
		m.Name = "sd" + string(rune('a'+i))
		m.ID = g.ID + redundancy.ID("/"+m.Name)
		g.Members = append(g.Members, m)
	}
	g.Needs = oneOf(g.Members)
	return g
}

func (r *array) do(_ actions.Action, now time.Time) {
	if r.began.IsZero() {
		r.began = now
	}
}
func (r *array) pass(now time.Time) { r.now = now }
func (r *array) healed() bool       { return !r.began.IsZero() && r.now.Sub(r.began) >= 30*time.Second }
