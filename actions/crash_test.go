package actions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// patience is how long a story may take in the world's time. A hand that never obeys is given up within.
const patience = time.Hour

// setting is a world before anything befell it.
type setting struct {
	what   string
	verb   actions.Verb
	manner manner
	fleet  bool
	tail   bool
	reboot bool
}

func (s setting) String() string {
	return fmt.Sprintf("%s, hand %s, fleet %v, tail survives %v, crash reboots %v", s.what, s.manner, s.fleet, s.tail, s.reboot)
}

func (s setting) world(t *testing.T, troubles map[int]trouble) *world {
	t.Helper()
	w := &world{
		ctx:    t.Context(),
		manner: s.manner, fleet: s.fleet, tail: s.tail, reboot: s.reboot, trouble: troubles, now: noon,
		ledger: map[string]*grant{}, asked: map[string]int{}, took: map[string][]time.Time{}, said: map[string]bool{},
	}
	switch s.what {
	case "bond":
		w.machine = &bond{active: "eth0", silent: map[string]bool{"eth0": true, "eth1": false}}
	case "array":
		w.machine = &array{now: noon}
	case "pager":
		w.machine, w.blind = &pager{}, true
	}
	return w
}

func (s setting) policy() actions.Policy {
	r := actions.DefaultRule()
	r.Name, r.Do, r.Reach = "rule", s.verb, actions.ReachHost
	if s.verb == actions.Hook {
		r.Hook = "page"
	}
	if s.fleet {
		r.Reach, r.Pool = actions.ReachFleet, "db"
	}
	return actions.Policy{Rules: []actions.Rule{r}, Ways: ways()}
}

// settings are all worlds there are: each machine, each manner, with and without a fleet. How the hand fails is the same to
// both machines, so only the bond has them all.
func settings() []setting {
	var out []setting
	for _, fleet := range []bool{false, true} {
		for _, m := range []manner{obeys, lies, dull, deaf, late, hangs} {
			out = append(out, setting{what: "bond", verb: actions.BondFailover, manner: m, fleet: fleet})
		}
		for _, m := range []manner{obeys, lies, dull, deaf, late, hangs} {
			out = append(out, setting{what: "pager", verb: actions.Hook, manner: m, fleet: fleet})
		}
		for _, m := range []manner{obeys, late} {
			out = append(out, setting{what: "array", verb: actions.RaidReplace, manner: m, fleet: fleet})
		}
	}
	return out
}

// live runs the agent on w until nothing happens any more: crash upon crash, life upon life.
func live(w *world, p actions.Policy) {
	for range 10 {
		if !dies(w, p) {
			return
		}
		w.died()
	}
	w.complain("it does not come to rest")
}

func dies(w *world, p actions.Policy) (died bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, died = r.(crash); !died {
				panic(r)
			}
			w.story = append(w.story, scene{what: "the agent dies", at: w.now.Sub(noon)})
		}
	}()
	newAgent(w, p).run()
	return false
}

// agent is what runs the engine: it looks, decides and carries out, one thing after the other.
type agent struct {
	w      *world
	p      actions.Policy
	engine actions.Engine
	hands  actions.Hands
	h      actions.History
	next   uint64
	group  redundancy.Group
	seenAt time.Time
	inbox  []actions.Input
	unlog  bool
}

func newAgent(w *world, p actions.Policy) *agent {
	a := &agent{w: w, p: p, next: uint64(len(w.log)) + 1}
	for _, r := range w.log {
		a.h.Took(r)
	}
	a.engine = actions.Engine{Name: "host/log", Boot: fmt.Sprint(w.boot), Durable: uint64(len(w.log)), Ways: p.Ways}
	a.engine.Resume(w.now, &a.h)
	a.hands = actions.Hands{
		Operators: map[actions.Verb]actions.Operator{actions.BondFailover: w, actions.RaidReplace: w, actions.Hook: w},
		Granter:   w, Brake: w, Now: func() time.Time { return w.now },
	}
	a.look(w.group().ID)
	return a
}

// run steps until there is nothing left to do.
func (a *agent) run() {
	for range 2000 { // many times what the longest story takes
		if !a.turn() {
			return
		}
	}
	a.w.complain("it does not come to rest")
}

