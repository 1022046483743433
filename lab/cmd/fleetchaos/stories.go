package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"plimsoll/fleet/ledger"
	"plimsoll/lab/effector"
)

// tale is one thing that is broken at the worst moment.
type tale struct {
	name string
	tell func(*world, context.Context) error
}

// In a story an action must begin within lasts; a paused agent is so for pauses, which is past its deadline; what must not
// happen is watched for as long as watch says.
const (
	lasts  = 8 * time.Second
	pauses = 2 * lasts
	watch  = 3 * time.Second
	long   = time.Minute // as patient as an agent can be
)

// stories tells one after another in a pool of five with a budget of one.
func (p plan) stories(ctx context.Context, dir string) error {
	w, err := p.build(ctx, dir, 1, 1)
	if err != nil {
		return err
	}
	for i := range 5 {
		if err := w.member(ctx, fmt.Sprintf("h%02d", i), whereabouts{}); err != nil {
			return err
		}
	}
	if err := w.joined(ctx); err != nil {
		return err
	}
	for _, s := range []tale{
		{"the holder is killed between its record and its deed", (*world).killed},
		{"the holder is paused past its deadline, and resumed", (*world).paused},
		{"the paused holder's host is declared down by a person", (*world).declaredDown},
		{"the acknowledgement that it may begin is lost", (*world).unheard},
		{"two arbiters at once on one pool", (*world).bothArbiters},
		{"no arbiter", (*world).noArbiter},
		{"a minority on its own", (*world).minority},
	} {
		began := time.Now()
		if err := s.tell(w, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := w.empty(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, _, err := w.check(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%s: as it should be (%s)\n", s.name, time.Since(began).Round(time.Second))
	}
	return nil
}

// have has an agent do something else from now on.
func (w *world) have(i int, told whereabouts) (node, error) {
	n := w.agents[i]
	n.Kill()
	told.Longest = time.Second
	return n, w.start(n, told)
}

// empty waits for the pool to have no entries.
func (w *world) empty(ctx context.Context) error {
	return w.until(ctx, "nothing to be left", func(l ledger.Ledger) bool { return len(l.Entries) == 0 })
}

// holds waits for a host to have an entry in this phase.
func (w *world) holds(ctx context.Context, host string, in ledger.Phase) error {
	return w.until(ctx, host+" to have something "+string(in), func(l ledger.Ledger) bool {
		return slices.ContainsFunc(l.Entries, func(e ledger.Entry) bool { return e.Host == host && e.Phase == in })
	})
}

// lines are what the effector has written of a host.
func (w *world) lines(host, what string) (int, error) {
	lines, err := effector.Read(w.log())
	n := 0
	for _, l := range lines {
		if l.Host == host && l.What == what {
			n++
		}
	}
	return n, err
}

// done waits for a host to have had more than this done.
func (w *world) done(ctx context.Context, host string, more int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		n, err := w.lines(host, effector.Settled)
		if err != nil || n > more {
			return err
		}
		rest(100 * time.Millisecond)
		if ctx.Err() != nil {
			return fmt.Errorf("%s has had %d done, want more", host, n)
		}
	}
}

// nothing says whether the effector writes nothing for so long.
func (w *world) nothing(span time.Duration) error {
	was, err := os.ReadFile(w.log())
	if err != nil {
		return err
	}
	rest(span)
	is, err := os.ReadFile(w.log())
	if err == nil && len(is) != len(was) {
		return fmt.Errorf("something was done:\n%s", is[len(was):])
	}
	return err
}

// pausedBeforeItsDeed has the first agent stop itself once its entry is started, and another want something too.
func (w *world) pausedBeforeItsDeed(ctx context.Context) (holder node, err error) {
	if holder, err = w.have(0, whereabouts{Wants: 1, Lasts: lasts, PauseAt: beforeDeed}); err != nil {
		return holder, err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := holder.Paused(within); err != nil {
		return holder, err
	}
	if err := w.holds(ctx, holder.Name, ledger.Started); err != nil {
		return holder, err
	}
	_, err = w.have(1, whereabouts{Wants: 1, Lasts: lasts})
	return holder, err
}

// killed: what a dead holder has counts until its agent is back; then it is given back undone, and another is served.
func (w *world) killed(ctx context.Context) error {
	holder, err := w.pausedBeforeItsDeed(ctx)
	if err != nil {
		return err
	}
	holder.Kill()
	if err := w.nothing(pauses); err != nil {
		return err
	}
	if err := w.start(holder, whereabouts{}); err != nil {
		return err
	}
	if err := w.done(ctx, "h01", 0); err != nil {
		return err
	}
	n, err := w.lines("h00", effector.Began)
	if err == nil && n != 0 {
		return errors.New("what the killed holder intended was done")
	}
	return err
}

// paused: a holder that wakes past its deadline does nothing on old leave.
func (w *world) paused(ctx context.Context) error {
	served, err := w.lines("h01", effector.Settled)
	if err != nil {
		return err
	}
	holder, err := w.pausedBeforeItsDeed(ctx)
	if err != nil {
		return err
	}
	if err := w.nothing(pauses); err != nil {
		return err
	}
	holder.Signal(syscall.SIGCONT)
	if err := w.done(ctx, "h01", served); err != nil {
		return err
	}
	return w.wakesTooLate(ctx, 0, 0)
}

// wakesTooLate waits for the first agent to have its action done in the end, with new leave, after one more was refused as late.
func (w *world) wakesTooLate(ctx context.Context, refused, done int) error {
	if err := w.done(ctx, "h00", done); err != nil {
		return err
	}
	n, err := w.lines("h00", effector.Refused)
	if err == nil && n != refused+1 {
		return fmt.Errorf("%d deeds of the paused holder were refused as late, want %d", n, refused+1)
	}
	return err
}

// declaredDown: a person's word that the host is down gives others leave while it is paused; when it wakes it does nothing on
// old leave, and what it had goes when it has said so itself.
func (w *world) declaredDown(ctx context.Context) error {
	served, err := w.lines("h01", effector.Settled)
	if err != nil {
		return err
	}
	done, err := w.lines("h00", effector.Settled)
	if err != nil {
		return err
	}
	holder, err := w.pausedBeforeItsDeed(ctx)
	if err != nil {
		return err
	}
	if err := w.nothing(pauses); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.site.Clear(within, pool, "h00"); err != nil {
		return err
	}
	if err := w.done(ctx, "h01", served); err != nil {
		return err
	}
	if err := w.holds(ctx, "h00", ledger.Cleared); err != nil {
		return err
	}
	holder.Signal(syscall.SIGCONT)
	return w.wakesTooLate(ctx, 1, done)
}

// unheard: the host asks again for what has been written already, and its deed is done once.
func (w *world) unheard(ctx context.Context) error {
	done, err := w.lines("h02", effector.Began)
	if err != nil {
		return err
	}
	asker, err := w.have(2, whereabouts{Wants: 1, Lasts: long, PauseAt: beforeStart})
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := asker.Paused(within); err != nil {
		return err
	}
	for _, s := range w.servers {
		if err := w.net.Deafen(ctx, s.Host, asker.Host); err != nil {
			return err
		}
	}
	asker.Signal(syscall.SIGCONT)
	if err := w.holds(ctx, "h02", ledger.Started); err != nil {
		return err
	}
	if err := w.nothing(watch); err != nil {
		return err
	}
	for _, s := range w.servers {
		if err := w.net.Hear(ctx, s.Host, asker.Host); err != nil {
			return err
		}
	}
	if err := w.done(ctx, "h02", done); err != nil {
		return err
	}
	n, err := w.lines("h02", effector.Began)
	if err == nil && n != done+1 {
		return fmt.Errorf("it was done %d times", n-done)
	}
	return err
}

// bothArbiters: while one is paused in the midst of its work the other goes on with the same pool, turn by turn, and both write.
func (w *world) bothArbiters(ctx context.Context) error {
	written := map[string]int{}
	for _, a := range w.arbiters {
		written[a.Name] = w.wrote(a)
	}
	was := map[int]int{}
	for i := range w.agents {
		n, err := w.lines(w.agents[i].Name, effector.Settled)
		if err != nil {
			return err
		}
		was[i] = n
		if _, err := w.have(i, whereabouts{Wants: 3, Lasts: lasts}); err != nil {
			return err
		}
	}
	turns, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for i := 0; turns.Err() == nil; i++ {
			a := w.arbiters[i%2]
			a.Signal(syscall.SIGSTOP)
			rest(some(700 * time.Millisecond))
			a.Signal(syscall.SIGCONT)
			rest(some(300 * time.Millisecond))
		}
	}()
	var wrong error
	for i, n := range was {
		wrong = errors.Join(wrong, w.done(ctx, w.agents[i].Name, n+2))
	}
	stop()
	<-over
	for _, a := range w.arbiters {
		if w.wrote(a) == written[a.Name] {
			wrong = errors.Join(wrong, fmt.Errorf("%s has written nothing", a.Name))
		}
	}
	return wrong
}

// wrote is how often an arbiter says that it has written to the ledger.
func (*world) wrote(a node) int { return strings.Count(a.Said(), "ledger written") }

// noArbiter: nothing of fleet reach happens, and all goes on once one is back.
func (w *world) noArbiter(ctx context.Context) error {
	for _, a := range w.arbiters {
		a.Kill()
	}
	done, err := w.lines("h03", effector.Settled)
	if err != nil {
		return err
	}
	if _, err := w.have(3, whereabouts{Wants: 1, Lasts: lasts}); err != nil {
		return err
	}
	if err := w.nothing(pauses); err != nil {
		return err
	}
	for _, a := range w.arbiters {
		if err := a.Start(); err != nil {
			return err
		}
	}
	return w.done(ctx, "h03", done)
}
