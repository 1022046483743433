package arbiter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/wire"
)

// Place is a host's place in the inventory. It stays until a person retires the host, and as a retired one after that.
type Place struct {
	ID      string              `json:"id"`
	Version string              `json:"version,omitempty"` // of its agent, when this was written
	Pools   []string            `json:"pools"`
	Domains map[string][]string `json:"domains"`
	// Since is when it was registered or retired, by the clock of the arbiter that did; for people.
	Since time.Time `json:"since"`
	// Retired is the person who retired it; empty: it is registered.
	Retired string `json:"retired,omitempty"`
}

// maxPlace bounds a place in bytes: a registration is no longer.
const maxPlace = wire.MaxMessage

// placeOf is the place that r asks for.
func placeOf(r wire.Registration, now time.Time) Place {
	p := Place{
		ID: r.ID, Version: r.Version, Pools: slices.Compact(slices.Sorted(slices.Values(r.Pools))),
		Domains: map[string][]string{}, Since: now.UTC().Truncate(time.Second),
	}
	for domain, names := range r.Domains {
		if len(names) > 0 {
			p.Domains[domain] = slices.Compact(slices.Sorted(slices.Values(names)))
		}
	}
	return p
}

// domainsIn are the registered hosts of each failure domain, sorted.
func domainsIn(places map[string]Place) map[string][]string {
	out := map[string][]string{}
	for _, host := range slices.Sorted(maps.Keys(places)) {
		if p := places[host]; p.Retired == "" {
			for _, domain := range p.domains() {
				out[domain] = append(out[domain], host)
			}
		}
	}
	return out
}

// domains are the failure domains that the host stands on, as cases name them, sorted.
func (p Place) domains() []string {
	var out []string
	for domain, names := range p.Domains {
		for _, name := range names {
			out = append(out, domain+":"+name)
		}
	}
	slices.Sort(out)
	return out
}

// same says whether p says of a host what o says.
func (p Place) same(o Place) bool {
	return p.ID == o.ID && p.Version == o.Version && p.Retired == o.Retired && slices.Equal(p.Pools, o.Pools) &&
		maps.EqualFunc(p.Domains, o.Domains, slices.Equal)
}

// Inventory is who belongs to the fleet: a bucket with a key for each host, changed by compare-and-set alone.
type Inventory struct{ bucket jetstream.KeyValue }

// ErrNoHost is in the error of a host that the inventory does not have.
var ErrNoHost = errors.New("no such host")

// Read is the place of a host and its revision, which may be an old one. It answers ErrNoHost.
func (i Inventory) Read(ctx context.Context, host string) (Place, uint64, error) {
	e, err := i.bucket.Get(ctx, host)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Place{}, 0, fmt.Errorf("read place of %s: %w", host, ErrNoHost)
	}
	if err != nil {
		return Place{}, 0, fmt.Errorf("read place of %s: %w", host, err)
	}
	p, err := wholePlace(host, e.Value())
	return p, e.Revision(), err
}

// readPlace is what this version understands of a place: what a later one added is passed over.
func readPlace(host string, text []byte) (Place, error) {
	var p Place
	if err := json.Unmarshal(text, &p); err != nil {
		return Place{}, fmt.Errorf("read place of %s: %w", host, err)
	}
	return p, nil
}

// wholePlace is a place that this version understands all of: what it does not would be lost by writing it anew.
func wholePlace(host string, text []byte) (Place, error) {
	var p Place
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Place{}, fmt.Errorf("read place of %s to write it anew: %w", host, err)
	}
	return p, nil
}

// Write puts p in the place that host has at revision; 0: it has none. It answers ErrConflict where that is no longer so. Any
// other error leaves open whether it was written.
func (i Inventory) Write(ctx context.Context, host string, p Place, revision uint64) (uint64, error) {
	text, err := json.Marshal(p)
	if err == nil && len(text) > maxPlace {
		err = fmt.Errorf("%d bytes, of at most %d", len(text), maxPlace)
	}
	if err != nil {
		return 0, fmt.Errorf("write place of %s: %w", host, err)
	}
	revision, err = i.bucket.Update(ctx, host, text, revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, fmt.Errorf("write place of %s: %w", host, ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("write place of %s: %w", host, err)
	}
	return revision, nil
}

// keys are those of a bucket, sorted.
func keys(ctx context.Context, bucket jetstream.KeyValue, what string) ([]string, error) {
	lister, err := bucket.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	out := slices.Sorted(func(yield func(string) bool) {
		for k := range lister.Keys() {
			if !yield(k) {
				return
			}
		}
	})
	if err := ctx.Err(); err != nil { // the lister ends with it, and says nothing
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return slices.Compact(out), nil
}
