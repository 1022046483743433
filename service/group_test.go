package service

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// words are what events would tell of a member.
func words(s redundancy.State, h redundancy.Health, doubts []redundancy.Doubt) string {
	out := []string{s.String(), h.String()}
	for _, d := range doubts {
		out = append(out, d.String())
	}
	return strings.Join(out, " ")
}

func TestUnitsAreWhatSystemdMeansByItsWords(t *testing.T) {
	t.Parallel()
	errand := with("Type", "oneshot")
	for _, tt := range []struct {
		state, sub string
		more       []func(Raw)
		want       string
	}{
		{"active", "running", nil, "Enabled OK"},
		{"active", "exited", nil, "Enabled OK"},
		{"active", "exited", []func(Raw){errand, with("RemainAfterExit", true)}, "Enabled OK"},
		{"reloading", "reload", nil, "Enabled OK"},
		{"refreshing", "refresh-extensions", nil, "Enabled OK"},
		{"activating", "start", nil, "Recovering OK"},
		{"activating", "start", []func(Raw){errand}, "Enabled OK"},
		{"activating", "auto-restart", nil, "Recovering Critical"},
		{"activating", "auto-restart-queued", nil, "Recovering Critical"},
		{"activating", "auto-restart", []func(Raw){errand}, "Recovering Critical"},
		{"deactivating", "stop-sigterm", nil, "Disabled Unknown"},
		{"maintenance", "cleaning", nil, "Disabled Unknown"},
		{"failed", "failed", []func(Raw){with("Result", "signal")}, "Disabled Critical"},
		{"failed", "failed", []func(Raw){with("Result", "start-limit-hit")}, "Disabled Critical"},
		{"inactive", "dead", nil, "Disabled OK"},
		{"inactive", "dead", []func(Raw){with("LoadState", "masked")}, "Disabled OK"},
		{"inactive", "dead", []func(Raw){with("LoadState", "not-found")}, "Absent Critical"},
		{"inactive", "dead", []func(Raw){errand}, "Standby OK"},
		{"inactive", "dead", []func(Raw){errand, with("InactiveExitTimestampMonotonic", uint64(0))}, "Unknown Unknown unread"},
		{"active", "running", []func(Raw){with("LoadState", "not-found")}, "Enabled OK"},
		{"perplexed", "dead", nil, "Unknown Unknown unread"},
	} {
		r := raw("a.service", tt.state, tt.sub)
		for _, m := range tt.more {
			m(r)
		}
		state, health, doubts := condition(Parse("a.service", r))
		diff(t, fmt.Sprintf("%s (%s) %d", tt.state, tt.sub, len(tt.more)), tt.want, words(state, health, doubts))
	}
}

func TestAPropertyOfAnotherTypeIsUnreadAndNothingWorse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := raw("a.service", "active", "running")
		for _, of := range []map[string]any{r.Unit, r.Service} {
			for key := range of {
				if rapid.Bool().Draw(t, key) {
					of[key] = rapid.SampledFrom([]any{nil, "x", uint32(7), uint64(1 << 63), []any{"x"}, []any{1, 2}, []byte{1}, true, 3.5}).Draw(t, key+" is")
				}
			}
		}
		u := Parse("a.service", r)
		s := Spec{Name: "g", Needed: 1, Members: []MemberSpec{{Name: "a", Unit: "a.service"}}}
		g := s.group([]member{{spec: s.Members[0], id: "service:g/a.service", unit: u}})
		if _, told := r.Unit["ActiveState"].(string); !told && g.Serving == redundancy.Yes {
			t.Fatal("it serves, and nobody said so")
		}
	})
}

// of are members of a group that needs so many, each a check alone that says this.
func of(needed int, all ...Health) redundancy.Group {
	s := Spec{Name: "g", Needed: needed}
	var members []member
	for i, h := range all {
		spec := MemberSpec{Name: fmt.Sprint("m", i), Check: &Check{TCP: "h:1", Rise: 2, Fall: 3}}
		s.Members = append(s.Members, spec)
		members = append(members, member{spec: spec, id: s.memberID(spec), finding: &finding{streak: Streak{Health: h, Next: h}, last: Answer{Health: h}}})
	}
	return s.group(members)
}

