// Command peers prints what procfs, which node_exporter stands on, makes of the
// md arrays of this host: one line for each array it sees by /proc/mdstat and
// by sysfs, or the error that took them all from it.
package main

import (
	"fmt"

	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/sysfs"
)

func main() {
	if err := byMdstat(); err != nil {
		fmt.Printf("procfs's mdstat: no array: %v\n", err)
	}
	if err := bySysfs(); err != nil {
		fmt.Printf("procfs's sysfs: no array: %v\n", err)
	}
}

func byMdstat() error {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return err
	}
	stats, err := fs.MDStat()
	if err != nil {
		return err
	}
	for _, s := range stats {
		fmt.Printf("procfs's mdstat: %s: %s, %d of %d up, %d down\n", s.Name, s.ActivityState, s.DisksActive, s.DisksTotal, s.DisksDown)
	}
	return nil
}

func bySysfs() error {
	fs, err := sysfs.NewDefaultFS()
	if err != nil {
		return err
	}
	raids, err := fs.Mdraids()
	if err != nil {
		return err
	}
	for _, r := range raids {
		fmt.Printf("procfs's sysfs: %s: %s, %s, degraded %d\n", r.Device, r.ArrayState, r.SyncAction, r.DegradedDisks)
	}
	return nil
}
