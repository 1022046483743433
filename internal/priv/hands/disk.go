package hands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"plimsoll/internal/priv"
)

// Disk is an open disk or NVMe controller that takes commands. A command may never return.
type Disk interface {
	// SCSI sends a command that reads up to size bytes; none: it has no data. Sense is what the disk added of its own accord,
	// with an error or without: a status other than GOOD is an error.
	SCSI(command []byte, size int) (data, sense []byte, err error)
	// NVMe sends an admin command that reads size bytes.
	NVMe(command AdminCommand, size int) ([]byte, error)
	Close()
}

// Node names a disk's device node, and the device that it must lead to.
type Node struct {
	Name       string // in /dev
	Major      uint32
	Minor      uint32
	Controller bool // a character device: an NVMe controller
}

// looker is one look at one disk. What it says no to stands in said; what it must not go on after is an error.
type looker struct {
	disk  Disk
	pages [][]byte
	said  []string
}

// put keeps a page, or why there is none of those that the disk has.
func (l *looker) put(place int, what string, page []byte, err error) {
	switch {
	case err == nil:
		l.pages[place] = page
	case !errors.Is(err, errUnsupported):
		l.said = append(l.said, what+": "+err.Error())
	}
}

// look looks at a disk: one look at each at a time, and nothing to one that the kernel has put to sleep.
func (h *Hands) look(_ context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	release, err := h.memory.take("disk " + r.Device)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer release()
	protocol, node, err := h.diskAt(r.Device)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	said := priv.Disk{Protocol: protocol}
	if said.Asleep, err = h.suspended(r.Device, protocol); err != nil || said.Asleep {
		return priv.Answer{Outcome: priv.Done, Disk: &said}, nil, err
	}
	d, err := h.world.Disk(node)
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "open %s: %w", r.Device, err)
	}
	defer d.Close()
	l := &looker{disk: d}
	switch protocol {
	case priv.ATA:
		said.Asleep, err = l.ata()
	case priv.SCSI:
		said.Asleep, err = l.scsi()
	case priv.NVMe:
		err = l.nvme()
	}
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "look at %s: %w", r.Device, err)
	}
	said.Said = l.said
	return priv.Answer{Outcome: priv.Done, Disk: &said, Data: l.pages}, nil, nil
}

// diskAt is which commands the disk takes, and its node.
func (h *Hands) diskAt(name string) (priv.Protocol, Node, error) {
	node := Node{Name: name, Controller: strings.HasPrefix(name, "nvme")}
	dir, protocol := "block/"+name, priv.SCSI
	if node.Controller {
		dir, protocol = "class/nvme/"+name, priv.NVMe
	}
	d, err := h.world.Sysfs.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", node, priv.Refuse(priv.ReasonUnfit, "%s is no disk of this host", name)
	}
	if err != nil {
		return "", node, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	defer d.Close()
	number, err := d.Read("dev")
	if err != nil {
		return "", node, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if _, err := fmt.Sscanf(number, "%d:%d", &node.Major, &node.Minor); err != nil {
		return "", node, priv.Refuse(priv.ReasonUnread, "dev of %s: %q", name, number)
	}
	if node.Controller {
		return protocol, node, nil
	}
	vendor, err := d.Read("device/vendor")
	if err != nil {
		return "", node, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if vendor == "ATA" { // SAT: what translates for an ATA disk says so where a SCSI disk has its maker's name
		protocol = priv.ATA
	}
	return protocol, node, h.fit(name)
}

// fit refuses a disk behind USB: bridges answer for their disks as they like, and some wake one by the very question whether
// it sleeps.
func (h *Hands) fit(name string) error {
	at, err := h.world.Sysfs.Readlink("block/" + name)
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	for rest := path.Dir(at); rest != "." && rest != "/"; rest = path.Dir(rest) {
		if strings.HasPrefix(path.Base(rest), "usb") {
			return priv.Refuse(priv.ReasonUnfit, "%s is behind USB: its bridge may wake it for a question", name)
		}
	}
	return nil
}

// suspended says whether the kernel has put the disk to sleep; opening it would wake it. NVMe controllers wake in no time and
// wear nothing by it.
func (h *Hands) suspended(name string, protocol priv.Protocol) (bool, error) {
	if protocol == priv.NVMe {
		return false, nil
	}
	status, err := h.world.Sysfs.Read("block/" + name + "/device/power/runtime_status")
	switch {
	case errors.Is(err, fs.ErrNotExist): // a kernel without power management
		return false, nil
	case err != nil:
		return false, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	return status == "suspended" || status == "suspending", nil
}

// commandTime is how long the kernel waits for a command of ours: its own default for such commands (BLK_DEFAULT_SG_TIMEOUT,
// NVME_ADMIN_TIMEOUT). A shorter one does not end the wait, it begins the kernel's error handling, which resets the link and
// then the controller under all of its disks.
const commandTime = 60 * time.Second
