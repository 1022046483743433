package member

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/wire"
)

// Heed goes by what arbiters tell the host: that a person has frozen a pool of it, and that most of a failure domain sees a fault.
// It is a [fleet.Companion]. Any arbiter may tell anything late: what is older than what was told before is passed over.
type Heed struct {
	fleet, host string // as tokens
	log         *slog.Logger
	changed     func()

	mu    sync.Mutex // guards what follows
	pools map[string]wire.PoolNews
	cases map[wire.Fault]told
	// before says that an agent before this one was told of a freeze: that stands until an arbiter says all that concerns the host.
	before bool
}

// told is what was said last of a case, and when.
type told struct {
	wire.CaseNews
	at time.Time
}

// NewHeed is that of the host with this token. before says that an earlier agent of the host left it frozen by its fleet. changed
// is called after every change, and must not wait for the network or a disk.
func NewHeed(fleetToken, host string, before bool, changed func(), log *slog.Logger) *Heed {
	return &Heed{
		fleet: fleetToken, host: host, log: log, changed: changed, before: before,
		pools: map[string]wire.PoolNews{}, cases: map[wire.Fault]told{},
	}
}

// Attend is fleet.Companion.
func (h *Heed) Attend(ctx context.Context, nc *nats.Conn) {
	sub, err := nc.Subscribe(wire.Subject(h.fleet, h.host, wire.Notice), func(m *nats.Msg) {
		if n, err := wire.Decode[wire.News](m.Data); err == nil { // a reminder comes the same way
			h.Take(time.Now(), n)
		}
	})
	if err != nil {
		h.log.Error("internal error: listen to news", "cause", err.Error())
		return
	}
	<-ctx.Done()
	_ = sub.Unsubscribe() // the connection closes next
}

// Take takes in what an arbiter tells.
func (h *Heed) Take(now time.Time, n wire.News) {
	h.mu.Lock()
	if n.All {
		h.before = false
		maps.DeleteFunc(h.pools, func(pool string, _ wire.PoolNews) bool {
			return !slices.ContainsFunc(n.Pools, func(p wire.PoolNews) bool { return p.Pool == pool })
		})
	}
	for _, p := range n.Pools {
		was := h.pools[p.Pool].On
		if cmp.Or(cmp.Compare(p.On.Epoch, was.Epoch), cmp.Compare(p.On.Revision, was.Revision)) >= 0 {
			h.pools[p.Pool] = p
		}
	}
	for _, c := range n.Cases {
		key := wire.Fault{Domain: c.Domain, Fault: c.Fault}
		if was := h.cases[key]; c.Incident > was.Incident || c.Incident == was.Incident && (was.Open || !c.Open) {
			h.cases[key] = told{c, now}
		}
	}
	h.mu.Unlock()
	h.changed()
}

// Frozen is why a person wants nothing done on this host, by pool; and whether an earlier agent was told so and this one has
// not been told anything yet.
func (h *Heed) Frozen() (why []string, before bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, pool := range slices.Sorted(maps.Keys(h.pools)) {
		if f := h.pools[pool].Frozen; f != "" {
			why = append(why, f)
		}
	}
	return why, h.before
}

// Found are the cases that are open, as far as this host was told lately, sorted. What no arbiter says any more is not so.
func (h *Heed) Found(now time.Time) []wire.CaseNews {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []wire.CaseNews
	for _, c := range h.cases {
		if c.Open && now.Sub(c.at) < wire.Absent {
			out = append(out, c.CaseNews)
		}
	}
	slices.SortFunc(out, func(a, b wire.CaseNews) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Fault, b.Fault))
	})
	return out
}

// Goes says whether the host goes by anything that it was told, of which it has to be told the end.
func (h *Heed) Goes(now time.Time) bool {
	why, before := h.Frozen()
	return before || len(why) > 0 || len(h.Found(now)) > 0
}
