package hands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// mapperControl is device-mapper's control device.
const mapperControl = "/dev/mapper/control"

// multipathTarget is the name of the one target whose status is told.
const multipathTarget = "multipath"

// errNotMultipath is a device of another target, whatever its uuid says.
var errNotMultipath = errors.New("it is no multipath device")

// multipath tells the status of a multipath device.
func (h *Hands) multipath(_ context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	release, err := h.memory.take("mapping " + r.UUID)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer release()
	told, err := h.world.Multipath(r.UUID)
	switch {
	case errors.Is(err, unix.ENXIO), errors.Is(err, errNotMultipath):
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnfit, "look at %s: %w", r.UUID, err)
	case err != nil:
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "look at %s: %w", r.UUID, err)
	}
	return priv.Answer{Outcome: priv.Done, Told: told}, nil, nil
}

// tableStatus is what DM_TABLE_STATUS takes and answers.
type tableStatus struct {
	unix.DmIoctl

	data [16 << 10]byte // some hundred paths
}

// MultipathStatus asks device-mapper for the status of the one target of the device with this uuid, and lets it flush nothing
// (linux/dm-ioctl.h). The words are those of multipath_status in drivers/md/dm-mpath.c.
func MultipathStatus(uuid string) (string, error) {
	fd, err := unix.Open(mapperControl, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: mapperControl, Err: err}
	}
	defer func() { _ = unix.Close(fd) }() // nothing was written to it
	ask := new(tableStatus)
	ask.Version = [3]uint32{unix.DM_VERSION_MAJOR}
	ask.Data_size, ask.Data_start = uint32(unsafe.Sizeof(*ask)), uint32(unsafe.Offsetof(ask.data))
	ask.Flags = unix.DM_NOFLUSH_FLAG
	if len(uuid) >= len(ask.Uuid) { // its last byte ends it
		return "", unix.ENXIO
	}
	copy(ask.Uuid[:], uuid)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.DM_TABLE_STATUS, uintptr(unsafe.Pointer(ask)))
	runtime.KeepAlive(ask)
	if errno != 0 {
		return "", errno
	}
	return ask.multipath()
}

// multipath is the status of the one target, if it is the right one.
func (s *tableStatus) multipath() (string, error) {
	const spec = unix.SizeofDmTargetSpec
	from := int(s.Data_start) - int(unsafe.Offsetof(s.data))
	switch {
	case s.Flags&unix.DM_BUFFER_FULL_FLAG != 0:
		return "", errors.New("its status is too long")
	case s.Target_count != 1:
		return "", errNotMultipath
	case from < 0 || from+spec > len(s.data):
		return "", fmt.Errorf("device-mapper's answer begins at %d", s.Data_start)
	}
	target := (*unix.DmTargetSpec)(unsafe.Pointer(&s.data[from]))
	if name, _, _ := bytes.Cut(target.Target_type[:], []byte{0}); string(name) != multipathTarget {
		return "", errNotMultipath
	}
	text, _, _ := bytes.Cut(s.data[from+spec:], []byte{0})
	return string(text), nil
}
