package agent

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// moved is a bond whose paths fall silent, and the hands that move it, around a sim.
type moved struct {
	*sim
	active int  // 0 or 1
	silent int  // which path carries nothing; -1: none
	kept   bool // looks leave the bond out
	did    []actions.Action
	ended  []actions.Record
	// deaf: what is asked for is not done. dies: the agent is killed as it asks.
	deaf, dies bool
}

// newMoved is a host in mode enforce with a bond that fares well.
func newMoved(t *testing.T, change func(*moved)) *moved {
	t.Helper()
	m := &moved{sim: newSim(t), silent: -1}
	m.acts, m.prompt = true, true
	m.seen = m.carry
	if change != nil {
		change(m)
	}
	m.boot()
	m.open()
	m.look()
	return m
}

func (m *moved) bond() redundancy.Group {
	g := redundancy.Group{
		ID: "bond:b", Name: "bond0", Kind: redundancy.KindBond, Type: redundancy.Failover, Serving: redundancy.Yes,
		Settings: map[string]string{"mode": "active-backup", "arp_interval": "0", "primary": "none"},
	}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for i := range 2 {
		c := redundancy.Component{ID: redundancy.ID(fmt.Sprintf("bond:b/%d", i)), Name: fmt.Sprintf("eth%d", i), State: redundancy.Standby, Health: redundancy.OK, Proven: redundancy.Yes}
		if i == m.active {
			c.State = redundancy.Enabled
		}
		if i == m.silent {
			c.Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
		}
		g.Members, need.Members = append(g.Members, c), append(need.Members, c.ID)
	}
	g.Needs.AllOf = []redundancy.Need{need}
	return g
}

func (m *moved) look() {
	m.t.Helper()
	o := &redundancy.Observation{Groups: []redundancy.Group{m.bond()}}
	if m.kept {
		o.Kept = []redundancy.ID{"bond:b"}
	}
	m.step(Input{Look: &Look{Source: "bond", Began: m.now, Ended: m.now, Observation: o}})
}

// carry does what the loop has done by others.
func (m *moved) carry(fx Effects) {
	m.ended = append(m.ended, fx.Ended...)
	if len(fx.Look) > 0 {
		m.later = append(m.later, m.look)
	}
	for _, a := range fx.Do {
		m.did = append(m.did, a)
		if m.dies {
			m.later = nil
			m.dead = true
			return
		}
		if !m.deaf {
			m.active = int(a.To[len(a.To)-1] - '0')
		}
		m.later = append(m.later, func() { m.step(Input{Deed: &actions.Input{Returned: &actions.Returned{ID: a.ID}}}) })
	}
}

// live lets d pass and has happen what was asked for meanwhile.
func (m *moved) live(d time.Duration) {
	m.t.Helper()
	for end := m.now.Add(d); m.now.Before(end) && !m.dead; {
		for len(m.later) > 0 && !m.dead {
			do := m.later[0]
			m.later = m.later[1:]
			do()
		}
		m.pass(min(time.Second, end.Sub(m.now)), 0)
		if !m.dead {
			m.look()
		}
	}
}

// reborn starts the agent anew.
func (m *moved) reborn() {
	m.t.Helper()
	m.kill(0)
	m.dead, m.dies, m.later = false, false, nil
	m.boot()
	m.open()
	m.look()
}

// phases are the action records of the log.
func (m *moved) phases() []string {
	var out []string
	for _, r := range m.records {
		if a, ok := r.Data.(actions.Record); ok {
			out = append(out, string(a.Phase))
		}
	}
	return out
}

// told are the types of events of actions in the stream.
func (m *moved) told() []string {
	var out []string
	for _, e := range m.stream {
		if e.Is != nil && e.Is.ActionFace != nil {
			out = append(out, e.Type)
		}
	}
	return out
}

