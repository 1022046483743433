package netbond

import (
	"path"
	"strings"

	"plimsoll/internal/sysfs"
)

// base is what carries a link.
type base struct {
	link     string // whose it is: an index is given again, to a link by another name
	name     string // empty: not known
	at       string // where that stands
	hardware bool   // name is a device, not another link
}

// readBase finds what carries the link: its device, which is a PCI function for most, and for a virtual function the
// physical one, whose port both leave by; for a link stacked upon one other, that one.
func readBase(sys sysfs.FS, link string) base {
	dir := "class/net/" + link
	if device, err := sys.Readlink(dir + "/device"); err == nil {
		at := "/device"
		if physical, err := sys.Readlink(dir + "/device/physfn"); err == nil {
			device, at = physical, "/device/physfn"
		}
		return base{link: link, name: path.Base(device), at: sys.Path(dir + at), hardware: true}
	}
	const lower = "lower_"
	if below, err := sys.Names(dir, lower); err == nil && len(below) == 1 {
		return base{link: link, name: strings.TrimPrefix(below[0], lower), at: sys.Path(dir, below[0])}
	}
	return base{link: link}
}
