package hands

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

// array is what md says of an array, as far as it decides whether that may be changed, in md's words (drivers/md/md.c).
type array struct {
	dir  *sysfs.Dir // its md directory: one incarnation of the array, whatever is done to its name meanwhile
	name string     // the kernel's: md0

	level, layout, state, action, metadata, bitmap, keeper, disks, degraded, resync string

	devices []mdDevice
}

// mdDevice is what md says of a device that it holds.
type mdDevice struct {
	name     string // the kernel's: sda1
	words    []string
	slot     string // a number; none; journal
	suspects bool   // it has bad blocks
	present  bool   // its block device is there
}

// place is priv.State's.
func (d mdDevice) place() string { return strings.Join(d.words, ",") + " " + d.slot }

func (d mdDevice) is(word string) bool { return slices.Contains(d.words, word) }

// seated says whether the device has a place in the array.
func (d mdDevice) seated() bool { return d.slot != "none" && d.slot != "journal" }

// good says whether the device surely does what its place is for: it is in sync, and every other word that md has for it says how
// it is used, not how it fares.
func (d mdDevice) good() bool {
	return d.seated() && d.present && !d.suspects && d.is("in_sync") && !slices.ContainsFunc(d.words, func(w string) bool {
		return !slices.Contains([]string{"in_sync", "write_mostly", "failfast"}, w)
	})
}

// openArray reads the array with this UUID, which the caller closes.
func (h *Hands) openArray(uuid string) (array, error) {
	names, err := h.world.Sysfs.Names("block", "md")
	if err != nil {
		return array{}, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	var found []string
	for _, name := range names {
		text, err := h.world.Sysfs.Read("block/" + name + "/md/uuid")
		if id, ok := blockid.ParseUUID(text); err == nil && ok && id == uuid {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return array{}, priv.Refuse(priv.ReasonUnfit, "no array of this host has the UUID %s", uuid)
	case 1:
	default: // two halves of one mirror, started apart
		return array{}, priv.Refuse(priv.ReasonUnfit, "%s have the UUID %s both", strings.Join(found, " and "), uuid)
	}
	d, err := h.world.Sysfs.Open("block/" + found[0] + "/md")
	if err != nil {
		return array{}, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	return array{dir: d, name: found[0]}, nil
}

// read reads the array anew.
func (a *array) read() error {
	for name, to := range map[string]*string{
		"level": &a.level, "layout": &a.layout, "array_state": &a.state, "sync_action": &a.action, "metadata_version": &a.metadata,
		"bitmap/location": &a.bitmap, "bitmap/metadata": &a.keeper, "raid_disks": &a.disks, "degraded": &a.degraded, "resync_start": &a.resync,
	} {
		value, err := a.dir.Read(name)
		if err != nil {
			return priv.Refuse(priv.ReasonUnread, "%w", err)
		}
		*to = value
	}
	names, err := a.dir.Names("dev-")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	a.devices = nil
	for _, name := range names {
		d, err := a.device(name)
		if err != nil {
			return err
		}
		a.devices = append(a.devices, d)
	}
	return nil
}

func (a *array) device(dir string) (mdDevice, error) {
	d := mdDevice{name: strings.TrimPrefix(dir, "dev-")}
	var words, bad string
	for name, to := range map[string]*string{"state": &words, "slot": &d.slot, "bad_blocks": &bad} {
		value, err := a.dir.Read(dir + "/" + name)
		if err != nil {
			return d, priv.Refuse(priv.ReasonUnread, "%w", err)
		}
		*to = value
	}
	d.words, d.suspects = strings.Split(words, ","), bad != ""
	_, err := a.dir.Stat(dir + "/block")
	if d.present = err == nil; err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	return d, nil
}

// held is the device by this name, and false where the array does not hold it.
func (a *array) held(name string) (mdDevice, bool) {
	i := slices.IndexFunc(a.devices, func(d mdDevice) bool { return d.name == name })
	if i < 0 {
		return mdDevice{}, false
	}
	return a.devices[i], true
}

// unfit says why nothing may be done to an array like this; nil: something may.
func (a *array) unfit() error {
	refuse := func(format string, args ...any) error {
		return priv.Refuse(priv.ReasonUnfit, a.name+" "+format, args...)
	}
	switch {
	case a.metadata != "0.90" && !strings.HasPrefix(a.metadata, "1."):
		return refuse("has metadata that md does not keep itself: %s", a.metadata)
	case a.keeper == "clustered":
		return refuse("is clustered: its other hosts would have to agree")
	case !slices.Contains([]string{"clean", "active", "active-idle", "write-pending"}, a.state):
		return refuse("does not run read-write: it is %s", a.state)
	case a.action != "idle" || strings.Contains(a.disks, "("):
		return refuse("is at work: %s", a.action)
	case a.resync != "none":
		return refuse("has a resync to come")
	}
	return nil
}

// lacks is how many places of the array have no device that is surely good, but for the one in a device's name, which counts as
// lacking.
func (a *array) lacks(without string) int {
	slots, err := strconv.Atoi(a.disks)
	if err != nil {
		return int(^uint(0) >> 1)
	}
	good := map[string]bool{}
	for _, d := range a.devices {
		if d.good() && d.name != without {
			good[d.slot] = true
		}
	}
	return slots - len(good)
}

// survives is how many lost members the array survives, whichever they are. Of a raid10 all could be copies of one another.
func (a *array) survives() (int, error) {
	slots, err := strconv.Atoi(a.disks)
	if err != nil {
		return 0, priv.Refuse(priv.ReasonUnfit, "%s has %s members", a.name, a.disks)
	}
	switch a.level {
	case "raid1":
		return slots - 1, nil
	case "raid4", "raid5":
		return 1, nil
	case "raid6":
		const parities = 2
		return parities, nil
	case "raid10":
		layout, err := strconv.Atoi(a.layout)
		if err != nil {
			return 0, priv.Refuse(priv.ReasonUnfit, "%s has the layout %s", a.name, a.layout)
		}
		near, far := layout&0xff, layout>>8&0xff // drivers/md/raid10.c, setup_geo
		return near*far - 1, nil
	}
	return 0, priv.Refuse(priv.ReasonUnfit, "%s is %s", a.name, a.level)
}