// turn steps once, and says whether there will be another.
func (a *agent) turn() bool {
	w := a.w
	c := actions.Circumstances{}
	if w.fleet {
		c.Pools = map[string]string{"db": ""}
	}
	if a.unlog {
		c.Unlogged = "no space left on device"
	}
	in := append(a.inbox, w.heard()...)
	a.inbox = nil
	plan := a.decide(c)
	for i := range plan.Do {
		in = append(in, actions.Input{Intend: &plan.Do[i]})
	}
	fx := a.engine.Step(w.now, a.next, c, &a.h, in...)
	a.unlog = false
	a.carry(fx)
	if len(a.inbox) > 0 || len(fx.Append) > 0 {
		return true
	}
	return a.rest(fx.Wake, plan.Next)
}

func (a *agent) decide(c actions.Circumstances) actions.Plan {
	assessed := redundancy.Assessed{Group: a.group, Verdict: redundancy.Judge(a.group), Source: "s", Since: noon}
	return actions.Decide(a.w.now, redundancy.Assessment{
		At: a.w.now, Groups: []redundancy.Assessed{assessed}, Sources: []redundancy.SourceState{{Name: "s", At: a.seenAt}},
	}, &a.h, a.p, c)
}

// carry does what a step asks for. A log that takes nothing takes it a second later; one that is slow to make things safe
// does so with the next call.
func (a *agent) carry(fx actions.Effects) {
	w := a.w
	if n := uint64(len(fx.Append)); n > 0 {
		if w.append(fx.Append) {
			if len(w.fresh) > 0 { // it said that it failed, and did not: none of it counts
				w.fresh = w.fresh[:max(0, len(w.fresh)-int(n))]
			}
			a.inbox = append(a.inbox, actions.Input{Refused: a.next})
			a.unlog = true
			w.pass(w.now.Add(time.Second))
		} else {
			a.next += n
		}
	}
	if len(w.fresh) > 0 {
		w.sync()
		a.inbox = append(a.inbox, actions.Input{Durable: uint64(len(w.log))})
	}
	for _, ask := range fx.Ask {
		a.inbox = append(a.inbox, a.hands.Ask(w.ctx, ask))
	}
	for _, id := range fx.Look {
		a.look(id)
	}
	for _, do := range fx.Do {
		a.do(do)
	}
	for _, r := range fx.Release {
		a.inbox = append(a.inbox, a.hands.Release(w.ctx, r))
	}
}

func (a *agent) look(id redundancy.ID) {
	seen := actions.Seen{ID: id, Began: a.w.now}
	if g, err := a.w.Look(); err != nil {
		seen.Err = err.Error()
	} else {
		seen.Group, a.group, a.seenAt = &g, g, a.w.now
	}
	a.inbox = append(a.inbox, actions.Input{Seen: &seen})
}

func (a *agent) do(action actions.Action) {
	in := a.hands.Do(a.w.ctx, action)
	if a.w.manner == hangs && !in.Returned.NotBegun {
		a.w.later = append(a.w.later, event{at: a.w.now.Add(12 * time.Second), tell: &in})
		return
	}
	a.inbox = append(a.inbox, in)
}

// rest lets time pass to the next thing that happens, and says whether there is one.
func (a *agent) rest(times ...time.Time) bool {
	w := a.w
	for _, e := range w.later {
		times = append(times, e.at)
	}
	if len(w.fresh) > 0 {
		times = append(times, w.now.Add(time.Second))
	}
	times = slices.DeleteFunc(times, time.Time.IsZero)
	if len(a.engine.Works) > 0 {
		times = append(times, w.now.Add(time.Second)) // the log tells when it takes records again
	}
	if len(times) == 0 {
		if w.healed() || w.now.Sub(noon) > 5*time.Minute {
			return false
		}
		times = append(times, w.now.Add(10*time.Second)) // the watch looks anyway
	}
	w.pass(slices.MinFunc(times, time.Time.Compare))
	if len(a.engine.Works) == 0 {
		a.look(w.group().ID)
	}
	return w.now.Sub(noon) < patience
}

// judge is what has to be so once a world has come to rest.
func judge(w *world) {
	phases := map[string][]actions.Phase{}
	for _, r := range w.log {
		if r.Phase != actions.Freed {
			phases[r.Action.ID] = append(phases[r.Action.ID], r.Phase)
		}
		if r.Phase == actions.Abandoned && len(w.took[r.Action.ID]) > 0 {
			w.complain("%s is abandoned, and was done", r.Action.ID)
		}
		if r.Phase == actions.Done && len(w.took[r.Action.ID]) == 0 && !w.blind {
			w.complain("%s is called done, and was not", r.Action.ID)
		}
	}
	for id, all := range phases {
		if all[0] != actions.Intended || !all[len(all)-1].Ends() {
			w.complain("%s came as far as %v", id, all)
		}
		if slices.ContainsFunc(all[:len(all)-1], actions.Phase.Ends) {
			w.complain("%s goes on after its end: %v", id, all)
		}
	}
	for id := range w.ledger {
		w.complain("the grant of %s was never given back", id)
	}
	if w.blind {
		judgeBlind(w)
		return
	}
	if able := w.manner != dull && w.manner != deaf; able && !w.healed() {
		w.complain("it is never mended")
	}
}

