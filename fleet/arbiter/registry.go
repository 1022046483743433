package arbiter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// Registry keeps the inventory, and has the ledgers of the pools follow it.
type Registry struct {
	inventory Inventory
	clerk     *Clerk
	wall      func() time.Time
	log       *slog.Logger
}

// NewRegistry makes a registry. wall is the time of day, which is for people.
func NewRegistry(i Inventory, c *Clerk, wall func() time.Time, log *slog.Logger) *Registry {
	return &Registry{inventory: i, clerk: c, wall: wall, log: log}
}

// Register gives host the place that it asks for, and makes it a member of its pools. It can be asked again and again: the
// second time makes good what the first left undone. What it answers with an error is not known to be done.
func (r *Registry) Register(ctx context.Context, host string, ask wire.Registration) (wire.Registered, error) {
	was, revision, err := r.inventory.Read(ctx, host)
	if err != nil && !errors.Is(err, ErrNoHost) {
		return wire.Registered{}, err
	}
	next := placeOf(ask, r.wall())
	if was.Retired != "" && was.ID == next.ID {
		return wire.Registered{Refused: []string{fmt.Sprintf("%s retired this host; to have it back: plimsoll fleet retire --undo %s",
			was.Retired, wire.HostName(host))}}, nil
	}
	if revision == 0 || !was.same(next) {
		if revision, err = r.inventory.Write(ctx, host, next, revision); err != nil {
			return wire.Registered{}, err
		}
		r.log.Info("host registered", "host", host, "id", next.ID, "was", was.ID, "pools", next.Pools)
	}
	answer := wire.Registered{Revision: revision, Pools: []string{}}
	for _, pool := range next.Pools {
		if why := r.enter(ctx, pool, host); why != "" {
			answer.Refused = append(answer.Refused, why)
		} else {
			answer.Pools = append(answer.Pools, pool)
		}
	}
	for _, pool := range was.Pools {
		if !slices.Contains(next.Pools, pool) {
			if why := r.leave(ctx, pool, host, ""); why != "" {
				answer.Refused = append(answer.Refused, why)
			}
		}
	}
	return answer, r.unlessRetired(ctx, host, next.Pools)
}

// unlessRetired takes back what a registration did for a host that a person has retired meanwhile.
func (r *Registry) unlessRetired(ctx context.Context, host string, pools []string) error {
	now, _, err := r.inventory.Read(ctx, host)
	if err != nil || now.Retired == "" {
		return err
	}
	for _, pool := range pools {
		if why := r.leave(ctx, pool, host, now.Retired); why != "" {
			err = errors.Join(err, errors.New(why))
		}
	}
	return errors.Join(fmt.Errorf("register %s: %s has retired it meanwhile", host, now.Retired), err)
}

// enter makes host a member of pool, and says why it could not.
func (r *Registry) enter(ctx context.Context, pool, host string) (why string) {
	page, err := r.clerk.Look(ctx, pool)
	if err == nil && page.Ledger.Member(host) {
		return ""
	}
	if err == nil {
		_, err = r.clerk.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Register(host) })
	}
	return said(pool, err, ledger.WhyMember)
}

// leave takes host out of pool, and says why it could not.
func (r *Registry) leave(ctx context.Context, pool, host, by string) (why string) {
	_, err := r.clerk.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Retire(host, by) })
	if errors.Is(err, ErrNoPool) {
		return ""
	}
	return said(pool, err, ledger.WhyMember)
}

// said is what became of an operation on a pool in words; empty: it is as it was to be, which a refusal for this reason says.
func said(pool string, err error, fine string) string {
	refused, isRefused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil, isRefused && slices.ContainsFunc(refused.Why, func(w ledger.Reason) bool { return w.Key == fine }):
		return ""
	case errors.Is(err, ErrNoPool):
		return fmt.Sprintf("pool %s: there is none; to make it: plimsoll fleet pools set %s --budget 1 --min-healthy 1", pool, pool)
	default:
		return ledger.Clip(fmt.Sprintf("pool %s: %v", pool, err))
	}
}

// Retire takes host out of all its pools and marks its place, on the word of a person. Pools in which it may be acting refuse,
// and it stays registered.
func (r *Registry) Retire(ctx context.Context, host, by string) (wire.Done, error) {
	was, revision, err := r.inventory.Read(ctx, host)
	switch {
	case errors.Is(err, ErrNoHost):
		return wire.Done{Refused: []string{wire.HostName(host) + " is not registered"}}, nil
	case err != nil:
		return wire.Done{}, err
	case was.Retired != "":
		return wire.Done{Refused: []string{was.Retired + " has retired it already"}}, nil
	}
	var out wire.Done
	for _, pool := range was.Pools {
		if why := r.leave(ctx, pool, host, by); why != "" {
			out.Refused = append(out.Refused, why)
		} else {
			out.Did = append(out.Did, fmt.Sprintf("%s is no member of %s any more", wire.HostName(host), pool))
		}
	}
	if len(out.Refused) > 0 {
		return out, nil
	}
	next := was
	next.Retired, next.Since = by, r.wall().UTC().Truncate(time.Second)
	if _, err := r.inventory.Write(ctx, host, next, revision); err != nil {
		return wire.Done{}, err
	}
	r.log.Info("host retired", "host", host, "by", by)
	out.Did = append(out.Did, wire.HostName(host)+" is retired: with this installation it cannot register again")
	return out, nil
}

// Readmit takes a retirement back: the host registers again by itself.
func (r *Registry) Readmit(ctx context.Context, host, by string) (wire.Done, error) {
	was, revision, err := r.inventory.Read(ctx, host)
	switch {
	case errors.Is(err, ErrNoHost):
		return wire.Done{Refused: []string{wire.HostName(host) + " is not registered"}}, nil
	case err != nil:
		return wire.Done{}, err
	case was.Retired == "":
		return wire.Done{Refused: []string{wire.HostName(host) + " is not retired"}}, nil
	}
	next := was
	next.Retired, next.Pools, next.Since = "", nil, r.wall().UTC().Truncate(time.Second)
	if _, err := r.inventory.Write(ctx, host, next, revision); err != nil {
		return wire.Done{}, err
	}
	r.log.Info("host readmitted", "host", host, "by", by)
	return wire.Done{Did: []string{wire.HostName(host) + " is registered, and enters its pools when it registers next, within minutes"}}, nil
}
