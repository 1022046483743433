package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"plimsoll/fleet/wire"
)

// ErrNoArbiter is in the error of a request that no arbiter is there to answer.
var ErrNoArbiter = errors.New("no arbiter answers")

// AnswerError is an arbiter that could not do what it was asked for, and does not say that it was not done.
type AnswerError struct{ Subject, Text string }

// Error is what it says.
func (e *AnswerError) Error() string { return fmt.Sprintf("ask %s: %s", e.Subject, e.Text) }

// Ask sends q to an arbiter, on the subject of who asks, and gives its answer. It answers ErrNoArbiter or an [*AnswerError];
// any error leaves open what became of the request.
func Ask[A wire.Message](ctx context.Context, nc *nats.Conn, subject string, q wire.Message) (A, error) {
	var none A
	body, err := wire.Encode(q)
	if err != nil {
		return none, err
	}
	m, err := nc.RequestWithContext(ctx, subject, body)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return none, hint(fmt.Errorf("ask %s: %w", subject, ErrNoArbiter),
			"is plimsolld running with fleet.arbiter on a host that reaches the servers?")
	case err != nil:
		return none, fmt.Errorf("ask %s: %w", subject, err)
	}
	if text := m.Header.Get(micro.ErrorHeader); text != "" {
		return none, &AnswerError{Subject: subject, Text: text}
	}
	return wire.Decode[A](m.Data)
}
