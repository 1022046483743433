package md

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ioctls of linux/raid/md_u.h.
const (
	addNewDisk   = 0x40140921
	setArrayInfo = 0x40480923
	runArray     = 0x400c0930
)

// reserved is what the superblock takes at the end of a member: it lies in the
// last whole 64 kilobytes (linux/raid/md_p.h).
const reserved = 64

// info is struct mdu_array_info_s.
type info struct {
	major, minor, patch                                     int32
	ctime                                                   uint32
	level, size, disks, slots, number, volatile             int32
	utime                                                   uint32
	state, active, working, failed, spare, layout, chunkKiB int32
}

// disk is struct mdu_disk_info_s.
type disk struct{ number, major, minor, slot, state int32 }

// magic begins a superblock (MD_SB_MAGIC, linux/raid/md_p.h).
const magic = 0xa92b4efc

// IsMember reports whether a disk is of an array that Mirror has made.
func IsMember(path string) (bool, error) {
	kb, err := sizeKB(path)
	if err != nil {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	var begin [4]byte
	if _, err := f.ReadAt(begin[:], int64(arrayKB(kb))*1024); err != nil {
		return false, err
	}
	return binary.NativeEndian.Uint32(begin[:]) == magic, nil
}

// Mirror makes the array name (md127) of disks that hold the same already, and
// returns its node.
func Mirror(name string, disks ...string) (node string, err error) {
	kb, err := sizeKB(disks[0])
	if err != nil {
		return "", err
	}
	const clean = 1
	n := int32(len(disks))
	return start(name, info{
		minor: minor090, level: 1, size: arrayKB(kb), disks: n, slots: n,
		state: clean, active: n, working: n,
	}, disks)
}

// Assemble starts the array that Mirror has made of disks, with those of them
// that are left, and returns its node.
func Assemble(name string, disks ...string) (node string, err error) {
	return start(name, info{minor: minor090}, disks) // without slots: the superblocks have them
}

// minor090 is the version of the superblock.
const minor090 = 90

// start makes an array of disks, in the order of their slots.
func start(name string, about info, disks []string) (node string, err error) {
	if err := os.WriteFile("/sys/module/md_mod/parameters/new_array", []byte(name), 0); err != nil {
		return "", err
	}
	node = "/dev/" + name
	f, err := open(node)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if err := ioctl(f, setArrayInfo, unsafe.Pointer(&about)); err != nil {
		return "", fmt.Errorf("describe %s: %w", name, err)
	}
	for i, path := range disks {
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			return "", fmt.Errorf("stat %s: %w", path, err)
		}
		const activeAndInSync = 1<<1 | 1<<2 // MD_DISK_ACTIVE, MD_DISK_SYNC
		d := disk{int32(i), int32(unix.Major(st.Rdev)), int32(unix.Minor(st.Rdev)), int32(i), activeAndInSync}
		if err := ioctl(f, addNewDisk, unsafe.Pointer(&d)); err != nil {
			return "", fmt.Errorf("add %s to %s: %w", path, name, err)
		}
	}
	if err := ioctl(f, runArray, nil); err != nil {
		return "", fmt.Errorf("start %s: %w", name, err)
	}
	return node, nil
}

// open waits for the node, which devtmpfs makes soon after the array.
func open(node string) (*os.File, error) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		f, err := os.OpenFile(node, os.O_RDWR, 0)
		if !errors.Is(err, os.ErrNotExist) || time.Now().After(end) {
			return f, err
		}
	}
}

// arrayKB is how much of a member is the array's; the superblock comes next.
func arrayKB(member int32) int32 { return member/reserved*reserved - reserved }

func sizeKB(path string) (int32, error) {
	b, err := os.ReadFile("/sys/class/block/" + filepath.Base(path) + "/size")
	if err != nil {
		return 0, err
	}
	sectors, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 32)
	return int32(sectors / 2), err
}

func ioctl(f *os.File, command uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), command, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
