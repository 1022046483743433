package arbiter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/redundancy"
)

// trouble is what befalls one message or one call to the store.
type trouble string

const (
	lost     trouble = "lost"          // it never arrives
	unheard  trouble = "unheard"       // it is done, and the answer is lost
	late     trouble = "late"          // the caller gives up, and it is done a minute later
	soonLate trouble = "somewhat late" // the caller gives up, and it is done a second later
	stale    trouble = "stale"         // a read is answered from the past; all else is as it should be
)

var errUnheard = errors.New("no answer in time")

// world is a pool with its store, two arbiters and its hosts. Every message and every call to the store has a number.
type world struct {
	tb      testing.TB
	mu      sync.Mutex
	pages   []ledger.Ledger // by revision, less one
	calls   int
	trouble map[int]trouble
	story   []string
	wrong   []string
	acting  map[string]string // nonce by host: between start and settle
	clerks  []*arbiter.Clerk
	members map[string]*member.Leave
	sick    map[string]bool // by host: it does not serve
	deaf    map[string]bool // by host: it answers no poll
	after   sync.WaitGroup
}

var created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(tb testing.TB, budget, minHealthy int, hosts ...string) *world {
	tb.Helper()
	w := &world{
		tb: tb, trouble: map[int]trouble{}, acting: map[string]string{}, members: map[string]*member.Leave{}, sick: map[string]bool{},
		deaf: map[string]bool{},
	}
	l, why := ledger.New("db", budget, minHealthy)
	for _, h := range hosts {
		if len(why) == 0 {
			l, why = l.Register(h)
		}
		w.members[h] = w.member(h)
	}
	if len(why) > 0 {
		tb.Fatal(why)
	}
	w.pages = []ledger.Ledger{l}
	memory := arbiter.NewMemory()
	w.clerks = []*arbiter.Clerk{w.clerk(memory), w.clerk(memory)}
	return w
}

// member is the member of a host: its own, or, where it is none, a new one that would like to be.
func (w *world) member(host string) *member.Leave {
	if m := w.members[host]; m != nil {
		return m
	}
	return member.NewLeave(host, member.Kept{}, route{w, host}, self{w, host}, keeper{})
}

func (w *world) clerk(m arbiter.Memory) *arbiter.Clerk {
	return arbiter.NewClerk(arbiter.Office{
		Book: store{w}, Floor: floor{w}, Memory: m, Now: time.Now, Log: slog.New(slog.DiscardHandler), Wrote: func(arbiter.Change) {},
	})
}

func (w *world) now() ledger.Ledger {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages[len(w.pages)-1]
}

func (w *world) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// call numbers a call and does it, or what befalls it instead, and says whether the caller hears of it.
func (w *world) call(what string, do func(trouble)) bool {
	w.mu.Lock()
	w.calls++
	t := w.trouble[w.calls]
	w.story = append(w.story, fmt.Sprintf("%3d %s %s", w.calls, what, t))
	w.mu.Unlock()
	switch t {
	case lost:
		return false
	case unheard:
		do("")
		return false
	case late, soonLate:
		after := time.Second
		if t == late {
			after = time.Minute
		}
		w.after.Go(func() {
			<-time.After(after)
			do("")
		})
		return false
	case stale:
	}
	do(t)
	return true
}

// store is the ledgers of the world.
type store struct{ *world }

func mark(revision int, l ledger.Ledger) ledger.Mark { return l.At(created, uint64(revision)) }

func (s store) Read(_ context.Context, pool string) (arbiter.Page, error) {
	if pool != "db" {
		return arbiter.Page{}, arbiter.ErrNoPool
	}
	var p arbiter.Page
	if !s.call("read", func(t trouble) {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := len(s.pages)
		if t == stale {
			n = max(1, n-1)
		}
		p = arbiter.Page{Ledger: s.pages[n-1], On: mark(n, s.pages[n-1])}
	}) {
		return arbiter.Page{}, errUnheard
	}
	return p, nil
}

func (s store) Write(_ context.Context, next ledger.Ledger, on ledger.Mark) (ledger.Mark, error) {
	var m ledger.Mark
	var err error
	if !s.call("write "+string(next.Last.What)+" "+next.Last.Nonce, func(trouble) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if on.Revision != uint64(len(s.pages)) {
			err = arbiter.ErrConflict
			return
		}
		if open := len(next.Open()); open > next.Budget {
			s.wrong = append(s.wrong, fmt.Sprintf("%d entries at once", open))
		}
		s.pages = append(s.pages, next)
		m = mark(len(s.pages), next)
	}) {
		return ledger.Mark{}, errUnheard
	}
	return m, err
}

// floor polls the members.
type floor struct{ *world }

func (f floor) Poll(_ context.Context, pool string, members []string, q ledger.Question) []ledger.Opinion {
	var out []ledger.Opinion
	for _, h := range members {
		if f.deaf[h] {
			continue
		}
		var o ledger.Opinion // of this call alone: one that comes late is nobody's
		if f.call("poll "+h, func(trouble) { o = f.members[h].Opine(pool, q) }) {
			out = append(out, o)
		}
	}
	return out
}

// route is a host's way to the arbiters: to one, then to the other.
type route struct {
	*world
	host string
}

func (r route) clerk() *arbiter.Clerk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clerks[r.calls%len(r.clerks)]
}

// send is one request and its answer.
func (r route) send(ctx context.Context, what string, do func(context.Context, *arbiter.Clerk) (member.Answer, error)) (member.Answer, error) {
	var answer member.Answer
	var err error
	heard := r.call(r.host+" "+what, func(trouble) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		answer, err = do(within, r.clerk())
	})
	if !heard {
		return member.Answer{}, errUnheard
	}
	if refused, ok := errors.AsType[*arbiter.RefusedError](err); ok {
		return member.Answer{On: refused.On, Refused: refused.Why}, nil
	}
	return answer, err
}

