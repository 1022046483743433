package agent

import (
	"maps"
	"slices"
	"time"

	"plimsoll/internal/config"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// View is the state as others may read it, with all times as the wall clock has them now.
func (st *State) View(now time.Time) *view.View {
	v := &view.View{
		At: now.Add(st.Wall), Started: st.Started.Add(st.Wall), Host: st.Host, Mode: st.mode(), Will: st.will(),
		Assessment: st.Assessment, Snapshot: st.Snapshot, Baseline: st.Rules.Baseline, History: st.History,
		Looks:  slices.Clone(st.Looks),
		Events: maps.Clone(st.Counts),
		Recent: st.Recent, // never changed in place
		Outbox: view.Outbox{Pending: len(st.Stream.Pending), Dropped: st.Stream.Dropped, Durable: st.durable()},
		Log:    view.Log{ID: st.Log.ID, Problem: st.logProblem(), Records: max(st.Log.Next, 1) - 1},
		NATS:   view.NATS{Connected: st.Stream.Connected, URL: st.Stream.URL, Problem: st.Stream.Problem},
	}
	for _, f := range st.sees(now) {
		f.Began = f.Began.Add(st.Wall)
		v.Shared = append(v.Shared, f)
	}
	if st.Wall != 0 { // the wall clock was set since the start
		v.Assessment = shifted(st.Assessment, st.Wall)
		v.Snapshot.Sources = slices.Clone(st.Snapshot.Sources)
		for i := range v.Snapshot.Sources {
			moveSource(&v.Snapshot.Sources[i], st.Wall)
		}
	}
	return v
}

func (st *State) mode() string {
	if st.Will.Observe {
		return config.ModeObserve
	}
	return config.ModeEnforce
}

func moveSource(src *redundancy.Source, d time.Duration) {
	for _, t := range []*time.Time{&src.At, &src.Since} {
		if !t.IsZero() {
			*t = t.Add(d)
		}
	}
}
