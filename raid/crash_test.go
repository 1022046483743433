package raid_test

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/blockid"
	"plimsoll/internal/fact"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// mended is an array that does what md does, its agent's log, and the number of calls to either. At the call numbered fatal the
// agent dies, before it or after.
type mended struct {
	verb   actions.Verb
	array  raid.Array
	beside []redundancy.Candidate
	log    []actions.Record
	now    time.Time
	calls  int
	fatal  int
	after  bool
	events int            // md's own: how often the array was changed
	did    map[string]int // by action
}

// dies ends a life of the agent.
type dies struct{}

func (m *mended) call(do func()) {
	m.calls++
	if m.calls == m.fatal && !m.after {
		panic(dies{})
	}
	do()
	if m.calls == m.fatal {
		panic(dies{})
	}
}

func (m *mended) group() redundancy.Group {
	g := m.array.Group()
	g.Candidates = m.beside
	return g
}

func occupant(name, words string, slot int) raid.Device {
	state, err := raid.ParseDeviceState(words)
	if err != nil {
		panic(err)
	}
	return raid.Device{
		Name: name, State: known(state), Slot: known(raid.Slot{Number: max(slot, 0), Taken: slot >= 0}), Block: known(struct{}{}),
		Identity: blockid.Identity{Disk: redundancy.ID("wwn:" + name)},
	}
}

// do is what md makes of the deed: only from the state that it is for, as the helper sees to it.
func (m *mended) do(a actions.Action) {
	m.did[a.ID]++
	d := &m.array.Devices
	switch {
	case a.Verb == actions.RaidReadmit && len(*d) == 2:
		*d = append(*d, occupant("sdc", "spare", 2))
	case a.Verb == actions.RaidReplace && len(*d) == 4 && !(*d)[3].Slot.Value.Taken:
		(*d)[0] = occupant("sda", "in_sync,want_replacement", 0)
		(*d)[3] = occupant("sdd", "spare,replacement", 0)
	case a.Verb == actions.RaidEvict && len(*d) == 3:
		*d = (*d)[:2]
	case a.Verb == actions.RaidAddSpare && len(*d) == 2:
		*d = append(*d, occupant("sdc", "spare", -1))
	default:
		return
	}
	m.beside = nil // no device is both
	m.events++
}

// healthy is a raid1 of three with these devices.
func healthy(devices ...raid.Device) raid.Array {
	return raid.Array{
		Name: "md0", ID: "raid:x", State: known(raid.Clean), Level: known(raid.RAID1), Disks: known(raid.Disks{Now: 3, Before: 3}),
		Action: known(raid.Idle), Held: known(len(devices)), Devices: devices, Start: known(false),
		Metadata: fact.Of[raid.Metadata]{Raw: "1.2"}, Bitmap: known(raid.Bitmap("+8")),
	}
}

// before is the array that calls for verb.
func before(verb actions.Verb) *mended {
	m := &mended{verb: verb, now: time.Unix(1700000000, 0), did: map[string]int{}}
	sda, sdb, sdc := occupant("sda", "in_sync", 0), occupant("sdb", "in_sync", 1), occupant("sdc", "in_sync", 2)
	switch verb { //nolint:exhaustive // those of this room
	case actions.RaidReadmit:
		m.array = healthy(sda, sdb)
		m.beside = []redundancy.Candidate{{Verb: string(verb), Device: "wwn:sdc", Name: "sdc", Member: "raid:x/slot2"}}
	case actions.RaidReplace:
		sda.BadBlocks = known([]raid.Range{{Start: 1, Length: 1}})
		m.array = healthy(sda, sdb, sdc, occupant("sdd", "spare", -1))
	case actions.RaidEvict:
		m.array = healthy(sda, sdb, sdc)
	case actions.RaidAddSpare:
		m.array = healthy(sda, sdb)
		m.beside = []redundancy.Candidate{{Verb: string(verb), Device: "wwn:sdc", Name: "sdc", Member: "raid:x/dev/wwn:sdc"}}
	}
	return m
}