func (r route) Ask(ctx context.Context, pool string, a ledger.Ask) (member.Answer, error) {
	return r.send(ctx, "asks "+a.Nonce, func(ctx context.Context, c *arbiter.Clerk) (member.Answer, error) {
		e, p, err := c.Ask(ctx, pool, a)
		return member.Answer{On: p.On, Token: e.Token}, err
	})
}

func (r route) Start(ctx context.Context, pool, nonce string, token uint64) (member.Answer, error) {
	return r.send(ctx, "starts "+nonce, func(ctx context.Context, c *arbiter.Clerk) (member.Answer, error) {
		p, err := c.Start(ctx, pool, r.host, nonce, token)
		return member.Answer{On: p.On}, err
	})
}

func (r route) Release(ctx context.Context, pool, nonce string, end ledger.End) (member.Answer, error) {
	return r.send(ctx, "releases "+nonce, func(ctx context.Context, c *arbiter.Clerk) (member.Answer, error) {
		p, err := c.Release(ctx, pool, r.host, nonce, end)
		return member.Answer{On: p.On}, err
	})
}

func (r route) Assert(ctx context.Context, pool string, claim ledger.Opinion) (member.Answer, error) {
	return r.send(ctx, "asserts", func(ctx context.Context, c *arbiter.Clerk) (member.Answer, error) {
		claim.Host = r.host
		p, err := c.Reassert(ctx, pool, claim)
		return member.Answer{On: p.On}, err
	})
}

// self is a host as it knows itself.
type self struct {
	*world
	host string
}

func (s self) Condition(string) member.Condition {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sick[s.host] {
		return member.Condition{Serving: ledger.ServingNo}
	}
	return member.Condition{Serving: ledger.ServingYes}
}

func (s self) Healthy(actions.Action) (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.sick[s.host], "it does not serve"
}

type keeper struct{}

func (keeper) Keep(context.Context, member.Kept) error { return nil }

func action(host, nonce string) actions.Action {
	return actions.Action{
		ID: nonce, Verb: actions.ServiceRestart, Group: redundancy.ID("service:" + host), Name: host, Reach: actions.ReachFleet, Pool: "db",
	}
}

// grant has a host be given leave.
func (w *world) grant(host string) {
	w.tb.Helper()
	if _, err := w.members[host].Ask(w.tb.Context(), action(host, host+"/granted")); err != nil {
		w.tb.Fatal(err)
	}
}

// do changes the ledger as a person does.
func (w *world) do(op func(ledger.Ledger) (ledger.Ledger, []ledger.Reason)) {
	w.tb.Helper()
	if _, err := w.clerks[0].Do(w.tb.Context(), "db", op); err != nil {
		w.tb.Fatal(err)
	}
}

// act is one action of a host as the engine has it done: asked for, begun before its deadline, settled, and given back until
// that is heard. It says whether it was done.
func (w *world) act(host, nonce string) (done bool) {
	a := action(host, nonce)
	ctx, cancel := context.WithTimeout(w.tb.Context(), 45*time.Second)
	defer cancel()
	leave, outcome := w.members[host], actions.Abandoned
	if _, err := leave.Ask(ctx, a); err == nil {
		if err := leave.Begin(ctx, a); err == nil && ctx.Err() == nil {
			w.effect(host, nonce)
			outcome = actions.Done
		}
	}
	w.release(leave, actions.Release{Action: a, Outcome: outcome})
	return outcome == actions.Done
}

// release gives leave back as the engine does, again and again until that is heard.
func (w *world) release(leave *member.Leave, r actions.Release) {
	for range 100 {
		ctx, cancel := context.WithTimeout(w.tb.Context(), 10*time.Second)
		err := leave.Release(ctx, r)
		cancel()
		if err == nil {
			return
		}
		<-time.After(5 * time.Second)
	}
	w.complain("%s is never given back", r.Action.ID)
}

// effect is what reaches others: for three seconds this host is not there for them.
func (w *world) effect(host, nonce string) {
	l := w.now()
	if e, there := l.Entry(host, nonce); !there || e.Phase != ledger.Started {
		w.complain("%s acts on %s, which the ledger has as %q", host, nonce, e.Phase)
	}
	w.mu.Lock()
	w.acting[host] = nonce
	if len(w.acting) > l.Budget {
		w.wrong = append(w.wrong, fmt.Sprintf("%v act at once", w.acting))
	}
	w.mu.Unlock()
	<-time.After(3 * time.Second)
	w.mu.Lock()
	delete(w.acting, host)
	w.sick[host] = false
	w.mu.Unlock()
}

// serve has hosts act at once until each has, and says that all is given back in the end.
func (w *world) serve(hosts ...string) {
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() {
			for n := range 20 {
				if w.act(h, fmt.Sprintf("%s/log/%d", h, n)) {
					return
				}
				<-time.After(30 * time.Second)
			}
			w.complain("%s is never served", h)
		})
	}
	all.Wait()
	w.after.Wait()
	if left := w.now().Entries; len(left) > 0 {
		w.complain("entries are left: %v", left)
	}
}

func (w *world) judge(what any) {
	w.tb.Helper()
	if len(w.wrong) > 0 {
		w.tb.Errorf("%v:\n%s\n\n%s", what, strings.Join(w.wrong, "\n"), strings.Join(w.story, "\n"))
	}
}
