package agent

import (
	"math/rand/v2"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/multipath"
)

// nobodyAsks is why nobody asks this machine in a captured host's name.
const nobodyAsks = "the host is a captured one"

// disks are the disks of the host, and who asks them.
func disks(o Options, sys sysfs.FS) disk.Config {
	c := disk.Config{
		Sys: sys, Pace: disk.Pace{NVMe: o.Config.Disk.AskNVMe, Other: o.Config.Disk.AskOther}, Random: rand.Float64,
		PCIeErrors: o.Config.Disk.PCIeErrors, Behind: o.Config.Disk.Behind,
	}
	c.Pace.Smartctl = o.Config.Disk.AskSmartctl
	if captured(o) {
		c.NotAsked = nobodyAsks
		return c
	}
	c.Senses, c.Second = priv.NewClient(priv.Senses.Socket()), priv.NewClient(priv.Second.Socket())
	return c
}

// multipaths are the multipath devices of the host, and who asks device-mapper for them.
func multipaths(o Options, sys sysfs.FS) multipath.Config {
	c := multipath.Config{Sys: sys}
	if captured(o) {
		c.NotAsked = nobodyAsks
		return c
	}
	c.Senses = priv.NewClient(priv.Senses.Socket())
	return c
}
