package hands

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/procrun"
)

// smartctlPath is where distributions have it. plimsoll-smart.service lets nothing else be run.
const smartctlPath = "/usr/sbin/smartctl"

const (
	// smartctlTime is how long it may take: it sends some ten commands. One that hangs in the kernel ends no sooner for being killed,
	// and is the only one for its disk until it has.
	smartctlTime = 30 * time.Second
	// maxReport bounds what it may write: several times what a disk with thirty attributes takes, and in base64 it fits an answer.
	maxReport = 40 << 10
)

// asleepStatus is what smartctl ends with where a disk sleeps. No other end has these two bits.
const asleepStatus = "standby,3"

// RunSmartctl runs smartctl with these arguments and is what it wrote. Its exit status is eight bits of news and no error; it
// stands in what it wrote too.
func RunSmartctl(ctx context.Context, args ...string) ([]byte, error) {
	return runSmartctl(ctx, smartctlPath, args...)
}

func runSmartctl(ctx context.Context, path string, args ...string) ([]byte, error) {
	out, err := procrun.Ask(ctx, procrun.Bounds{Time: smartctlTime, Bytes: maxReport}, path, args...)
	if ended, ok := errors.AsType[procrun.Ended](err); ok && ended.Code > 0 && len(out) > 0 {
		return out, nil
	}
	return out, err
}

// smartctl lets do look at disks if the configuration has smartctl run, and at those behind controllers that it lists.
func (a Allowed) smartctl(do handler) handler {
	return func(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
		_, _, hidden := priv.HiddenDisk(r.Device)
		switch {
		case !a.Smartctl:
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonNotAllowed, "disk.ask_smartctl of the configuration is 0s")
		case hidden && !slices.Contains(a.Behind, r.Device):
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonNotAllowed, "%s is not in disk.behind of the configuration", r.Device)
		}
		return do(ctx, r)
	}
}

// smartctl has smartctl look at a disk: one look at each at a time, and none at one that sleeps.
func (h *Hands) smartctl(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	release, err := h.memory.take("disk " + r.Device)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer release()
	said, kind, node, err := h.reach(r.Device)
	if err != nil || said.Asleep {
		return priv.Answer{Outcome: priv.Done, Disk: &said}, nil, err
	}
	out, err := h.world.Smartctl(ctx, "--json=c", "--nocheck="+asleepStatus, "--info", "--health", "--attributes", "--device="+kind, node)
	switch {
	case errors.Is(err, procrun.ErrNotFound):
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonMissing, "there is no %s", smartctlPath)
	case err != nil:
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "look at %s: %w", r.Device, err)
	}
	return priv.Answer{Outcome: priv.Done, Disk: &said, Data: [][]byte{out}}, nil, nil
}

// reach is how smartctl reaches a disk: what it calls that kind, and the node. A disk that the kernel shows is asked whether it
// sleeps, by ourselves: older versions of smartctl know that question for ATA alone.
func (h *Hands) reach(name string) (said priv.Disk, kind, node string, err error) {
	if function, kind, hidden := priv.HiddenDisk(name); hidden {
		node, err := h.bus(function)
		return priv.Disk{}, kind, node, err
	}
	protocol, at, err := h.diskAt(name)
	if err != nil {
		return priv.Disk{}, "", "", err
	}
	said.Protocol = protocol
	said.Asleep, err = h.sleeps(protocol, at)
	kinds := map[priv.Protocol]string{priv.ATA: "sat", priv.SCSI: "scsi", priv.NVMe: "nvme"}
	return said, kinds[protocol], "/dev/" + name, err
}

// bus is what smartctl calls the controller at a PCI function: /dev/bus/ and the number of its SCSI host. No such file exists.
func (h *Hands) bus(function string) (string, error) {
	hosts, err := h.world.Sysfs.Names("bus/pci/devices/"+function, "host")
	if err != nil || len(hosts) == 0 {
		return "", priv.Refuse(priv.ReasonUnfit, "no controller of disks is at %s", function)
	}
	return "/dev/bus/" + strings.TrimPrefix(hosts[0], "host"), nil
}

// sleeps says whether a disk sleeps, by the kernel's word or its own.
func (h *Hands) sleeps(protocol priv.Protocol, node Node) (bool, error) {
	if protocol == priv.NVMe {
		return false, nil
	}
	if suspended, err := h.suspended(node.Name, protocol); suspended || err != nil {
		return suspended, err
	}
	d, err := h.world.Disk(node)
	if err != nil {
		return false, priv.Refuse(priv.ReasonUnread, "open %s: %w", node.Name, err)
	}
	defer d.Close()
	l := &looker{disk: d}
	var asleep bool
	if protocol == priv.ATA {
		asleep, err = l.ataSleeps()
	} else {
		_, asleep, err = l.scsiSleeps()
	}
	if err != nil {
		return false, priv.Refuse(priv.ReasonUnread, "look at %s: %w", node.Name, err)
	}
	return asleep, nil
}
