package netbond

import (
	"path"
	"strings"

	"plimsoll/internal/linkid"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// base is what carries a link.
type base struct {
	link string // whose it is: an index is given again, to a link by another name
	part redundancy.ID
	name string // empty: not known
	at   string // where that stands
}

// readBase finds what carries the link: its device, which is a PCI function for most, and for a virtual function the
// physical one, whose port both leave by; for a link stacked upon one other, that one.
func readBase(sys sysfs.FS, link string) base {
	dir, b := "class/net/"+link, base{link: link, part: linkid.Of(sys, link)}
	if device, err := sys.Readlink(dir + "/device"); err == nil {
		at := "/device"
		if physical, err := sys.Readlink(dir + "/device/physfn"); err == nil {
			device, at = physical, "/device/physfn"
		}
		b.name, b.at = path.Base(device), sys.Path(dir+at)
		return b
	}
	const lower = "lower_"
	if below, err := sys.Names(dir, lower); err == nil && len(below) == 1 {
		b.name, b.at = strings.TrimPrefix(below[0], lower), sys.Path(dir, below[0])
	}
	return b
}
