package topology

import (
	"strings"

	"plimsoll/redundancy"
)

// multipath is what a device-mapper multipath device stands on: as a group on the paths to its disk, which the room multipath
// tells of, and on the disk itself. It is false for any other device, and for one whose paths lead to several disks. A path
// that has left leads nowhere.
func (x *frame) multipath(d *Device) (on []redundancy.ID, ok bool) {
	uuid, ok := strings.CutPrefix(d.Mapped.UUID, mpathPrefix)
	if !ok || d.Kind != DeviceMapper {
		return nil, false
	}
	for _, name := range d.Slaves {
		if below, there := x.byName[name]; there {
			on = append(on, below.Identity.PartID())
		}
	}
	if on = ids(on); len(on) > 1 {
		return nil, false
	}
	return append(on, redundancy.ID(multipathGroup+uuid)), true
}

// multipaths are the names of the disks that are paths of multipath devices.
func (x *frame) multipaths() map[string]bool {
	paths := map[string]bool{}
	for i := range x.Devices {
		d := &x.Devices[i]
		if _, ok := x.multipath(d); !ok {
			continue
		}
		for _, name := range d.Slaves {
			if below, there := x.byName[name]; there && below.Kind == Disk {
				paths[name] = true
			}
		}
	}
	return paths
}
