package arbiter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// Bucket is the ledgers in JetStream: a bucket with a key for each pool. It is a [Book].
type Bucket struct {
	stream jetstream.Stream // behind the bucket
	bucket jetstream.KeyValue
}

// Read is Book. Any replica may answer it, and when the stream was made its leader tells: both may be of the past.
func (b Bucket) Read(ctx context.Context, pool string) (Page, error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("read ledger %s: %w", pool, err)
	}
	e, err := b.bucket.Get(ctx, pool)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return Page{}, fmt.Errorf("read ledger %s: %w", pool, ErrNoPool)
	}
	if err != nil {
		return Page{}, fmt.Errorf("read ledger %s: %w", pool, err)
	}
	l, err := ledger.Parse(e.Value())
	if err != nil {
		return Page{}, fmt.Errorf("read ledger %s at revision %d: %w", pool, e.Revision(), err)
	}
	if l.Pool != pool {
		return Page{}, fmt.Errorf("read ledger %s at revision %d: it is that of %s: %w", pool, e.Revision(), l.Pool, ledger.ErrMalformed)
	}
	return Page{Ledger: l, On: l.At(info.Created, e.Revision())}, nil
}

// Write is Book.
func (b Bucket) Write(ctx context.Context, next ledger.Ledger, on ledger.Mark) (ledger.Mark, error) {
	return b.put(ctx, next, on.Created, on.Revision)
}

// Create makes the ledger of a pool that has none. It answers ErrConflict where there is one.
func (b Bucket) Create(ctx context.Context, first ledger.Ledger) (Page, error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("create ledger %s: %w", first.Pool, err)
	}
	on, err := b.put(ctx, first, info.Created, 0)
	return Page{Ledger: first, On: on}, err
}

func (b Bucket) put(ctx context.Context, l ledger.Ledger, created time.Time, revision uint64) (ledger.Mark, error) {
	text, err := l.Encode()
	if err != nil {
		return ledger.Mark{}, err
	}
	revision, err = b.bucket.Update(ctx, l.Pool, text, revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return ledger.Mark{}, fmt.Errorf("write ledger %s: %w", l.Pool, ErrConflict)
	}
	if err != nil {
		return ledger.Mark{}, fmt.Errorf("write ledger %s: %w", l.Pool, err)
	}
	return l.At(created, revision), nil
}

// History are the revisions of a pool's ledger that the store keeps, the oldest first.
func (b Bucket) History(ctx context.Context, pool string) ([]wire.Decision, error) {
	all, err := b.bucket.History(ctx, pool)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return nil, fmt.Errorf("read decisions of %s: %w", pool, ErrNoPool)
	}
	if err != nil {
		return nil, fmt.Errorf("read decisions of %s: %w", pool, err)
	}
	out := []wire.Decision{}
	for _, e := range all {
		if l, err := ledger.Parse(e.Value()); err == nil { // what another version wrote is left out
			out = append(out, wire.Decision{Revision: e.Revision(), At: e.Created().UTC(), Deed: l.Last})
		}
	}
	return out, nil
}

// Pools are the names of all pools, sorted.
func (b Bucket) Pools(ctx context.Context) ([]string, error) { return keys(ctx, b.bucket, "pools") }