// live has an agent see to the array until it is at rest, and says whether it died over it.
func (m *mended) live(t *testing.T) (died bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			if _, died = r.(dies); !died {
				panic(r)
			}
			m.now = m.now.Add(2 * actions.RetryAfter)
		}
	}()
	var h actions.History
	for _, r := range m.log {
		h.Took(r)
	}
	e := actions.Engine{Name: "host/log", Boot: "boot", Durable: uint64(len(m.log)), Ways: raid.Ways()}
	e.Resume(m.now, &h)
	var heard []actions.Input
	for range 500 {
		if len(e.Works) == 0 && len(heard) == 0 {
			g := m.group()
			a, why := actions.Asked(m.now, &redundancy.Assessment{Groups: []redundancy.Assessed{{Group: g, Verdict: redundancy.Judge(g)}}}, &h,
				&actions.Policy{Ways: raid.Ways()}, &actions.Circumstances{}, m.wish(), "uid 0")
			if len(why) > 0 {
				return false
			}
			heard = append(heard, actions.Input{Intend: &a})
		}
		fx := e.Step(m.now, uint64(len(m.log))+1, actions.Circumstances{}, &h, heard...)
		heard = m.carry(fx)
		m.now = m.now.Add(time.Second)
	}
	t.Error("it does not come to rest")
	return false
}

func (m *mended) wish() actions.Act {
	act := actions.Act{Verb: m.verb, Group: "raid:x"}
	if m.verb == actions.RaidEvict {
		act.To = "raid:x/slot2"
	}
	return act
}

// carry does what the engine wants done.
func (m *mended) carry(fx actions.Effects) (heard []actions.Input) {
	for _, r := range fx.Append {
		m.call(func() { m.log = append(m.log, r) })
		heard = append(heard, actions.Input{Durable: uint64(len(m.log))})
	}
	for range fx.Look {
		m.call(func() {
			g := m.group()
			heard = append(heard, actions.Input{Seen: &actions.Seen{ID: g.ID, Began: m.now, Group: &g}})
		})
	}
	for _, a := range fx.Do {
		m.call(func() { m.do(a) })
		// The kernel can do it and say that it did not.
		heard = append(heard, actions.Input{Returned: &actions.Returned{ID: a.ID, Why: "device or resource busy"}})
	}
	return heard
}

// TestWhereverTheAgentDiesAnArrayIsChangedOnce kills the agent before and after each of its calls, and counts what md was told.
func TestWhereverTheAgentDiesAnArrayIsChangedOnce(t *testing.T) {
	t.Parallel()
	for _, verb := range []actions.Verb{actions.RaidReadmit, actions.RaidReplace, actions.RaidEvict, actions.RaidAddSpare} {
		t.Run(string(verb), func(t *testing.T) {
			t.Parallel()
			undisturbed := before(verb)
			if undisturbed.live(t) || undisturbed.events != 1 {
				t.Fatalf("undisturbed: %d changes, log %+v", undisturbed.events, undisturbed.log)
			}
			if last := undisturbed.log[len(undisturbed.log)-1]; last.Phase != actions.Done {
				t.Fatalf("undisturbed it ends as %s: %s", last.Phase, last.Why)
			}
			for fatal := 1; fatal <= undisturbed.calls; fatal++ {
				for _, after := range []bool{false, true} {
					m := before(verb)
					m.fatal, m.after = fatal, after
					died := m.live(t)
					if died && m.live(t) {
						t.Error("it dies again")
					}
					story := fmt.Sprintf("call %d, after it %v", fatal, after)
					if m.events != 1 {
						t.Errorf("%s: md was told %d times", story, m.events)
					}
					for id, n := range m.did {
						if n > 1 {
							t.Errorf("%s: %s was done %d times", story, id, n)
						}
					}
				}
			}
		})
	}
}
