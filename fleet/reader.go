package fleet

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/wire"
)

// Reader reads the events of a fleet from the stream, one request for each. It is for people: what it reads may be of the past
// where an old leader answers.
type Reader struct {
	fleet  string // as a token
	stream stream
}

// NewReader reads the events of a fleet over a connection that may read the stream.
func NewReader(fleetToken string, nc *nats.Conn, timeout time.Duration) Reader {
	return Reader{fleet: fleetToken, stream: stream{nc: nc, name: DefaultStream, timeout: timeout}}
}

// Filter is which events are read; what is empty is any.
type Filter struct {
	Host string // as a token; wire.Fleetwide for what arbiters tell
	Kind string
	Noun string // the first half of the type
	Verb string // the second
}

// Stored is an event as the stream holds it.
type Stored struct {
	Seq  uint64
	Time time.Time // when it was stored, by the server's clock
	Data []byte    // for Decode
}

func (r Reader) subject(f Filter) string {
	any := func(token string) string {
		if token == "" {
			return "*"
		}
		return token
	}
	return wire.Subject(r.fleet, any(f.Host), wire.Event) + "." + any(f.Kind) + "." + any(f.Noun) + "." + any(f.Verb)
}

// Next is the first event under f with this sequence or a later one, and false where there is none yet.
func (r Reader) Next(ctx context.Context, f Filter, seq uint64) (Stored, bool, error) {
	m, found, err := r.stream.next(ctx, r.subject(f), max(seq, 1))
	if err != nil {
		return Stored{}, false, fmt.Errorf("read the fleet's events: %w", serverProblem(err))
	}
	return Stored{Seq: m.Seq, Time: m.Time, Data: m.Data}, found, nil
}

// Since is the sequence of the first event under f that was stored at t or later, or the next one, where there is none.
func (r Reader) Since(ctx context.Context, f Filter, t time.Time) (uint64, error) {
	last, any, err := r.stream.last(ctx, r.subject(f))
	if err != nil {
		return 0, fmt.Errorf("read the fleet's events: %w", serverProblem(err))
	}
	if !any {
		return 1, nil
	}
	var failed error
	n := sort.Search(int(last.Seq), func(i int) bool { // sequences are in the order of time
		if failed != nil {
			return true
		}
		m, found, err := r.Next(ctx, f, uint64(i)+1)
		failed = err
		return !found || !m.Time.Before(t)
	})
	return uint64(n) + 1, failed
}
