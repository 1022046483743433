package service

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// member is one member as a look found it.
type member struct {
	spec    MemberSpec
	id      redundancy.ID
	unit    Unit     // empty for a plain check
	finding *finding // nil: there is no check
	course  course   // of the unit
	at      time.Time
}

// group tells the members of s as a group: needs as they are listed, serving by what is known of the members.
func (s Spec) group(members []member) redundancy.Group {
	g := redundancy.Group{
		ID: s.id(), Name: s.Name, Kind: redundancy.KindService, Type: redundancy.NPlusM, Declared: true,
		Evidence: []redundancy.Evidence{{Where: "configuration services " + s.Name, Value: fmt.Sprintf("%d of %d needed", s.Needed, len(s.Members))}},
	}
	if s.Needed >= len(s.Members) {
		g.Type = redundancy.TypeNotRedundant
	}
	need := redundancy.Need{Needed: redundancy.Exactly(s.Needed)}
	for _, m := range members {
		g.Members = append(g.Members, m.component())
		g.Warnings = append(g.Warnings, m.warnings()...)
		need.Members = append(need.Members, m.id)
	}
	slices.Sort(need.Members)
	slices.SortFunc(g.Members, func(x, y redundancy.Component) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(g.Warnings, func(x, y redundancy.Warning) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.Member, y.Member))
	})
	g.Needs.AllOf = []redundancy.Need{need}
	g.Serving = s.serving(g.Members)
	return g
}

// serving is what the members show: a service does its work where enough of them surely do theirs, and does not where even the
// doubtful are too few.
func (s Spec) serving(members []redundancy.Component) redundancy.Tristate {
	sure, perhaps := 0, 0
	for _, c := range members {
		if c.Works() {
			sure++
		}
		if !c.Broken() {
			perhaps++
		}
	}
	switch {
	case sure >= s.Needed:
		return redundancy.Yes
	case perhaps < s.Needed:
		return redundancy.No
	default:
		return redundancy.Unread
	}
}

func (m member) component() redundancy.Component {
	c := redundancy.Component{ID: m.id, Name: m.spec.Name, Evidence: m.evidence()}
	if m.spec.Unit == "" {
		c.State, c.Health, c.Doubts = plain(m.finding.streak.Health)
		return c
	}
	if m.unit.rests() {
		c.Device = m.unit.device()
	}
	c.State, c.Health, c.Doubts = condition(m.unit)
	if m.finding != nil {
		c.State, c.Health, c.Doubts = checked(c, m.unit, m.finding.streak.Health)
	}
	c.Against = m.course.against(m.unit, m.at)
	return c
}

// plain is what a check alone says of a member.
func plain(h Health) (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	switch h {
	case Well:
		return redundancy.Enabled, redundancy.OK, nil
	case Sick:
		return redundancy.Enabled, redundancy.Critical, nil
	case Unknown:
	}
	return redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
}

// checked is what the check of a unit adds to what systemd says of it. It counts only where systemd finds nothing wrong: what
// does not run has nobody to answer. Where systemd could not be asked, a check that is well is proof enough.
func checked(c redundancy.Component, u Unit, h Health) (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	switch {
	case u.Err != "" && h == Well:
		return redundancy.Enabled, redundancy.OK, nil
	case !works(c.State, c.Health):
		return c.State, c.Health, c.Doubts
	}
	switch h {
	case Well:
		return c.State, redundancy.OK, nil
	case Sick:
		return c.State, redundancy.Critical, nil
	case Unknown:
	}
	return c.State, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
}

// condition is what systemd's words mean for a member, as org.freedesktop.systemd1(5) has them. Health tells apart what does
// not run: Critical is what failed, OK what was stopped, and Unknown what is being stopped at this moment.
func condition(u Unit) (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	switch {
	case u.Err != "":
	case u.restarts():
		return redundancy.Recovering, redundancy.Critical, nil
	case u.runs(), u.Active == activating && u.errand():
		return redundancy.Enabled, redundancy.OK, nil
	case u.Active == activating:
		return redundancy.Recovering, redundancy.OK, nil
	case u.Active == deactivating, u.Active == maintenance:
		return redundancy.Disabled, redundancy.HealthUnknown, nil
	case u.Active == failed:
		return redundancy.Disabled, redundancy.Critical, nil
	case u.Active == inactive && u.Load == notFound:
		return redundancy.Absent, redundancy.Critical, nil
	case u.Active == inactive && !u.errand():
		return redundancy.Disabled, redundancy.OK, nil
	case u.Active == inactive && u.Started && u.Result == success:
		return redundancy.Standby, redundancy.OK, nil // its errand is done, until the next
	}
	// Not read; a word that nobody knows; an errand that has not been run since the boot.
	return redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
}

// works says whether a member in this state and health does its work.
func works(state redundancy.State, health redundancy.Health) bool {
	return redundancy.Component{State: state, Health: health}.Works()
}

func (m member) evidence() []redundancy.Evidence {
	var out []redundancy.Evidence
	if m.spec.Unit != "" {
		out = m.unit.evidence()
	}
	if m.finding == nil {
		return out
	}
	e := redundancy.Evidence{Where: "check " + m.spec.Check.what()}
	switch f := m.finding; {
	case f.at.IsZero():
		e.Err = "not asked yet"
	case f.last.Health == Unknown:
		e.Err, e.At = f.last.Text, f.at
	default:
		e.Value, e.At = fmt.Sprintf("%s, %s", m.spec.Check.count(f.streak), f.last.Text), f.at
	}
	return append(out, e)
}

// count is a streak in words: "well", "sick 2 of 3".
func (c Check) count(s Streak) string {
	if s.Next == s.Health {
		return s.Health.String()
	}
	return fmt.Sprintf("%s %d of %d", s.Next, s.In, map[Health]int{Well: c.Rise, Sick: c.Fall}[s.Next])
}

func (u Unit) evidence() []redundancy.Evidence {
	where := "systemd " + u.Name
	if u.Err != "" {
		return []redundancy.Evidence{{Where: where, Err: u.Err}}
	}
	out := []redundancy.Evidence{{Where: where + " ActiveState", Value: u.word()}}
	add := func(key, value string, telling bool) {
		if telling {
			out = append(out, redundancy.Evidence{Where: where + " " + key, Value: value})
		}
	}
	add("LoadState", u.Load, u.Load != loaded)
	add("Result", u.Result, u.Result != success && u.Result != "")
	add("NRestarts", fmt.Sprint(u.Restarts), u.Restarts > 0)
	add("StartLimit", fmt.Sprintf("%d within %s", u.LimitBurst, u.LimitInterval), u.limited())
	add("Job", u.Job, u.Job != "")
	return out
}

// limited says whether systemd bounds how often u may be started.
func (u Unit) limited() bool { return u.LimitBurst > 0 && u.LimitInterval > 0 }
