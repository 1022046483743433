package priv

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// SinceBoot is the time of CLOCK_BOOTTIME: what deadlines are told in.
func SinceBoot() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, fmt.Errorf("read CLOCK_BOOTTIME: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// BootIDFile is the kernel's boot_id below the mount point of procfs: it tells the boots apart that a deadline could mean.
const BootIDFile = "sys/kernel/random/boot_id"
