package member

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/actions"
	"plimsoll/fleet/ledger"
)

// Member is a host's part in its pools: it asks for leave, and answers polls. It is an [actions.Granter] and a
// [fleet.Companion]. Until it has read what the host has kept, it does neither.
type Member struct {
	line  *Line
	file  *File
	host  Host
	pools []string
	log   *slog.Logger

	mu    sync.Mutex
	leave *Leave // nil until what is kept has been read
}

// New is the member of the host with this token, in these pools of a fleet. It keeps what it must in the file at path.
func New(fleetToken, token string, pools []string, path string, host Host, log *slog.Logger) *Member {
	return &Member{line: NewLine(fleetToken, token), file: NewFile(path), host: host, pools: slices.Clone(pools), log: log}
}

// Problem is why leave can't be asked for now; empty: it can.
func (m *Member) Problem() string {
	if m.ready() == nil {
		return unread
	}
	if err := m.line.Problem(); err != nil {
		return err.Error()
	}
	return ""
}

const unread = "what this host has kept of its pools has not been read yet"

func (m *Member) ready() *Leave {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leave
}

// Ask is actions.Granter.
func (m *Member) Ask(ctx context.Context, a actions.Action) (uint64, error) {
	l := m.ready()
	if l == nil {
		return 0, notReady()
	}
	return l.Ask(ctx, a)
}

// Begin is actions.Granter.
func (m *Member) Begin(ctx context.Context, a actions.Action) error {
	l := m.ready()
	if l == nil {
		return notReady()
	}
	return l.Begin(ctx, a)
}

// Release is actions.Granter.
func (m *Member) Release(ctx context.Context, r actions.Release) error {
	l := m.ready()
	if l == nil {
		return notReady()
	}
	return l.Release(ctx, r)
}

func notReady() error {
	return &RefusedError{Why: []ledger.Reason{{Key: ledger.WhyUnsettled, Text: unread}}}
}

// readAgain is how often a file that can't be read is tried again.
const readAgain = 10 * time.Second

// Attend is fleet.Companion.
func (m *Member) Attend(ctx context.Context, nc *nats.Conn) {
	again := time.NewTimer(0)
	defer again.Stop()
	for m.ready() == nil {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		if !m.read(ctx) {
			again.Reset(readAgain)
		}
	}
	NewVoice(m.line, m.ready(), m.pools, m.log).Attend(ctx, nc)
}

// read takes up what is kept, and says whether it could.
func (m *Member) read(ctx context.Context) bool {
	type outcome struct {
		kept Kept
		err  error
	}
	read := make(chan outcome, 1)
	go func() { // not waited for: the disk may never answer
		k, err := m.file.Read()
		read <- outcome{k, err}
	}()
	select {
	case <-ctx.Done():
		return false
	case o := <-read:
		if o.err != nil {
			m.log.Warn("this host takes no part in its pools: what it has kept of them cannot be read", "cause", o.err.Error(),
				"hint", "remove the file once nothing that it had leave for is under way")
			return false
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.leave = NewLeave(m.line.host, o.kept, m.line, m.host, m.file)
		return true
	}
}
