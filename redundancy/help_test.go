package redundancy_test

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// t0 is when every story of these tests begins.
func t0() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func at(d time.Duration) time.Time { return t0().Add(d) }

func diff(t rapid.TB, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// The members that tests are made of. m names one of the group "raid:g".
func works(m string) redundancy.Component {
	return redundancy.Component{ID: member(m), Name: m, State: redundancy.Enabled, Health: redundancy.OK}
}

func failed(m string) redundancy.Component {
	return redundancy.Component{ID: member(m), Name: m, State: redundancy.Disabled, Health: redundancy.Critical}
}

func absent(m string) redundancy.Component {
	return redundancy.Component{ID: member(m), Name: m, State: redundancy.Absent, Health: redundancy.Critical}
}

func spare(m string) redundancy.Component {
	return redundancy.Component{ID: member(m), Name: m, State: redundancy.Spare, Health: redundancy.OK}
}

func unread(m string) redundancy.Component { return doubted(m, redundancy.DoubtUnread) }

func doubted(m string, d ...redundancy.Doubt) redundancy.Component {
	c := works(m)
	c.Doubts = d
	return c
}

func member(m string) redundancy.ID { return redundancy.ID("raid:g/" + m) }

func ids(cs []redundancy.Component) []redundancy.ID {
	var all []redundancy.ID
	for _, c := range cs {
		all = append(all, c.ID)
	}
	return all
}

// group is an array of which needed members have to work; spares are in no need.
func group(needed redundancy.Interval, cs ...redundancy.Component) redundancy.Group {
	g := redundancy.Group{
		ID: "raid:g", Name: "md0", Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Members: cs,
		Serving: redundancy.Unread,
	}
	need := redundancy.Need{Needed: needed}
	for _, c := range cs {
		if c.State != redundancy.Spare {
			need.Members = append(need.Members, c.ID)
		}
	}
	g.Needs.AllOf = []redundancy.Need{need}
	return g
}

func mirror(cs ...redundancy.Component) redundancy.Group {
	g := group(redundancy.Exactly(1), cs...)
	g.Serving = redundancy.Yes
	return g
}

// seen is a snapshot of one source "md" that found these groups at that time.
func seen(when time.Time, groups ...redundancy.Group) redundancy.Snapshot {
	return redundancy.Snapshot{Sources: []redundancy.Source{{
		Name: "md", Observation: redundancy.Observation{Groups: groups}, At: when, Since: t0(), StaleAfter: 30 * time.Second,
	}}}
}

// assess takes one step from prev.
func assess(prev redundancy.Assessment, when time.Time, r redundancy.Rules, groups ...redundancy.Group) redundancy.Assessment {
	return redundancy.Assess(prev, seen(when, groups...), when, r)
}

// shown is the group of these tests as a shows it.
func shown(t rapid.TB, a redundancy.Assessment) redundancy.Assessed {
	t.Helper()
	g, found := a.Group("raid:g")
	if !found {
		t.Fatal("the group is not shown")
	}
	return g
}

// numbered gives events the ids e0, e1 and so on.
func numbered(i int) string { return fmt.Sprintf("e%d", i) }

func types(events []redundancy.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.Type)
	}
	return all
}

// sameEmpty compares an empty slice or map like one that is not there.
func sameEmpty() cmp.Option { return cmpopts.EquateEmpty() }
