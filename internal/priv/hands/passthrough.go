package hands

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The requests of ioctl(2) (scsi/sg.h, linux/nvme_ioctl.h), which golang.org/x/sys/unix does not have.
const (
	sgIO        = 0x2285
	nvmeAdminIO = 0xc0484e41 // _IOWR('N', 0x41, struct nvme_admin_cmd)
)

// sgHeader is struct sg_io_hdr.
type sgHeader struct {
	interfaceID    int32
	direction      int32
	commandLength  uint8
	senseLength    uint8
	segments       uint16
	dataLength     uint32
	data           unsafe.Pointer
	command        unsafe.Pointer
	sense          unsafe.Pointer
	timeout        uint32 // milliseconds
	flags          uint32
	packID         int32
	user           unsafe.Pointer
	status         uint8
	maskedStatus   uint8
	messageStatus  uint8
	senseWritten   uint8
	hostStatus     uint16
	driverStatus   uint16
	residual       int32
	duration       uint32
	additionalInfo uint32
}

// nvmeCommand is struct nvme_admin_cmd.
type nvmeCommand struct {
	opcode         uint8
	flags          uint8
	_              uint16
	namespace      uint32
	dword2, dword3 uint32
	metadata       uint64
	data           uint64
	metadataLength uint32
	dataLength     uint32
	dword10        uint32
	dword11to15    [5]uint32
	timeout        uint32 // milliseconds
	result         uint32
}

// device is an open device node.
type device struct{ fd int }

// OpenDisk opens the node of a disk for reading, without waiting for anything, and makes sure that it is the one meant.
func OpenDisk(n Node) (Disk, error) {
	fd, err := unix.Open("/dev/"+n.Name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: "/dev/" + n.Name, Err: err}
	}
	d := device{fd}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		d.Close()
		return nil, fmt.Errorf("stat /dev/%s: %w", n.Name, err)
	}
	kind := uint32(unix.S_IFBLK)
	if n.Controller {
		kind = unix.S_IFCHR
	}
	if st.Mode&unix.S_IFMT != kind || st.Rdev != unix.Mkdev(n.Major, n.Minor) {
		d.Close()
		return nil, fmt.Errorf("/dev/%s is another device", n.Name)
	}
	return d, nil
}

// Close lets go of the node.
func (d device) Close() { _ = unix.Close(d.fd) } // nothing was written to it

// SCSI sends a command by SG_IO (https://www.kernel.org/doc/html/latest/scsi/scsi-generic.html).
func (d device) SCSI(command []byte, size int) (data, sense []byte, err error) {
	const (
		none, fromDevice = -1, -3
		interfaceSG3     = 'S'
	)
	data, sense = make([]byte, size), make([]byte, senseLength)
	h := sgHeader{
		interfaceID: interfaceSG3, direction: none, commandLength: uint8(len(command)), senseLength: uint8(len(sense)),
		command: unsafe.Pointer(&command[0]), sense: unsafe.Pointer(&sense[0]), timeout: uint32(commandTime.Milliseconds()),
	}
	var pinned runtime.Pinner // the kernel follows the pointers in the header
	defer pinned.Unpin()
	pinned.Pin(&h)
	pinned.Pin(&command[0])
	pinned.Pin(&sense[0])
	if size > 0 {
		h.direction, h.dataLength, h.data = fromDevice, uint32(size), unsafe.Pointer(&data[0])
		pinned.Pin(&data[0])
	}
	if _, err := ioctl(d.fd, sgIO, unsafe.Pointer(&h)); err != nil {
		return nil, nil, fmt.Errorf("SG_IO: %w", err)
	}
	sense = sense[:h.senseWritten]
	data = data[:max(0, size-max(0, int(h.residual)))]
	return data, sense, h.err(sense)
}

// err is what the header says against the command; nil: it was carried out.
func (h *sgHeader) err(sense []byte) error {
	const (
		checkCondition = 2
		driverSense    = 8 // sense data was given; gone from Linux 5.14 on
	)
	switch {
	case h.hostStatus != 0:
		return fmt.Errorf("host status %02xh", h.hostStatus)
	case h.status == checkCondition:
		const illegalRequest = 5
		switch key, asc, ascq, ok := senseWords(sense); {
		case ok && key == illegalRequest:
			return fmt.Errorf("%w: sense %x/%02x/%02x", errUnsupported, key, asc, ascq)
		case ok:
			return fmt.Errorf("sense %x/%02x/%02x", key, asc, ascq)
		}
		return errors.New("CHECK CONDITION")
	case h.status != 0:
		return fmt.Errorf("status %02xh", h.status)
	case h.driverStatus&^driverSense != 0:
		return fmt.Errorf("driver status %02xh", h.driverStatus)
	}
	return nil
}

// NVMe sends an admin command by NVME_IOCTL_ADMIN_CMD.
func (d device) NVMe(command AdminCommand, size int) ([]byte, error) {
	data := make([]byte, size)
	var pinned runtime.Pinner
	pinned.Pin(&data[0]) // the kernel is given its address as a number
	defer pinned.Unpin()
	c := nvmeCommand{
		opcode: command.Opcode, namespace: command.Namespace, dword10: command.DWord10, dataLength: uint32(size),
		data: uint64(uintptr(unsafe.Pointer(&data[0]))), timeout: uint32(commandTime.Milliseconds()),
	}
	status, err := ioctl(d.fd, nvmeAdminIO, unsafe.Pointer(&c))
	switch {
	case err != nil:
		return nil, fmt.Errorf("NVME_IOCTL_ADMIN_CMD: %w", err)
	case status != 0:
		return nil, fmt.Errorf("NVMe status %03xh", status)
	}
	return data, nil
}

// ioctl is ioctl(2). Its number is an answer for some requests.
func ioctl(fd int, request uint, arg unsafe.Pointer) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
