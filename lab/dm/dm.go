package dm

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

// ioctlMajor is the version of the device-mapper interface; the kernel
// answers any minor version of it that is not newer than its own.
const ioctlMajor = 4

// Target is what a device does with what is asked of it.
type Target struct {
	Type    string // linear, error
	Sectors uint64 // of 512 bytes
	Args    string
}

// Linear is the whole of a disk such as /dev/vda.
func Linear(disk string) (Target, error) {
	b, err := os.ReadFile("/sys/block/" + strings.TrimPrefix(disk, "/dev/") + "/size")
	if err != nil {
		return Target{}, err
	}
	sectors, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return Target{Type: "linear", Sectors: sectors, Args: disk + " 0"}, err
}

// Error is a disk of t's size that answers everything with an I/O error.
func (t Target) Error() Target { return Target{Type: "error", Sectors: t.Sectors} }

// Create makes the device and returns its node, /dev/dm-N. name and uuid are
// the names that device-mapper knows it by; uuid may be empty.
func Create(name, uuid string, t Target) (node string, err error) {
	if err := makeControl(); err != nil {
		return "", err
	}
	head, err := ioctl(unix.DM_DEV_CREATE, request{name: name, uuid: uuid})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("/dev/dm-%d", unix.Minor(head.Dev)), Change(name, t)
}

// Change makes the device another one, without asking or flushing what lies
// above.
func Change(name string, t Target) error {
	if _, err := ioctl(unix.DM_TABLE_LOAD, request{name: name, table: t.table()}); err != nil {
		return err
	}
	if err := Suspend(name); err != nil {
		return err
	}
	return Resume(name)
}

// Suspend makes every new request to the device wait. The file system above
// is not frozen first (SKIP_LOCKFS) and nothing is flushed: that is how a disk
// hangs, without asking.
func Suspend(name string) error {
	_, err := ioctl(unix.DM_DEV_SUSPEND, request{name: name, flags: unix.DM_SUSPEND_FLAG | unix.DM_SKIP_LOCKFS_FLAG | unix.DM_NOFLUSH_FLAG})
	return err
}

// Resume lets the device work, with the table that was loaded last.
func Resume(name string) error {
	_, err := ioctl(unix.DM_DEV_SUSPEND, request{name: name})
	return err
}

// Remove takes the device away.
func Remove(name string) error {
	_, err := ioctl(unix.DM_DEV_REMOVE, request{name: name})
	return err
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

// table is a table of this one target, in the layout of struct
// dm_target_spec, its arguments behind it.
func (t Target) table() []byte {
	spec := unix.DmTargetSpec{Length: t.Sectors}
	copy(spec.Target_type[:], t.Type)
	b := unsafe.Slice((*byte)(unsafe.Pointer(&spec)), unix.SizeofDmTargetSpec)
	table := append(append([]byte(nil), b...), t.Args...)
	table = append(table, 0)
	for len(table)%8 != 0 {
		table = append(table, 0)
	}
	// Next is the offset behind this target, counted from its own start.
	binary.NativeEndian.PutUint32(table[20:], uint32(len(table)))
	return table
}

// request is what one ioctl asks.
type request struct {
	name, uuid string
	flags      uint32
	table      []byte
}

func ioctl(command uintptr, r request) (unix.DmIoctl, error) {
	// The kernel writes its answer into the same buffer, so there is room.
	buf := make([]byte, max(unix.SizeofDmIoctl+len(r.table), 16<<10))
	head := (*unix.DmIoctl)(unsafe.Pointer(&buf[0]))
	head.Version[0] = ioctlMajor
	head.Data_size = uint32(len(buf))
	head.Data_start = unix.SizeofDmIoctl
	head.Flags = r.flags
	copy(head.Name[:], r.name)
	copy(head.Uuid[:], r.uuid)
	if r.table != nil {
		head.Target_count = 1
		copy(buf[unix.SizeofDmIoctl:], r.table)
	}
	f, err := os.OpenFile("/dev/mapper/control", os.O_RDWR, 0)
	if err != nil {
		return unix.DmIoctl{}, err
	}
	defer func() { _ = f.Close() }()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), command, uintptr(unsafe.Pointer(&buf[0]))); errno != 0 {
		return unix.DmIoctl{}, fmt.Errorf("device-mapper ioctl %#x on %s: %w", command, r.name, errno)
	}
	return *head, nil
}
