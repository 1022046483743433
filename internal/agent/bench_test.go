package agent

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/fleet"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// crowd is a host with this many whole mirrors.
func crowd(n int) []redundancy.Group {
	groups := make([]redundancy.Group, n)
	for i := range groups {
		g := mirror(redundancy.Enabled, redundancy.Enabled)
		was := g.ID
		g.ID, g.Name = redundancy.ID(fmt.Sprintf("raid:%08d", i)), fmt.Sprintf("md%d", i)
		for k := range g.Members {
			g.Members[k].ID = g.ID + g.Members[k].ID[len(was):]
			g.Needs.AllOf[0].Members[k] = g.Members[k].ID
			g.Members[k].Device = "wwn:0x5000c500a1b2c3d4"
			g.Members[k].Evidence = []redundancy.Evidence{{Where: "block/md0/md/dev-sda1/state", Value: "in_sync"}}
		}
		g.Evidence = []redundancy.Evidence{{Where: "block/md0/md/array_state", Value: "clean"}}
		groups[i] = g
	}
	return groups
}

// settledOn is a state that has seen, told and made durable these groups.
func settledOn(groups []redundancy.Group) *State {
	st := NewState(start, Setup{
		Host: view.Host{ID: "h", Name: "db1"}, Volatile: "v", Sources: []redundancy.Source{raidSource},
		Rules: redundancy.Rules{Flap: redundancy.Flap{Count: 5, Within: 10 * time.Minute}},
	})
	st.Step(Input{At: start, Opened: &Opened{LogID: "l", Next: 1}})
	st.Step(Input{At: start, Look: &Look{Source: "raid", Ended: start, Observation: &redundancy.Observation{Groups: groups}}})
	st.Step(Input{At: start, Log: &LogNews{Durable: st.Log.Next - 1}})
	st.Step(Input{At: start, Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: st.Log.Next - 1}}})
	return st
}

// BenchmarkQuietStep is one look that found nothing new, with the view that is posted after it.
func BenchmarkQuietStep(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("groups=%d", n), func(b *testing.B) {
			st := settledOn(crowd(n))
			look := &Look{Source: "raid", Ended: start.Add(time.Second), Same: true}
			b.ReportAllocs()
			for b.Loop() {
				st.Step(Input{At: start.Add(time.Second), Look: look})
				st.View(start)
			}
		})
	}
}

// BenchmarkFault is one look that found a fault, or its repair, with what comes of it until the stream has it.
func BenchmarkFault(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("groups=%d", n), func(b *testing.B) {
			groups := crowd(n)
			st := settledOn(groups)
			st.Rules.Flap.Count = 0
			other := crowd(n)
			other[n/2].Members[1].State, other[n/2].Members[1].Health = redundancy.Disabled, redundancy.Critical
			now := start
			b.ReportAllocs()
			for b.Loop() {
				groups, other = other, groups
				now = now.Add(time.Second)
				st.Step(Input{At: now, Look: &Look{Source: "raid", Ended: now, Observation: &redundancy.Observation{Groups: groups}}})
				st.Step(Input{At: now, Log: &LogNews{Durable: st.Log.Next - 1}})
				st.Step(Input{At: now, Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: st.Log.Next - 1}}})
			}
		})
	}
}

// BenchmarkAWeekWithoutNATS is a hundred thousand events that the stream acknowledges in the end, one by one.
func BenchmarkAWeekWithoutNATS(b *testing.B) {
	const events = 100_000
	b.ReportAllocs()
	for b.Loop() {
		st := settledOn(crowd(1))
		first := st.Log.Next
		var fx Effects
		for range events {
			st.tell(redundancy.Event{Type: redundancy.ActivityProgressed, Group: "raid:00000000"}, start, &fx)
			fx = Effects{}
			st.takeLog(LogNews{Durable: st.Log.Next - 1}, start, &fx)
		}
		if len(st.Stream.Pending) != events {
			b.Fatalf("%d events pending", len(st.Stream.Pending))
		}
		for n := range uint64(events) {
			st.takeStream(StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: first + n}}, start, &fx)
		}
		if len(st.Stream.Pending) != 0 {
			b.Fatalf("%d events pending", len(st.Stream.Pending))
		}
	}
}

// BenchmarkAStormWhileTheDiskHangs is ten thousand events that wait in memory for the log.
func BenchmarkAStormWhileTheDiskHangs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		st := settledOn(crowd(10))
		now := start
		for range 10_000 {
			now = now.Add(time.Second)
			var fx Effects
			st.tell(redundancy.Event{Type: redundancy.WarningRaised, Group: "raid:00000000"}, now, &fx)
			st.volatile(now, &fx)
		}
	}
}
