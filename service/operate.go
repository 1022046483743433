package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"plimsoll/actions"
	"plimsoll/internal/deed"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Helper is the privileged helper, as far as this room asks it.
type Helper interface {
	// Restart restarts a unit and waits until its job has ended.
	Restart(ctx context.Context, unit string, e priv.Effect) (priv.Answer, error)
	// Stop stops a unit and waits until its job has ended.
	Stop(ctx context.Context, unit string, e priv.Effect) (priv.Answer, error)
}

// Operators carry out the verbs of Ways.
func (c *Collector) Operators(h Helper) map[actions.Verb]actions.Operator {
	return map[actions.Verb]actions.Operator{
		actions.ServiceRestart: operator{units: c.units, proc: c.proc, ask: h.Restart, done: renewed},
		actions.ServiceStop:    operator{units: c.units, proc: c.proc, ask: h.Stop, done: ended},
	}
}

// operator has the helper do one verb.
type operator struct {
	units Units
	proc  sysfs.FS
	ask   func(ctx context.Context, unit string, e priv.Effect) (priv.Answer, error)
	// done says whether there is nothing left to do to u, and stale why it is not what was decided on.
	done func(u Unit, a actions.Action) (done bool, stale string)
}

// renewed: another run of the unit goes on already.
func renewed(u Unit, a actions.Action) (done bool, stale string) {
	switch {
	case u.device() == a.Device:
		return false, ""
	case u.runs():
		return true, ""
	default:
		return false, fmt.Sprintf("%s was started anew meanwhile, and is %s", u.Name, u.Active)
	}
}

// ended: the unit does not run any more.
func ended(u Unit, a actions.Action) (done bool, stale string) {
	switch {
	case u.Active == inactive || u.Active == failed:
		return true, ""
	case u.device() == a.Device:
		return false, ""
	default:
		return false, u.Name + " was started anew meanwhile"
	}
}

// Do has the helper do a to the unit that a.From is, if the run of it that was decided on still goes on. ctx has to have a
// deadline. An error with actions.ErrNotBegun says that nothing was done; after any other only a look can tell.
func (o operator) Do(ctx context.Context, a actions.Action) error {
	unit, ok := unitOf(a)
	if !ok {
		return deed.NotBegun(fmt.Errorf("%s is no unit", a.From))
	}
	u := Parse(unit, o.units.Look(ctx, unit)[unit])
	if u.Err != "" {
		return deed.NotBegun(errors.New(u.Err))
	}
	switch done, stale := o.done(u, a); {
	case done:
		return nil
	case stale != "":
		return deed.NotBegun(errors.New(stale))
	}
	e, err := deed.Effect(ctx, a, o.proc, priv.State{Unit: u.Active, Invocation: u.Invocation})
	if err != nil {
		return err
	}
	answer, err := o.ask(ctx, unit, e)
	return deed.Answered(fmt.Sprintf("%s %s", a.Verb, unit), answer, err)
}

// unitOf is the unit that an action concerns.
func unitOf(a actions.Action) (string, bool) {
	unit, of := strings.CutPrefix(string(a.From), string(a.Group)+"/")
	return unit, of && priv.IsUnit(unit)
}

// rests says whether the run of u that device names is worth telling: it goes on, or has ended for good. One of a unit that
// fails again and again is not, or every attempt would be news; nor are those of an errand, but for one that failed.
func (u Unit) rests() bool {
	return u.Active == failed || !u.errand() && (u.runs() || u.Active == inactive)
}

// device is the run of u that goes on, or that was the last, as the occupant of its member; empty: none.
func (u Unit) device() redundancy.ID {
	if u.Invocation == "" {
		return ""
	}
	return redundancy.ID("invocation:" + u.Invocation)
}