func TestPlainChecksHaveAMargin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		group redundancy.Group
		want  string
	}{
		{"all well", of(1, Well, Well, Well), "FullyRedundant 2 of 2 yes"},
		{"one sick", of(1, Well, Sick, Well), "Degraded 1 of 2 yes"},
		{"as many as needed", of(2, Well, Sick, Well), "Lost 0 of 1 yes"},
		{"too few", of(2, Well, Sick, Sick), "Failed -1 of 1 no"},
		{"one unknown", of(1, Well, Unknown), "Unknown 0 to 1 of 1 yes"},
		{"none known", of(1, Unknown, Unknown), "Unknown -1 to 1 of 1 unread"},
		{"too few, whatever the unknown one is", of(2, Sick, Sick, Unknown), "Failed -2 to -1 of 1 no"},
		{"all are needed", of(2, Well, Well), "NotRedundant 0 of 0 yes"},
		{"all are needed, and one is sick", of(2, Well, Sick), "Failed -1 of 0 no"},
	} {
		v := redundancy.Judge(tt.group)
		diff(t, tt.name, tt.want, fmt.Sprint(v.Status, v.Margin, v.Serving))
		if !tt.group.Declared || tt.group.Members[0].Against != nil {
			t.Errorf("%s: %+v", tt.name, tt.group)
		}
	}
}

func TestACheckCountsWhereSystemdFindsNothingWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		raw   Raw
		check Health
		want  string
	}{
		{"well", raw("a.service", "active", "running"), Well, "Enabled OK"},
		{"it hangs", raw("a.service", "active", "running"), Sick, "Enabled Critical"},
		{"nobody could ask", raw("a.service", "active", "running"), Unknown, "Enabled Unknown unread"},
		{"it starts", raw("a.service", "activating", "start"), Sick, "Recovering OK"},
		{"it is down", raw("a.service", "inactive", "dead"), Sick, "Disabled OK"},
		{"it has failed, and somebody else answers", raw("a.service", "failed", "failed"), Well, "Disabled Critical"},
		{"the bus is away", Raw{Err: errAway}, Well, "Enabled OK"},
		{"the bus is away, and it hangs", Raw{Err: errAway}, Sick, "Unknown Unknown unread"},
	} {
		spec := MemberSpec{Name: "a", Unit: "a.service", Check: &Check{TCP: "h:1"}}
		m := member{spec: spec, unit: Parse("a.service", tt.raw), finding: &finding{streak: Streak{Health: tt.check}}}
		c := m.component()
		diff(t, tt.name, tt.want, words(c.State, c.Health, c.Doubts))
	}
}

func TestEvidenceSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	m := member{
		spec: MemberSpec{Name: "a", Unit: "a.service", Check: &Check{HTTP: "http://h/", Rise: 2, Fall: 3}},
		unit: Parse("a.service", raw("a.service", "failed", "failed", with("Result", "exit-code"), with("NRestarts", uint32(2)), with("Job", []any{uint32(9), "/j/9"}))),
		finding: &finding{
			streak: Streak{Health: Well, Next: Sick, In: 2}, last: sick("500 Internal Server Error"), at: testTime(),
		},
	}
	var got []string
	for _, e := range m.evidence() {
		got = append(got, e.Where+": "+e.Value+e.Err)
	}
	diff(t, "evidence", []string{
		"systemd a.service ActiveState: failed (failed)",
		"systemd a.service Result: exit-code",
		"systemd a.service NRestarts: 2",
		"systemd a.service StartLimit: 5 within 10s",
		"systemd a.service Job: 9",
		"check http http://h/: sick 2 of 3, 500 Internal Server Error",
	}, got)
	m.unit = Unit{Name: "a.service", Err: "away"}
	m.finding = &finding{}
	diff(t, "unread", []redundancy.Evidence{
		{Where: "systemd a.service", Err: "away"}, {Where: "check http http://h/", Err: "not asked yet"},
	}, m.evidence())
}

func TestAnotherRunIsNewsOnlyOnceItLasts(t *testing.T) {
	t.Parallel()
	device := func(r Raw) redundancy.ID {
		return member{spec: MemberSpec{Unit: "a.service"}, unit: Parse("a.service", r)}.component().Device
	}
	first := redundancy.ID("invocation:" + fmt.Sprintf("%032x", 1))
	errand := with("Type", "oneshot")
	for _, tt := range []struct {
		name string
		raw  Raw
		want redundancy.ID
	}{
		{"it runs", raw("a.service", "active", "running"), first},
		{"it has failed", raw("a.service", "failed", "failed"), first},
		{"it was stopped", raw("a.service", "inactive", "dead"), first},
		{"it is about to be restarted", raw("a.service", "activating", "auto-restart"), ""},
		{"it starts", raw("a.service", "activating", "start"), ""},
		{"it stops", raw("a.service", "deactivating", "stop-sigterm"), ""},
		{"an errand under way", raw("a.service", "activating", "start", errand), ""},
		{"an errand done", raw("a.service", "inactive", "dead", errand), ""},
		{"an errand that failed", raw("a.service", "failed", "failed", errand), first},
		{"unread", Raw{Err: errAway}, ""},
	} {
		diff(t, tt.name, tt.want, device(tt.raw))
	}
}