func (m *moved) want(what string, want, got []string) {
	m.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestASilentPathIsLeftOnceAndTheLogTellsIt(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	m.silent = 0
	m.look()
	m.live(time.Minute)
	if m.active != 1 || len(m.did) != 1 {
		t.Fatalf("active %d after %v", m.active, m.did)
	}
	m.want("records", []string{"intended", "started", "done"}, m.phases())
	m.want("events", []string{"action.intended", "failover.done"}, m.told())
	m.wantOneStory()
	m.silent = -1
	m.live(29 * time.Minute)
	m.want("before the window has passed", []string{"action.intended", "failover.done"}, m.told())
	m.live(2 * time.Minute)
	m.want("afterwards", []string{"action.intended", "failover.done", "failback.offered"}, m.told())
	m.reborn()
	m.live(time.Minute)
	m.want("after a restart", []string{"action.intended", "failover.done", "failback.offered"}, m.told())
	if m.active != 1 || len(m.did) != 1 {
		t.Errorf("active %d after %v: nobody asked for the return", m.active, m.did)
	}
	m.step(Input{Order: &actions.Order{By: "uid 0", Act: &actions.Act{Verb: actions.BondFailback, Group: "bond:b"}}})
	m.live(10 * time.Second)
	m.want("asked for", []string{"action.intended", "failover.done", "failback.offered", "action.intended", "failback.done"}, m.told())
	if n := len(m.ended); m.active != 0 || n != 2 || m.ended[1].Action.By != "uid 0" {
		t.Errorf("active %d, ended %+v", m.active, m.ended)
	}
}

func TestInModeObserveTheSameIsSaidAndNothingDone(t *testing.T) {
	t.Parallel()
	m := newMoved(t, func(m *moved) { m.acts = false })
	m.silent = 0
	m.look()
	m.live(time.Hour)
	if m.active != 0 || len(m.did) != 0 || len(m.phases()) != 0 {
		t.Errorf("done: %v, %v", m.did, m.phases())
	}
	m.want("events", []string{"action.held"}, m.told())
	m.reborn()
	m.live(time.Minute)
	m.want("after a restart", []string{"action.held"}, m.told())
	m.silent = -1
	m.look()
	m.live(time.Minute)
	m.silent = 0
	m.look()
	m.live(time.Minute)
	m.want("the next time", []string{"action.held", "action.held"}, m.told())
}

func TestAKilledAgentLooksAndDoesNotRepeat(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"it was done": true, "it was not done": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoved(t, nil)
			m.dies = true
			m.silent = 0
			m.look()
			m.live(2 * time.Second)
			if !m.dead {
				t.Fatal("nothing was begun")
			}
			if done {
				m.active = 1
			}
			m.reborn()
			m.live(5 * time.Second)
			if len(m.did) != 1 {
				t.Errorf("begun %d times", len(m.did))
			}
			m.live(10 * time.Second)
			end := "done"
			if !done {
				end = "failed"
			}
			if len(m.ended) > 0 {
				t.Log(m.ended[0].Why)
			}
			m.want("records", []string{"intended", "started", end}, m.phases()[:3])
			if !slices.Contains(m.told(), "action.indoubt") {
				t.Errorf("nobody was told of the doubt: %v", m.told())
			}
		})
	}
}

func TestNothingIsDoneWhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*moved)
		held   string
	}{
		"frozen": {func(m *moved) { m.step(Input{Frozen: &Frozen{Why: []string{"by hand"}}}) }, "freeze"},
		"maintenance": {func(m *moved) {
			m.step(Input{Order: &actions.Order{By: "uid 0", Maintain: &actions.Maintenance{Until: m.now.Add(time.Hour)}}})
		}, ""},
		"leaving":       {func(m *moved) { leaving := true; m.step(Input{Leaving: &leaving}) }, "shutdown"},
		"log full":      {func(m *moved) { m.full = true }, "log"},
		"log hangs":     {func(m *moved) { m.stuck, m.prompt = true, false }, ""},
		"not looked at": {func(m *moved) { m.kept = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoved(t, nil)
			c.change(m)
			m.silent = 0
			m.look()
			m.live(30 * time.Second)
			if m.active != 0 || len(m.did) != 0 {
				t.Errorf("done: %v", m.did)
			}
			if c.held != "" {
				found := slices.ContainsFunc(m.st.Will.Plan.Held, func(h actions.Holding) bool { return slices.Contains(h.Keys(), c.held) })
				if !found {
					t.Errorf("held by something else: %+v", m.st.Will.Plan.Held)
				}
			}
		})
	}
}

func TestMaintenanceEndsByItselfAndOutlivesTheAgent(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	m.step(Input{Order: &actions.Order{By: "uid 0", Maintain: &actions.Maintenance{Group: "bond*", Until: m.now.Add(time.Minute)}}})
	m.silent = 0
	m.reborn()
	m.live(50 * time.Second)
	if len(m.did) != 0 {
		t.Errorf("done within: %v", m.did)
	}
	m.live(20 * time.Second)
	if m.active != 1 {
		t.Error("not done afterwards")
	}
}

func TestAnOrderThatCannotBeFollowedSaysWhy(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	var fx Effects
	m.seen = func(of Effects) { fx = of }
	end := "bond9"
	for want, o := range map[string]actions.Order{
		"unknown: there is no such group":           {Act: &actions.Act{Verb: actions.BondFailover, Group: "bond:9"}},
		"refused: there is nothing to do":           {Act: &actions.Act{Verb: actions.BondFailover, Group: "bond:b", To: "bond:b/0"}},
		"maintenance: there is no such maintenance": {Resume: &end},
	} {
		m.step(Input{Order: &o})
		if fx.Refused != want {
			t.Errorf("refused with %q, want %q", fx.Refused, want)
		}
	}
	m.step(Input{Log: &LogNews{Problem: "read-only file system"}})
	m.step(Input{Order: &actions.Order{Release: true}})
	if fx.Refused == "" {
		t.Error("taken though the log takes nothing")
	}
}

func TestWhatIsHeldIsSaidOnceThoughItsCauseGoesOutFromMemory(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	m.step(Input{Log: &LogNews{Problem: "no space left on device"}})
	m.stuck, m.prompt = true, false // the events wait for the log, and then go out under other names
	m.silent = 0
	m.look()
	m.live(10 * time.Second)
	m.want("events", []string{"action.held"}, m.told())
}
