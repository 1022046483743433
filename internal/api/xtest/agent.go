package xtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// TraceText is the trace that the agent gives.
const TraceText = "{\"state\":{}}\n"

// Agent is an agent that knows what it is told.
type Agent struct {
	api.Board

	mu     sync.Mutex
	orders []actions.Order
	frozen []string
	// Becomes is what becomes of an order; nil: it is done.
	Becomes func(actions.Order) (actions.Outcome, error)
}

// Order keeps o, and answers as it is told.
func (a *Agent) Order(_ context.Context, o actions.Order) (actions.Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.orders = append(a.orders, o)
	if a.Becomes != nil {
		return a.Becomes(o)
	}
	return actions.Outcome{}, nil
}

// Orders are those that came, in their order.
func (a *Agent) Orders() []actions.Order {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.orders)
}

// Freeze keeps by whom and why.
func (a *Agent) Freeze(_ context.Context, why, by string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frozen = append(a.frozen, by+": "+why)
	return nil
}

// Thaw forgets all freezes.
func (a *Agent) Thaw(context.Context, string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frozen = nil
	return nil
}

// Frozen are the freezes since the last thaw.
func (a *Agent) Frozen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.frozen)
}

// Accept answers as the agent does, and keeps nothing.
func (a *Agent) Accept(_ context.Context, groups []redundancy.ID, _ string) ([]redundancy.Acceptance, error) {
	v := a.View()
	_, changes, _ := v.Baseline.Accept(v.Assessment, v.Snapshot, groups...)
	return changes, nil
}

// Trace writes TraceText.
func (a *Agent) Trace(w io.Writer) error {
	_, err := io.WriteString(w, TraceText)
	return err
}

// Serve serves an agent that has posted v, unless that is nil, until the test ends. It returns the agent and its socket.
func Serve(tb testing.TB, v *view.View, now func() time.Time) (agent *Agent, socket string) {
	tb.Helper()
	agent = &Agent{}
	if v != nil {
		agent.Post(v)
	}
	socket = filepath.Join(tb.TempDir(), "s")
	Run(tb, agent, api.Options{Socket: socket, Now: now})
	return agent, socket
}

// Run serves agent with these options until the test ends.
func Run(tb testing.TB, agent api.Agent, opts api.Options) *api.Server {
	tb.Helper()
	opts.Log = slog.New(slog.DiscardHandler)
	if opts.Metrics == nil {
		opts.Metrics = http.NotFoundHandler()
	}
	s, err := api.Listen(tb.Context(), agent, opts)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	return s
}
