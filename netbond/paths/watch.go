package paths

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Config says what to watch.
type Config struct {
	Open   Open
	Bonds  []string           // whose members are listened to
	Probes map[string]Probing // whose targets are asked too, by bond
	Random func() float64     // from 0 up to 1; may be called from any goroutine
}

// Watch listens on the members of bonds and asks targets through them. Look and Finding may be called from any goroutine.
type Watch struct {
	cfg  Config
	news chan struct{} // a look has come; holds one

	mu       sync.Mutex
	bonds    []Bond
	findings findings

	ledgers map[string]*ledger // owned by Run, and kept from one to the next
}

// errNotYet is why a member is not listened to before its socket is open for the first time.
var errNotYet = errors.New("not listened to yet")

// New is a watch that has heard nothing yet.
func New(cfg Config) *Watch {
	return &Watch{cfg: cfg, news: make(chan struct{}, 1), ledgers: map[string]*ledger{}}
}

// Wants says whether the members of this bond are to be listened to.
func (w *Watch) Wants(bond string) bool { return slices.Contains(w.cfg.Bonds, bond) }

// Look takes over what a look at the host's bonds has found. Those that are not wanted are left out.
func (w *Watch) Look(bonds []Bond) {
	w.mu.Lock()
	w.bonds = slices.DeleteFunc(slices.Clone(bonds), func(b Bond) bool { return !w.Wants(b.Name) })
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// Finding is the newest on the path of a member, and false where there is none.
func (w *Watch) Finding(bond, member string) (Finding, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, known := w.findings[bond][member]
	return f, known
}

// Run listens and asks until ctx ends, and calls poke whenever a finding says something new. It is called once at a time.
func (w *Watch) Run(ctx context.Context, poke func()) {
	r := run{Watch: w, events: make(chan event), ears: map[seat]*ear{}, poke: poke}
	for _, l := range w.ledgers {
		for _, p := range l.paths {
			l.listen(p, errNotYet.Error())
		}
	}
	r.loop(ctx)
	for _, e := range r.ears {
		e.end()
	}
	r.all.Wait()
}

// run is one Run.
type run struct {
	*Watch
	events chan event
	ears   map[seat]*ear
	newest findings // those that are published
	all    sync.WaitGroup
	poke   func()
}

// seat is one member of a bond for as long as its link lasts.
type seat struct {
	bond, member string
	index        int
}

// ear is the goroutine that listens on one member.
type ear struct {
	end    context.CancelFunc
	socket Socket // nil: there is none now
}

// event is what an ear has to say: it is open, a frame has come, or it hears nothing for a reason. Exactly one is set.
type event struct {
	seat   seat
	opened Socket
	frame  *arp
	link   string // that the frame was for
	lost   error
}

func (r *run) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.news:
			r.look(ctx)
		case e := <-r.events:
			r.take(e)
		case <-timer.C:
		}
		r.step(timer)
	}
}

// look takes over the bonds of the newest look: who is there is listened to, who is gone is not any more.
func (r *run) look(ctx context.Context) {
	r.mu.Lock()
	bonds := r.bonds
	r.mu.Unlock()
	here := map[seat]bool{}
	ledgers := map[string]*ledger{}
	for _, b := range bonds {
		l := r.ledgers[b.Name]
		if l == nil {
			l = newLedger(time.Now(), b, r.cfg.Probes[b.Name], r.cfg.Random)
		} else {
			l.look(b)
		}
		ledgers[b.Name] = l
		for _, m := range b.Members {
			s := seat{b.Name, m.Name, m.Index}
			here[s] = true
			if r.ears[s] == nil {
				r.listen(ctx, s, m)
			}
		}
	}
	r.ledgers = ledgers
	for s, e := range r.ears {
		if !here[s] {
			e.end()
			delete(r.ears, s)
		}
	}
}

// take takes in what an ear has to say. One that was ended has nothing to say any more.
func (r *run) take(e event) {
	hears, l := r.ears[e.seat], r.ledgers[e.seat.bond]
	if hears == nil || l == nil {
		return
	}
	p := l.path(e.seat.member)
	switch {
	case p == nil || p.Index != e.seat.index:
	case e.opened != nil:
		hears.socket = e.opened
		l.listen(p, "")
	case e.lost != nil:
		hears.socket = nil
		l.listen(p, e.lost.Error())
	case e.frame != nil:
		l.hear(time.Now(), e.seat.member, e.link, *e.frame)
	}
}

// step does what is due, publishes what is found, and sets the timer for what is due next.
func (r *run) step(timer *time.Timer) {
	now := time.Now()
	found := findings{}
	var next time.Time
	for name, l := range r.ledgers {
		for _, q := range l.step(now) {
			r.send(l, name, q)
		}
		if found[name] = r.newest[name]; l.moved || found[name] == nil {
			found[name] = l.findings()
			l.moved = false
		}
		if due := l.due(); !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	r.publish(found)
	timer.Stop()
	if !next.IsZero() {
		timer.Reset(max(0, next.Sub(now)))
	}
}

func (r *run) send(l *ledger, bond string, q send) {
	p := l.path(q.member)
	if e := r.ears[seat{bond, q.member, p.Index}]; e == nil || e.socket == nil || e.socket.Send(q.frame) != nil {
		l.unsent(q)
	}
}

func (r *run) publish(found findings) {
	news := found.news(r.newest)
	r.newest = found
	r.mu.Lock()
	r.findings = found
	r.mu.Unlock()
	if news {
		r.poke()
	}
}

// news says whether f says anything else than g.
func (f findings) news(g findings) bool {
	if len(f) != len(g) {
		return true
	}
	for bond, members := range f {
		was, known := g[bond]
		if !known || len(was) != len(members) {
			return true
		}
		for name, finding := range members {
			if before, known := was[name]; !known || finding.news(before) {
				return true
			}
		}
	}
	return false
}

// The pauses before a socket is asked for again: the helper starts within a second, and what it refuses today it may not
// tomorrow.
const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

// frameLen is the most of a frame that the helper's filter lets through.
const frameLen = 128

// listen starts the ear of one member.
func (r *run) listen(ctx context.Context, s seat, m Member) {
	ctx, end := context.WithCancel(ctx)
	r.ears[s] = &ear{end: end}
	r.all.Go(func() {
		pause := firstPause
		for ctx.Err() == nil {
			began := time.Now()
			r.tell(ctx, event{seat: s, lost: r.hear(ctx, s, m)})
			if time.Since(began) > lastPause {
				pause = firstPause
			}
			wait(ctx, pause)
			pause = min(2*pause, lastPause)
		}
	})
}

// hear opens a socket and listens until it fails, and says why.
func (r *run) hear(ctx context.Context, s seat, m Member) error {
	socket, err := r.cfg.Open(ctx, s.bond, m, probeAddress(m.Permanent))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() }) // whoever waits for a frame is told
	defer func() {
		if stop() {
			_ = socket.Close()
		}
	}()
	r.tell(ctx, event{seat: s, opened: socket})
	buf := make([]byte, frameLen)
	for {
		n, link, err := socket.Receive(buf)
		if err != nil {
			return err
		}
		if frame, ok := parseARP(buf[:n]); ok {
			r.tell(ctx, event{seat: s, frame: &frame, link: link})
		}
	}
}

func (r *run) tell(ctx context.Context, e event) {
	select {
	case r.events <- e:
	case <-ctx.Done():
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
