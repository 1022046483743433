package arbiter_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/actions"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
)

var (
	chaosFor    = flag.Duration("chaos", 0, "break servers, arbiters and agents for so long: make fleet-chaos")
	chaosAgents = flag.Int("agents", 20, "how many agents there are")
)

// deed is something done to a host, from before it began until it had settled.
type deed struct{ began, end time.Time }

// effector does deeds and keeps when. It knows nothing of leave.
type effector struct {
	mu    sync.Mutex
	deeds map[string][]deed // by host
}

func (e *effector) do(host string, takes time.Duration) {
	d := deed{began: time.Now()}
	rest(takes)
	d.end = time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deeds[host] = append(e.deeds[host], d)
}

// most is how many deeds were open at once, and how many there were.
func (e *effector) most() (most, all int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	type edge struct {
		at   time.Time
		step int
	}
	var edges []edge
	for _, deeds := range e.deeds {
		all += len(deeds)
		for _, d := range deeds {
			edges = append(edges, edge{d.began, 1}, edge{d.end, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return a.at.Compare(b.at) })
	open := 0
	for _, x := range edges {
		open += x.step
		most = max(most, open)
	}
	return most, all
}

// since says which hosts nothing was done to that began after at.
func (e *effector) since(at time.Time, hosts []*restless) (unserved []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, h := range hosts {
		if !slices.ContainsFunc(e.deeds[h.name], func(d deed) bool { return d.began.After(at) }) {
			unserved = append(unserved, h.name)
		}
	}
	return unserved
}

// rest waits: it is how long a fault or a deed lasts, not for anything to happen.
func rest(d time.Duration) { <-time.NewTimer(d).C }

// restless is a host whose agent wants something again and again, and is killed now and then.
type restless struct {
	*peer
	f    *xtest.Fleet
	e    *effector
	r    *rand.Rand
	stop func() // ends the agent as a kill does: nothing is said to anybody
}

// live starts the agent, which goes on from what it has kept.
func (h *restless) live(ctx context.Context) error {
	nc, err := nats.Connect(strings.Join(h.f.URLs(), ","), nats.UserCredentials(h.f.Credentials(bootstrap.Host, h.name)),
		nats.CustomInboxPrefix(wire.Inbox(h.name)), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return fmt.Errorf("start the agent of %s: %w", h.name, err)
	}
	h.mu.Lock()
	kept := h.kept
	h.mu.Unlock()
	line := member.NewLine(xtest.Name, h.name)
	h.leave = member.NewLeave(h.name, kept, line, h, h)
	voice := member.NewVoice(line, h.leave, []string{"db"}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(ctx)
	var speaking sync.WaitGroup
	speaking.Go(func() { voice.Attend(ctx, nc) })
	h.stop = func() { nc.Close(); cancel(); speaking.Wait() }
	return nil
}

// some is a span of up to most.
func (h *restless) some(most time.Duration) time.Duration {
	return time.Duration(h.r.Int64N(int64(most))) + time.Millisecond
}

// kill ends the agent and starts it again, one time in so many.
func (h *restless) kill(ctx context.Context, oneIn int) error {
	if h.r.IntN(oneIn) > 0 {
		return nil
	}
	h.stop()
	rest(h.some(time.Second))
	return h.live(ctx)
}

// want is one action: asked for, begun and done, or given up, and given back. The agent may be killed between any two.
func (h *restless) want(ctx context.Context, n int) error {
	a := h.action(n)
	release := actions.Release{Action: a, Outcome: actions.Abandoned}
	within, cancel := context.WithTimeout(ctx, h.some(8*time.Second)) // some too short for an answer
	_, err := h.leave.Ask(within, a)
	cancel()
	if err := h.kill(ctx, 10); err != nil {
		return err
	}
	if err == nil {
		within, cancel := context.WithTimeout(ctx, h.some(8*time.Second))
		err = h.leave.Begin(within, a)
		cancel()
		if err == nil && h.r.IntN(10) > 0 { // else it is killed before the deed
			h.e.do(h.name, h.some(100*time.Millisecond))
			release.Outcome = actions.Done
		}
	}
	if err := h.kill(ctx, 10); err != nil {
		return err
	}
	for {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := h.leave.Release(within, release)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s cannot give back %s: %w", h.name, a.ID, err)
		}
		rest(h.some(200 * time.Millisecond))
	}
}

// TestWhateverIsBrokenNoMoreActThanMay stops servers, one or two of three at once, and arbiters, at random; agents are killed, give
// up and ask again.
func TestWhateverIsBrokenNoMoreActThanMay(t *testing.T) {
	if *chaosFor == 0 {
		t.Skip("takes as long as it is told to: make fleet-chaos")
	}
	const budget = 2
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	f := xtest.Three(t)
	stops := []func(){serve(t, f, "arb0"), serve(t, f, "arb1")}
	alice := pool(t, f, budget, 1)
	e := &effector{deeds: map[string][]deed{}}
	var hosts []*restless
	for i := range *chaosAgents {
		h := &restless{peer: join(t, f, fmt.Sprintf("h%02d", i)), f: f, e: e, r: rand.New(rand.NewPCG(seed, uint64(i+1)))}
		h.nc.Close() // the one that registered
		if err := h.live(t.Context()); err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, h)
	}
	var all sync.WaitGroup
	calm := make(chan struct{})
	for _, h := range hosts {
		all.Go(func() {
			defer func() { h.stop() }()
			for n := 1; ; n++ {
				if err := h.want(t.Context(), n); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-calm:
					return
				default:
				}
			}
		})
	}
	for end := time.Now().Add(*chaosFor); time.Now().Before(end) && !t.Failed(); {
		hurt(t, f, r, stops)
	}
	over := time.Now()
	served(t, func() []string { return e.since(over, hosts) })
	close(calm)
	all.Wait()
	most, deeds := e.most()
	t.Logf("%d agents, %s: %d deeds, at most %d at once; all were served within %s of the last fault", len(hosts), *chaosFor, deeds, most, time.Since(over).Round(time.Millisecond))
	if most > budget {
		t.Errorf("%d deeds at once, of at most %d", most, budget)
	}
	if left := entries(t, alice); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// hurt brings one fault, until it is mended.
func hurt(t *testing.T, f *xtest.Fleet, r *rand.Rand, arbiters []func()) {
	t.Helper()
	span := time.Duration(r.Int64N(int64(4*time.Second))) + 100*time.Millisecond
	first := r.IntN(3)
	switch r.IntN(4) {
	case 0: // a majority is left
		f.Stop(first)
		rest(span)
		f.Start(first)
	case 1: // none is
		second := (first + 1) % 3
		f.Stop(first)
		f.Stop(second)
		rest(span)
		f.Start(second)
		f.Start(first)
	case 2:
		i := first % 2
		arbiters[i]()
		rest(span)
		arbiters[i] = serve(t, f, fmt.Sprintf("arb%d", i))
	case 3:
		rest(span)
	}
}

// served waits for nobody to be unserved, for five minutes.
func served(t *testing.T, unserved func() []string) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(5 * time.Minute); ; {
		left := unserved()
		if len(left) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not served within five minutes: %v", left)
		}
	}
}
