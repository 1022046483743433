package hands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/procrun"
)

// margin is how much of a disk has to be zeros at each end. Every filesystem, volume manager, RAID, partition table and boot loader
// that libblkid knows has its mark there (libblkid/src/superblocks of util-linux); the furthest in is VMFS's at two megabytes.
const margin = 4 << 20

// errNotZero is a disk with something on it.
var errNotZero = errors.New("it is not all zeros")

// Blank says why the disk at a node is not blank; nil: nobody has it open for itself (O_EXCL: no filesystem, swap, array or mapping),
// and both its ends are zeros.
func Blank(n Node) error {
	path := "/dev/" + n.Name
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer func() { _ = f.Close() }() // nothing was written to it
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK || st.Rdev != unix.Mkdev(n.Major, n.Minor) {
		return fmt.Errorf("%s is another device", path)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("find the end of %s: %w", path, err)
	}
	return zeros(f, size)
}

// zeros says why the ends of a disk of this size are not all zeros.
func zeros(disk io.ReaderAt, size int64) error {
	buf := make([]byte, min(margin, size))
	for _, at := range []int64{0, size - int64(len(buf))} {
		if _, err := disk.ReadAt(buf, at); err != nil {
			return fmt.Errorf("read %d bytes at %d: %w", len(buf), at, err)
		}
		if i := slices.IndexFunc(buf, func(b byte) bool { return b != 0 }); i >= 0 {
			return fmt.Errorf("%w: there is something at byte %d", errNotZero, at+int64(i))
		}
	}
	return nil
}

const (
	// mdadmPath is where every distribution has it.
	mdadmPath = "/usr/sbin/mdadm"
	// mdadmTime is how long it may take: it reads and writes a few sectors, of a disk that may have to try again.
	mdadmTime = 40 * time.Second
	// mdadmBytes is more than it ever says.
	mdadmBytes = 16 << 10
)

// Mdadm runs mdadm. The error of one that ended badly is what it said.
func Mdadm(ctx context.Context, args ...string) error {
	_, err := procrun.Ask(ctx, procrun.Bounds{Time: mdadmTime, Bytes: mdadmBytes}, mdadmPath, args...)
	if ended, ok := errors.AsType[procrun.Ended](err); ok && ended.Words != "" {
		return fmt.Errorf("%w: %s", err, ended.Words)
	}
	return err
}
