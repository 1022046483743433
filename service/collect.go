package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "service"

// firstAnswers is how long the first look waits for the checks: with the bus, less than a look may take by default.
const firstAnswers = 1500 * time.Millisecond

// Config says which services there are and where units are read.
type Config struct {
	Groups []Spec
	Units  Units
	Proc   sysfs.FS // tells boots apart, for who acts
}

// Collector looks at services, and hears of changes. Collect and Watch may run at the same time, each once.
type Collector struct {
	groups []Spec
	units  Units
	proc   sysfs.FS

	names    []string                   // of all units that are members, sorted
	checkers map[redundancy.ID]*checker // by member; the map is never changed
	courses  map[redundancy.ID]course   // by member; owned by Collect
	waited   bool                       // for the first answers; owned by Collect
	deaf     atomic.Pointer[string]     // why systemd is not heard; nil: it is, or nobody listens yet
}

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	c := &Collector{
		groups: cfg.Groups, units: cfg.Units, proc: cfg.Proc,
		checkers: map[redundancy.ID]*checker{}, courses: map[redundancy.ID]course{},
	}
	for _, s := range c.groups {
		for _, m := range s.Members {
			if m.Unit != "" {
				c.names = append(c.names, m.Unit)
			}
			if m.Check != nil {
				asked := newChecker(*m.Check, m.Check.asker(c.units))
				asked.unit = m.Unit != ""
				c.checkers[s.memberID(m)] = asked
			}
		}
	}
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	return c
}

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect reads the units and takes what the checks have found out so far, which are asked while Watch runs. It always
// learns something: a bus that is away leaves its units unread, with the reason as evidence.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	now := time.Now()
	var o redundancy.Observation
	var read map[string]Raw
	if len(c.names) > 0 {
		read = c.units.Look(ctx, c.names...)
	}
	c.tellRuns(read)
	c.wait(ctx)
	for _, s := range c.groups {
		members := make([]member, 0, len(s.Members))
		for _, spec := range s.Members {
			members = append(members, c.member(s, spec, read, now))
		}
		o.Groups = append(o.Groups, s.group(members))
	}
	slices.SortFunc(o.Groups, func(x, y redundancy.Group) int { return cmp.Compare(x.ID, y.ID) })
	if why := c.deaf.Load(); why != nil {
		o.Notes = append(o.Notes, "units are polled only: "+*why)
	}
	return o, nil
}

// tellRuns tells the checks of units which run it is that they ask.
func (c *Collector) tellRuns(read map[string]Raw) {
	for _, s := range c.groups {
		for _, spec := range s.Members {
			asked, has := c.checkers[s.memberID(spec)]
			if !has || spec.Unit == "" {
				continue
			}
			if u := Parse(spec.Unit, read[spec.Unit]); u.Err == "" {
				asked.of(u.run())
			} else {
				asked.of(cmp.Or(asked.running(), unread)) // whichever it is, it may answer
			}
		}
	}
}

// wait gives the checks, once, the time for their first answers: an agent that starts would else tell for a moment that
// nothing is known of what was well before.
func (c *Collector) wait(ctx context.Context) {
	if c.waited {
		return
	}
	c.waited = true
	enough := time.NewTimer(firstAnswers)
	defer enough.Stop()
	for _, asked := range c.checkers {
		select {
		case <-asked.first:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// member is one member by what was read and found out, and by what looks before have seen.
func (c *Collector) member(s Spec, spec MemberSpec, read map[string]Raw, now time.Time) member {
	m := member{spec: spec, id: s.memberID(spec), at: now}
	if spec.Unit != "" {
		m.unit = Parse(spec.Unit, read[spec.Unit])
	}
	if asked, has := c.checkers[m.id]; has {
		f := asked.found()
		m.finding = &f
	}
	if spec.Unit != "" {
		is := m.component()
		bad := is.Health == redundancy.Critical && is.State != redundancy.Absent
		m.course = c.courses[m.id].see(m.unit, bad, is.Works(), now)
		c.courses[m.id] = m.course
	}
	return m
}

// unread is the run of a unit that could not be read yet.
const unread = "unread"

// run tells what a check's answers are of: one time of being active from the next, and both from the time between. An errand
// leaves behind what its check asks for, whichever run it was.
func (u Unit) run() string {
	switch {
	case u.errand():
		return "errand"
	case u.runs():
		return fmt.Sprintf("%s since %s", u.Invocation, u.Entered)
	default:
		return u.Invocation + " is down"
	}
}
