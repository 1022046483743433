package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rootName is the name of the device-mapper device under the root.
const rootName = "labroot"

// ioctlMajor is the version of the device-mapper interface; the kernel
// answers any minor version of it that is not newer than its own.
const ioctlMajor = 4

// createLinear puts a linear device called name over the whole of disk, as
// `dmsetup create` does, without needing a program on the root that is to
// lie on it.
func createLinear(name, disk string) error {
	sectors, err := sizeOf(disk)
	if err != nil {
		return err
	}
	if err := makeControl(); err != nil {
		return err
	}
	if err := dmIoctl(unix.DM_DEV_CREATE, name, 0, nil); err != nil {
		return err
	}
	if err := dmIoctl(unix.DM_TABLE_LOAD, name, 0, linearTable(sectors, disk+" 0")); err != nil {
		return err
	}
	return resume(name)
}

// suspend makes every new request to the device wait. The file system above
// is not frozen first (SKIP_LOCKFS) and nothing is flushed: that is how a disk
// hangs, without asking.
func suspend(name string) error {
	return dmIoctl(unix.DM_DEV_SUSPEND, name, unix.DM_SUSPEND_FLAG|unix.DM_SKIP_LOCKFS_FLAG|unix.DM_NOFLUSH_FLAG, nil)
}

func resume(name string) error { return dmIoctl(unix.DM_DEV_SUSPEND, name, 0, nil) }

func sizeOf(disk string) (uint64, error) {
	b, err := os.ReadFile("/sys/block/" + strings.TrimPrefix(disk, "/dev/") + "/size")
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
}

// makeControl makes /dev/mapper/control, which devtmpfs already has on most
// kernels.
func makeControl() error {
	if _, err := os.Stat("/dev/mapper/control"); err == nil {
		return nil
	}
	b, err := os.ReadFile("/sys/class/misc/device-mapper/dev")
	if err != nil {
		return err
	}
	var major, minor uint32
	if _, err := fmt.Sscanf(string(b), "%d:%d", &major, &minor); err != nil {
		return fmt.Errorf("parse device-mapper/dev: %w", err)
	}
	if err := os.MkdirAll("/dev/mapper", 0o755); err != nil {
		return err
	}
	err = unix.Mknod("/dev/mapper/control", unix.S_IFCHR|0o600, int(unix.Mkdev(major, minor)))
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("make /dev/mapper/control: %w", err)
	}
	return nil
}

// linearTable is a table of one target, in the layout of struct
// dm_target_spec, its arguments behind it.
func linearTable(sectors uint64, args string) []byte {
	spec := unix.DmTargetSpec{Length: sectors}
	copy(spec.Target_type[:], "linear")
	b := unsafe.Slice((*byte)(unsafe.Pointer(&spec)), unix.SizeofDmTargetSpec)
	table := append(append([]byte(nil), b...), args...)
	table = append(table, 0)
	for len(table)%8 != 0 {
		table = append(table, 0)
	}
	// Next is the offset behind this target, counted from its own start.
	binary.NativeEndian.PutUint32(table[20:], uint32(len(table)))
	return table
}

func dmIoctl(request uintptr, name string, flags uint32, table []byte) error {
	// The kernel writes its answer into the same buffer, so there is room.
	buf := make([]byte, max(unix.SizeofDmIoctl+len(table), 16<<10))
	head := (*unix.DmIoctl)(unsafe.Pointer(&buf[0]))
	head.Version[0] = ioctlMajor
	head.Data_size = uint32(len(buf))
	head.Data_start = unix.SizeofDmIoctl
	head.Flags = flags
	copy(head.Name[:], name)
	if table != nil {
		head.Target_count = 1
		copy(buf[unix.SizeofDmIoctl:], table)
	}
	f, err := os.OpenFile("/dev/mapper/control", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(&buf[0]))); errno != 0 {
		return fmt.Errorf("device-mapper ioctl %#x on %s: %w", request, name, errno)
	}
	return nil
}
