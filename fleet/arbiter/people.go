package arbiter

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// pageBytes is how much of a message a page fills; what a row takes beyond that fits into the rest.
const pageBytes = wire.MaxMessage / 2

// register gives a host its place, and says which of its failure domains have hosts enough for a fault of theirs to be told.
func (d *desk) register(ctx context.Context, host string, ask wire.Registration) (wire.Registered, error) {
	answer, err := d.registry.Register(ctx, host, ask)
	if err != nil || answer.Revision == 0 {
		return answer, err
	}
	all := d.domains()
	for _, domain := range placeOf(ask, time.Time{}).domains() {
		if len(all[domain]) >= d.cfg.Rules.Voters && len(answer.Shared) < wire.MaxShared {
			answer.Shared = append(answer.Shared, domain)
		}
	}
	return answer, nil
}

// hosts is a page of the hosts of the fleet.
func (d *desk) hosts(_ context.Context, _ string, q wire.HostsQuery) (wire.Hosts, error) {
	out := wire.Hosts{Arbiter: d.cfg.Name, Hosts: []wire.HostRow{}}
	if q.After == "" {
		out.Cases = d.cases()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	names := slices.Sorted(maps.Keys(d.places))
	first, _ := slices.BinarySearch(names, q.After+"\x00")
	size, now := 0, time.Now()
	for _, host := range names[first:] {
		row := d.rowLocked(now, host)
		text, err := json.Marshal(row)
		if err != nil {
			return wire.Hosts{}, err
		}
		if size += len(text); size > pageBytes && len(out.Hosts) > 0 {
			out.More = true
			return out, nil
		}
		out.Hosts = append(out.Hosts, row)
	}
	return out, nil
}

// cases are the faults that are shared, and those of which nobody can tell, as this arbiter judges them.
func (d *desk) cases() []wire.CaseRow {
	d.mu.Lock()
	look := d.look
	d.mu.Unlock()
	if look == nil {
		return nil
	}
	var out []wire.CaseRow
	for _, j := range look.judge() {
		switch v := j.verdict; v.State {
		case correlate.Quiet, correlate.TooFew, correlate.Cleared:
		case correlate.Found, correlate.Calming, correlate.Undetermined:
			out = append(out, wire.CaseRow{
				Domain: j.about.Domain, Fault: j.about.Fault, State: string(v.State), Hurt: len(v.Hurt), Silent: v.Silent, Registered: v.Registered,
			})
		}
	}
	return out[:min(len(out), wire.MaxCases)]
}

// rowLocked is a host of the inventory, and what was heard of it. The caller holds a.mu.
func (a *Arbiter) rowLocked(now time.Time, host string) wire.HostRow {
	p, here := a.places[host], a.roll.Of(now, host)
	row := wire.HostRow{
		Host: host, ID: p.ID, Pools: p.Pools, Domains: p.Domains, Since: p.Since, Retired: p.Retired, Seen: here.Seen, Alive: here.Alive,
	}
	if here.Alive != nil {
		age := here.Age.Seconds()
		row.AgeS = &age
	}
	return row
}

// pools is a page of the pools of the fleet.
func (d *desk) pools(ctx context.Context, _ string, q wire.PoolsQuery) (wire.Pools, error) {
	const most = 50 // a row has at most a kilobyte
	names, err := d.store.ledgers.Pools(ctx)
	if err != nil {
		return wire.Pools{}, err
	}
	first, _ := slices.BinarySearch(names, q.After+"\x00")
	out := wire.Pools{Pools: []wire.PoolRow{}}
	for _, pool := range names[first:] {
		if len(out.Pools) == most {
			out.More = true
			break
		}
		out.Pools = append(out.Pools, d.pool(ctx, pool))
	}
	return out, nil
}

func (d *desk) pool(ctx context.Context, pool string) wire.PoolRow {
	row := wire.PoolRow{Pool: pool}
	p, err := d.clerk.Look(ctx, pool)
	if err != nil {
		row.Problem = ledger.Clip(err.Error())
		return row
	}
	l := p.Ledger
	row.Revision, row.Members, row.Budget, row.MinHealthy, row.Open = p.On.Revision, len(l.Members), l.Budget, l.MinHealthy, len(l.Open())
	for _, f := range l.Frozen {
		row.Frozen = append(row.Frozen, ledger.Clip(string(f.Cause)+": "+f.Why))
	}
	return row
}

// setPool makes a pool, or changes its numbers.
func (d *desk) setPool(ctx context.Context, by string, s wire.PoolSetting) (wire.Done, error) {
	_, err := d.clerk.Do(ctx, s.Pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) {
		return l.Set(s.Budget, s.MinHealthy, by)
	})
	if !errors.Is(err, ErrNoPool) {
		return doneOr(err, "pool "+s.Pool+" is changed")
	}
	l, why := ledger.New(s.Pool, s.Budget, s.MinHealthy)
	if len(why) > 0 {
		return doneOr(&RefusedError{Why: why}, "")
	}
	page, err := d.store.ledgers.Create(ctx, l)
	if err == nil {
		d.log.Info("pool made", "pool", s.Pool, "by", by, "revision", page.On.Revision)
	}
	return doneOr(err, "pool "+s.Pool+" is made; its hosts enter it when they register next, within minutes")
}

// retire takes a host out of the fleet, or takes that back.
func (d *desk) retire(ctx context.Context, by string, r wire.Retirement) (wire.Done, error) {
	if r.Undo {
		return d.registry.Readmit(ctx, r.Host, by)
	}
	return d.registry.Retire(ctx, r.Host, by)
}

// doneOr is the answer to a person: what was done, or what was said against it.
func doneOr(err error, did string) (wire.Done, error) {
	if refused, is := errors.AsType[*RefusedError](err); is {
		var out wire.Done
		for _, w := range refused.Why {
			out.Refused = append(out.Refused, w.String())
		}
		return out, nil
	}
	if err != nil {
		return wire.Done{}, err
	}
	return wire.Done{Did: []string{did}}, nil
}
