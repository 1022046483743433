package raid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/deed"
	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

// Helper is the privileged helper, as far as this room asks it.
type Helper interface {
	// ChangeArray does one of the verbs about arrays with a device, by the kernel's name, of the array with this UUID.
	ChangeArray(ctx context.Context, verb priv.Verb, array, device string, e priv.Effect) (priv.Answer, error)
}

// Operators carry out the verbs of Ways. They look at the arrays for themselves.
func (c *Collector) Operators(h Helper) map[actions.Verb]actions.Operator {
	out := map[actions.Verb]actions.Operator{}
	for verb, asked := range map[actions.Verb]priv.Verb{
		actions.RaidReadmit: priv.RaidReadmit, actions.RaidReplace: priv.RaidReplace,
		actions.RaidEvict: priv.RaidEvict, actions.RaidAddSpare: priv.RaidAddSpare,
	} {
		out[verb] = operator{cfg: c.cfg, helper: h, asked: asked, refusals: &c.refusals}
	}
	return out
}

// operator has the helper do one verb.
type operator struct {
	cfg      Config
	helper   Helper
	asked    priv.Verb
	refusals *refusals
}

// target is the device that an action concerns, as a fresh look has it.
type target struct {
	name    string
	arrived time.Duration // 0: it is in the array, or udev has not taken it up
	from    priv.State
}

// Do has the helper do a to the device that a.Device is now. ctx has to have a deadline. An error with actions.ErrNotBegun says
// that nothing was done; after any other only a look can tell.
func (o operator) Do(ctx context.Context, a actions.Action) error {
	uuid := strings.TrimPrefix(string(a.Group), "raid:")
	if !priv.IsArray(uuid) {
		return deed.NotBegun(fmt.Errorf("%s is no array of which the kernel knows the UUID", a.Group))
	}
	t, err := o.find(a)
	if err != nil {
		return deed.NotBegun(err)
	}
	e, err := deed.Effect(ctx, a, o.cfg.Proc, t.from)
	if err != nil {
		return err
	}
	answer, err := o.helper.ChangeArray(ctx, o.asked, uuid, t.name, e)
	refused, is := errors.AsType[*priv.RefusedError](err)
	switch {
	case is && (refused.Reason == priv.ReasonUnfit || refused.Reason == priv.ReasonNotAllowed):
		o.refusals.note(a.Device, t.arrived, refused.Text)
	case err == nil && answer.Outcome == priv.Failed:
		o.refusals.note(a.Device, t.arrived, answer.Text)
	}
	return deed.Answered(fmt.Sprintf("%s of %s", a.Verb, t.name), answer, err)
}

// find looks for the device: in the array, or, for verbs that take one in, on the host.
func (o operator) find(a actions.Action) (target, error) {
	c := New(o.cfg)
	names, err := c.sys.Names("block", "md")
	if err != nil {
		return target{}, err
	}
	for _, name := range names {
		array, there := c.readArray(name)
		if !there || array.ID != a.Group {
			continue
		}
		if d, held := array.holds(a.Device); held {
			return target{
				name: d.Name,
				from: priv.State{Place: d.State.Raw + " " + d.Slot.Raw, Identity: string(d.Identity.ID())},
			}, nil
		}
		return c.outside(a)
	}
	return target{}, fmt.Errorf("%s is gone", a.Group)
}

// holds is the device of the array that is on this disk and still there.
func (a Array) holds(disk redundancy.ID) (Device, bool) {
	i := slices.IndexFunc(a.Devices, func(d Device) bool { return d.Identity.Disk == disk && !d.Gone() })
	if i < 0 {
		return Device{}, false
	}
	return a.Devices[i], true
}

// outside is the device that a would take into its array.
func (c *Collector) outside(a actions.Action) (target, error) {
	for _, d := range c.strangers() {
		if d.identity.Disk != a.Device || a.Verb == actions.RaidReadmit && !c.belongs(d, a.Group) {
			continue
		}
		return target{
			name: d.name, arrived: d.arrived, from: priv.State{Place: priv.Outside, Identity: string(d.identity.ID())},
		}, nil
	}
	return target{}, fmt.Errorf("%s is not there any more", a.Device)
}
