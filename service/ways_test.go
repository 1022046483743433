package service

import (
	"slices"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// way is one of this room's.
func way(verb actions.Verb) actions.Way {
	all := Ways()
	return all[slices.IndexFunc(all, func(w actions.Way) bool { return w.Verb == verb })]
}

func unit(name string, state redundancy.State, health redundancy.Health, against ...redundancy.Objection) redundancy.Component {
	return redundancy.Component{
		ID: redundancy.ID("service:web/" + name), Name: name, Device: redundancy.ID("invocation:" + name), State: state, Health: health, Against: against,
	}
}

func web(needed int, all ...redundancy.Component) redundancy.Group {
	g := redundancy.Group{ID: "service:web", Name: "web", Kind: redundancy.KindService, Members: all, Serving: redundancy.Yes}
	need := redundancy.Need{Needed: redundancy.Exactly(needed)}
	for _, c := range all {
		need.Members = append(need.Members, c.ID)
	}
	g.Needs.AllOf = []redundancy.Need{need}
	return g
}

func TestRestartIsForWhatHasFailedOrIsSick(t *testing.T) {
	t.Parallel()
	fine := unit("a", redundancy.Enabled, redundancy.OK)
	busy := redundancy.Objection{Text: "systemd restarts b by itself"}
	never := redundancy.Objection{Verb: string(actions.ServiceStop), Text: "not to be stopped"}
	aim := func(name string, against ...string) actions.Aim {
		id := redundancy.ID("service:web/" + name)
		return actions.Aim{Wanted: true, From: id, To: id, Device: redundancy.ID("invocation:" + name), Against: against}
	}
	soon := redundancy.Objection{Verb: string(actions.ServiceRestart), Text: "too soon", Until: testTime()}
	later := func(a actions.Aim, until time.Time) actions.Aim {
		a.Until = until
		return a
	}
	plainCheck := redundancy.Component{ID: "service:web/p", State: redundancy.Enabled, Health: redundancy.Critical}
	for _, tt := range []struct {
		name string
		with redundancy.Component
		wish actions.Wish
		want actions.Aim
	}{
		{"failed", unit("b", redundancy.Disabled, redundancy.Critical), actions.Wish{}, aim("b")},
		{"sick", unit("b", redundancy.Enabled, redundancy.Critical), actions.Wish{}, aim("b")},
		{"restarted by systemd", unit("b", redundancy.Recovering, redundancy.Critical, busy), actions.Wish{}, aim("b", busy.Text)},
		{"what speaks against another verb", unit("b", redundancy.Disabled, redundancy.Critical, never), actions.Wish{}, aim("b")},
		{"too soon", unit("b", redundancy.Disabled, redundancy.Critical, soon), actions.Wish{}, later(aim("b", soon.Text), soon.Until)},
		{"too soon, and in vain", unit("b", redundancy.Disabled, redundancy.Critical, soon, busy), actions.Wish{}, aim("b", soon.Text, busy.Text)},
		{"stopped by a person", unit("b", redundancy.Disabled, redundancy.OK), actions.Wish{}, actions.Aim{}},
		{"being stopped", unit("b", redundancy.Disabled, redundancy.HealthUnknown), actions.Wish{}, actions.Aim{}},
		{"starting", unit("b", redundancy.Recovering, redundancy.OK), actions.Wish{}, actions.Aim{}},
		{"no such unit", unit("b", redundancy.Absent, redundancy.Critical), actions.Wish{}, actions.Aim{}},
		{"a plain check", plainCheck, actions.Wish{}, actions.Aim{}},
		{"a person asks, and all is well", fine, actions.Wish{ByHand: true, To: "service:web/a"}, aim("a")},
		{"a person asks for one", unit("b", redundancy.Disabled, redundancy.OK), actions.Wish{ByHand: true, To: "service:web/b"}, aim("b")},
		{"a person asks for any", unit("b", redundancy.Disabled, redundancy.Critical), actions.Wish{ByHand: true}, aim("b")},
		{"a person asks for what is not there", fine, actions.Wish{ByHand: true, To: "service:web/z"}, actions.Aim{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			diff(t, "aim", tt.want, way(actions.ServiceRestart).Aim(web(1, fine, tt.with), tt.wish))
		})
	}
	held := unit("b", redundancy.Disabled, redundancy.Critical, busy)
	diff(t, "the first that may be", aim("c"), way(actions.ServiceRestart).Aim(web(1, fine, held, unit("c", redundancy.Disabled, redundancy.Critical)), actions.Wish{}))
}

func TestStopIsForASickUnitThatTheOthersCanSpare(t *testing.T) {
	t.Parallel()
	fine, sickUnit := unit("a", redundancy.Enabled, redundancy.OK), unit("b", redundancy.Enabled, redundancy.Critical)
	doubtful := unit("c", redundancy.Enabled, redundancy.HealthUnknown)
	doubtful.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	stop := func(g redundancy.Group) (wanted bool, against []string) {
		a := way(actions.ServiceStop).Aim(g, actions.Wish{})
		return a.Wanted, a.Against
	}
	few := []string{"the others are not surely enough without it"}
	for _, tt := range []struct {
		name    string
		group   redundancy.Group
		wanted  bool
		against []string
	}{
		{"enough others", web(1, fine, sickUnit), true, nil},
		{"too few", web(2, fine, sickUnit), true, few},
		{"perhaps enough", web(2, fine, sickUnit, doubtful), true, few},
		{"none is sick", web(1, fine, fine), false, nil},
		{"failed is stopped already", web(1, fine, unit("b", redundancy.Disabled, redundancy.Critical)), false, nil},
	} {
		wanted, against := stop(tt.group)
		diff(t, tt.name, tt.wanted, wanted)
		diff(t, tt.name, tt.against, against)
	}
}

func TestOnlyALookAtTheUnitShowsWhatWasDone(t *testing.T) {
	t.Parallel()
	a := actions.Action{Group: "service:web", From: "service:web/b", To: "service:web/b", Device: "invocation:b"}
	other := func(c redundancy.Component) redundancy.Component {
		c.Device = "invocation:2"
		return c
	}
	unread := unit("b", redundancy.StateUnknown, redundancy.HealthUnknown)
	heard := unit("b", redundancy.Enabled, redundancy.OK)
	heard.Device = ""
	for _, tt := range []struct {
		name          string
		is            redundancy.Component
		restart, stop redundancy.Tristate
	}{
		{"the same run", unit("b", redundancy.Enabled, redundancy.Critical), redundancy.No, redundancy.No},
		{"another run", other(unit("b", redundancy.Enabled, redundancy.OK)), redundancy.Yes, redundancy.No},
		{"another run, and sick", other(unit("b", redundancy.Enabled, redundancy.Critical)), redundancy.Yes, redundancy.No},
		{"another run, which has failed", other(unit("b", redundancy.Disabled, redundancy.Critical)), redundancy.No, redundancy.Yes},
		{"another run, of an errand", unit("b", redundancy.Standby, redundancy.OK), redundancy.Yes, redundancy.No},
		{"starting", other(unit("b", redundancy.Recovering, redundancy.OK)), redundancy.Unread, redundancy.Unread},
		{"stopping", unit("b", redundancy.Disabled, redundancy.HealthUnknown), redundancy.Unread, redundancy.Unread},
		{"stopped", unit("b", redundancy.Disabled, redundancy.OK), redundancy.No, redundancy.Yes},
		{"unread", unread, redundancy.Unread, redundancy.Unread},
		{"unread, and its check is well", heard, redundancy.Unread, redundancy.Unread},
		{"no member any more", unit("z", redundancy.Enabled, redundancy.OK), redundancy.No, redundancy.No},
	} {
		g := web(1, tt.is)
		diff(t, tt.name+": restart", tt.restart, way(actions.ServiceRestart).Done(g, a))
		diff(t, tt.name+": stop", tt.stop, way(actions.ServiceStop).Done(g, a))
	}
}