// judgeBlind is what has to be so of what no look can show: it is tried once and never again, whatever became of that, and
// called done only where its hand said so to somebody who lived to hear it.
func judgeBlind(w *world) {
	asked := 0
	for _, n := range w.asked {
		asked += n
	}
	if asked > 1 {
		w.complain("it was tried %d times for one failure", asked)
	}
	for _, r := range w.log {
		if r.Phase == actions.Done && !w.said[r.Action.ID] {
			w.complain("%s is called done, and its hand never said so", r.Action.ID)
		}
	}
	harmless := true
	for _, befalls := range w.trouble {
		harmless = harmless && (befalls == freeze || befalls == bury && !w.fleet)
	}
	if harmless && asked == 0 {
		w.complain("it was never tried")
	}
}

// try lives through one world and says what was wrong with it.
func try(t *testing.T, s setting, troubles map[int]trouble) (calls int) {
	t.Helper()
	w := s.world(t, troubles)
	live(w, s.policy())
	judge(w)
	if len(w.wrong) > 0 {
		t.Errorf("%s, troubles %v:\n%s\n\n%s", s, troubles, strings.Join(w.wrong, "\n"), scenes(w.story))
	}
	return w.calls
}

func scenes(story []scene) string {
	var b strings.Builder
	for _, s := range story {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}

// TestWhateverBefallsAnyCallAnActionIsDoneAtMostOnceAndItsEndIsTrue lets each kind of trouble befall each call in turn.
func TestWhateverBefallsAnyCallAnActionIsDoneAtMostOnceAndItsEndIsTrue(t *testing.T) {
	t.Parallel()
	for _, s := range settings() {
		t.Run(fmt.Sprintf("%s/%s/fleet=%v", s.what, s.manner, s.fleet), func(t *testing.T) {
			t.Parallel()
			for _, befalls := range []trouble{fails, failsAfter, slow, freeze, bury} {
				each(t, s, befalls)
			}
			for _, s.tail = range []bool{false, true} { // what a crash leaves
				for _, s.reboot = range []bool{false, true} {
					each(t, s, crashBefore)
					each(t, s, crashAfter)
				}
			}
		})
	}
}

// each lets one trouble befall one call after the other.
func each(t *testing.T, s setting, befalls trouble) {
	t.Helper()
	for k, calls := 1, 1; k <= calls && !t.Failed(); k++ {
		calls = min(try(t, s, map[int]trouble{k: befalls}), longest)
	}
}

// longest is how far into a story trouble befalls: a hand that never obeys is tried three times, all alike.
const longest = 40

// TestTwoCrashesAreNoWorseThanOne crashes before or after every call, and again while that is being settled.
func TestTwoCrashesAreNoWorseThanOne(t *testing.T) {
	t.Parallel()
	for _, s := range settings() {
		if s.what != "bond" || s.manner != obeys && s.manner != late {
			continue
		}
		t.Run(fmt.Sprintf("%s/%s/fleet=%v", s.what, s.manner, s.fleet), func(t *testing.T) {
			t.Parallel()
			for first, calls := 1, 1; first <= calls && !t.Failed(); first++ {
				for second := first + 1; second <= first+6 && !t.Failed(); second++ {
					calls = min(try(t, s, map[int]trouble{first: crashAfter, second: crashBefore}), longest)
					try(t, s, map[int]trouble{first: crashBefore, second: crashAfter})
				}
			}
		})
	}
}

// TestHistoryIsWhatTheLogSays: what the agent goes by in one life is what it would go by after a restart.
func TestHistoryIsWhatTheLogSays(t *testing.T) {
	t.Parallel()
	for _, s := range settings() {
		w := s.world(t, nil)
		a := newAgent(w, s.policy())
		a.run()
		var again actions.History
		for _, r := range w.log {
			again.Took(r)
		}
		if diff := cmp.Diff(again, a.h); diff != "" {
			t.Errorf("%s: (-log +life):\n%s", s, diff)
		}
	}
}
