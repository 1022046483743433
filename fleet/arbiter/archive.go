package arbiter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/wire"
)

// Archive is what hosts are known good as: a bucket with a key for each host, in which each host's arbiter puts what that host
// says of itself. Nothing is decided by it.
type Archive struct{ bucket jetstream.KeyValue }

// Newest are the baselines that are kept of a host, the newest first.
func (a Archive) Newest(ctx context.Context, host string) ([]wire.Baseline, error) {
	entries, err := a.bucket.History(ctx, host)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read baselines of %s: %w", host, err)
	}
	out := make([]wire.Baseline, 0, len(entries))
	for i := range entries {
		e := entries[len(entries)-1-i]
		b, err := readBaseline(e)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// Keep puts b on top of what is kept of host, unless that says the same already, and gives the revision that has it. Two at once
// are both kept.
func (a Archive) Keep(ctx context.Context, host string, b wire.Baseline) (uint64, error) {
	e, err := a.bucket.Get(ctx, host)
	switch {
	case err == nil:
		if was, err := readBaseline(e); err == nil && was.Digest == b.Digest {
			return e.Revision(), nil
		}
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, fmt.Errorf("keep baseline of %s: %w", host, err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return 0, fmt.Errorf("keep baseline of %s: %w", host, err)
	}
	revision, err := a.bucket.Put(ctx, host, text)
	if err != nil {
		return 0, fmt.Errorf("keep baseline of %s: %w", host, err)
	}
	return revision, nil
}

func readBaseline(e jetstream.KeyValueEntry) (wire.Baseline, error) {
	var b wire.Baseline
	err := json.NewDecoder(bytes.NewReader(e.Value())).Decode(&b)
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		return wire.Baseline{}, fmt.Errorf("read baseline of %s: %w", e.Key(), err)
	}
	return b, nil
}

// keep keeps what a host is known good as. Of one that is not registered nothing is kept: credentials that no host uses any more
// fill no store.
func (d *desk) keep(ctx context.Context, host string, b wire.Baseline) (wire.Kept, error) {
	p, _, err := d.store.inventory.Read(ctx, host)
	switch {
	case errors.Is(err, ErrNoHost):
		return wire.Kept{Refused: "it is not registered"}, nil
	case err != nil:
		return wire.Kept{}, err
	case p.Retired != "":
		return wire.Kept{Refused: p.Retired + " has retired it"}, nil
	}
	revision, err := d.store.archive.Keep(ctx, host, b)
	if err != nil {
		return wire.Kept{}, err
	}
	d.log.Debug("baseline kept", slog.String("host", host), slog.Uint64("revision", revision))
	return wire.Kept{Revision: revision}, nil
}

// knownGood is what is kept of a host, whether it is registered or not.
func (d *desk) knownGood(ctx context.Context, _ string, q wire.BaselineQuery) (wire.KnownGood, error) {
	all, err := d.store.archive.Newest(ctx, q.Host)
	if err != nil {
		return wire.KnownGood{}, err
	}
	out := wire.KnownGood{There: len(all)}
	if q.Back < len(all) {
		out.Baseline = &all[q.Back]
	}
	return out, nil
}
