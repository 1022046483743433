package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Herald stores what arbiters tell of a fleet as a whole in the stream of events, each once, whoever of them tells it and
// however often it is tried. It keeps nothing.
type Herald struct {
	fleet  string // as a token
	stream stream
}

// NewHerald is that of a fleet, over a connection that may read the stream and publish for the fleet.
func NewHerald(fleetToken string, nc *nats.Conn, timeout time.Duration) Herald {
	return Herald{fleet: fleetToken, stream: stream{nc: nc, name: DefaultStream, timeout: timeout}}
}

// address is where the fleet's own events go.
func (h Herald) address() address {
	return address{
		prefix: wire.Subject(h.fleet, wire.Fleetwide, wire.Event), source: "/plimsoll/" + h.fleet + "/" + wire.HostName(wire.Fleetwide),
	}
}

// Last is the stream's sequence of the fleet's newest event; 0: there is none.
func (h Herald) Last(ctx context.Context) (uint64, error) {
	m, _, err := h.stream.last(ctx, h.address().filter())
	return m.Seq, err
}

// Encode is the event as it goes into the stream, and its subject.
func (h Herald) Encode(e redundancy.Event) (subject string, body []byte, err error) {
	a, it := h.address(), Item{Event: e}
	body, err = encode(a, view.Host{}, it, maxEncoded)
	return a.subject(it), body, err
}

// errTold ends the search for an event that is there.
var errTold = errors.New("told already")

// Tell stores body under subject, unless an event with this id is in the stream behind after. It reads on from there up to the
// newest event, and publishes only if that still is the newest: so it can be called again after any outcome, by anybody.
func (h Herald) Tell(ctx context.Context, subject, id string, body []byte, after uint64) error {
	for {
		newest, err := h.unless(ctx, id, after)
		if errors.Is(err, errTold) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tell %s: %w", id, err)
		}
		m := nats.NewMsg(subject)
		m.Data = body
		m.Header.Set(headerContentType, envelopeContent)
		m.Header.Set(HeaderID, headerID(id))
		switch _, err := h.stream.publish(ctx, m, h.address().filter(), newest); {
		case err == nil:
			return nil
		case isCode(err, codeWrongLast) && ctx.Err() == nil:
			continue // another arbiter has told something
		default:
			return fmt.Errorf("tell %s: %w", id, serverProblem(err))
		}
	}
}

// unless is the sequence of the newest of the fleet's events, where none of those behind after has this id.
func (h Herald) unless(ctx context.Context, id string, after uint64) (uint64, error) {
	filter := h.address().filter()
	last, any, err := h.stream.last(ctx, filter)
	if err != nil || !any {
		return 0, err
	}
	if after > last.Seq { // a stream that was made anew, or has forgotten
		after = 0
	}
	for seq := after; seq < last.Seq; {
		m, found, err := h.stream.next(ctx, filter, seq+1)
		switch {
		case err != nil:
			return 0, err
		case !found:
			return last.Seq, nil // what was there a moment ago has been purged
		case m.Header.Get(HeaderID) == headerID(id):
			return 0, errTold
		}
		seq = m.Seq
	}
	return last.Seq, nil
}
