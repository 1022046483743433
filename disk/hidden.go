package disk

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

// A hidden disk is one that a RAID controller keeps to itself. The kernel shows its controller alone, and smartctl is the only one
// who can ask it. What is watched is the place behind the controller, whatever disk is in it: which one that is, it says itself.

// hidden are the disks behind controllers that the configuration lists.
func (r *reader) hidden() []Drive {
	var out []Drive
	for _, device := range r.behind {
		function, kind, ok := priv.HiddenDisk(device)
		if !ok {
			continue // the configuration was checked
		}
		name := kind + "@" + function
		out = append(out, Drive{
			ID: redundancy.ID("disk:" + name), Name: name, Hidden: device,
			Paths: []Path{{Name: device, State: r.hostState(function)}},
		})
	}
	return out
}

// hostState is what the kernel says of the SCSI host that a controller is.
func (r *reader) hostState(function string) Fact {
	at := "bus/pci/devices/" + function
	hosts, err := r.sys.Names(at, "host")
	if err == nil && len(hosts) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Fact{Where: r.sys.Path(at, "host*"), Err: err}
	}
	file := "class/scsi_host/" + hosts[0] + "/state"
	state, err := r.sys.Read(file)
	return Fact{Where: r.sys.Path(file), Value: state, Err: err}
}

// tryHidden has smartctl ask a hidden disk, and says whether that changed what is said of it.
func (a *asker) tryHidden(ctx context.Context, d Drive) bool {
	if why := a.owed(d); why != "" {
		return a.came(d, holdTime, func(c *course, now time.Time) { c.come(held, why, now) })
	}
	s, err := a.smartctl(ctx, d.Hidden)
	r, refused := errors.AsType[*priv.RefusedError](err)
	switch {
	case ctx.Err() != nil:
		return false
	case hangs(err):
		return a.fell(d, silent, "smartctl has not ended")
	case refused:
		return a.fell(d, failing, r.Text)
	case err != nil:
		return a.fell(d, failing, err.Error())
	}
	rest := a.jittered(a.pace.Smartctl)
	if s.Asleep() {
		return a.came(d, rest, func(c *course, now time.Time) { c.come(asleep, "", now) })
	}
	report := s.report(d.Name)
	who := redundancy.Evidence{Where: d.Name + " disk", Value: strings.TrimSpace(cmp.Or(s.Model, "a disk") + " " + s.Serial)}
	report.Evidence = append([]redundancy.Evidence{who}, report.Evidence...)
	for i, e := range report.Evidence {
		report.Evidence[i].Where = named(e.Where, s.Names)
	}
	return a.came(d, rest, func(c *course, now time.Time) {
		c.come(answered, "", now)
		c.report, c.at = report, now
	})
}
