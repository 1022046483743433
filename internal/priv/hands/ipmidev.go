package hands

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bmcNode is the kernel's first way to a BMC, and nearly always the only one.
const bmcNode = "/dev/ipmi0"

// From linux/ipmi.h and linux/ipmi_msgdefs.h.
const (
	systemInterface = 0x0C // IPMI_SYSTEM_INTERFACE_ADDR_TYPE
	bmcChannel      = 0x0F // IPMI_BMC_CHANNEL
	recvResponse    = 1    // IPMI_RESPONSE_RECV_TYPE
	maxMessage      = 272  // IPMI_MAX_MSG_LENGTH
	maxAddress      = 40   // room for any struct ipmi_addr
)

// ipmiAddress is struct ipmi_system_interface_addr.
type ipmiAddress struct {
	kind    int32
	channel int16
	lun     uint8
	_       uint8
}

// ipmiMessage is struct ipmi_msg.
type ipmiMessage struct {
	netfn, command uint8
	length         uint16
	data           unsafe.Pointer
}

// ipmiRequest is struct ipmi_req.
type ipmiRequest struct {
	address       unsafe.Pointer
	addressLength uint32
	number        int
	message       ipmiMessage
}

// ipmiReceived is struct ipmi_recv.
type ipmiReceived struct {
	kind          int32
	address       unsafe.Pointer
	addressLength uint32
	number        int
	message       ipmiMessage
}

// The requests of the device, as _IOR and _IOWR of asm-generic/ioctl.h make them.
const (
	ipmiMagic    = 'i'
	ipmiSend     = 2<<30 | uint(unsafe.Sizeof(ipmiRequest{}))<<16 | ipmiMagic<<8 | 13  // IPMICTL_SEND_COMMAND
	ipmiReceive  = 3<<30 | uint(unsafe.Sizeof(ipmiReceived{}))<<16 | ipmiMagic<<8 | 11 // IPMICTL_RECEIVE_MSG_TRUNC
	hearsNothing = 0
)

// bmcLine is an open /dev/ipmi0.
type bmcLine struct{ fd int }

// OpenBMC opens the way to the BMC. An error that is fs.ErrNotExist says that there is none.
func OpenBMC() (Line, error) {
	fd, err := unix.Open(bmcNode, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
		err = unix.ENOENT // a node that was left behind
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: bmcNode, Err: err}
	}
	return bmcLine{fd}, nil
}

// Close lets go of the device.
func (l bmcLine) Close() { _ = unix.Close(l.fd) } // what is still to come nobody waits for

// Send hands a command to the kernel.
func (l bmcLine) Send(number int, command []byte) error {
	const head = 2
	data := append(make([]byte, 0, maxMessage), command[head:]...)[:len(command)-head]
	a := ipmiAddress{kind: systemInterface, channel: bmcChannel, lun: command[0] & 3}
	r := ipmiRequest{
		address: unsafe.Pointer(&a), addressLength: uint32(unsafe.Sizeof(a)), number: number,
		message: ipmiMessage{netfn: command[0] >> 2, command: command[1], length: uint16(len(data))},
	}
	var pinned runtime.Pinner // the kernel follows the pointers in the request
	defer pinned.Unpin()
	pinned.Pin(&a)
	pinned.Pin(&r)
	if len(data) > 0 {
		r.message.data = unsafe.Pointer(&data[0])
		pinned.Pin(&data[0])
	}
	if _, err := ioctl(l.fd, ipmiSend, unsafe.Pointer(&r)); err != nil {
		return fmt.Errorf("IPMICTL_SEND_COMMAND: %w", err)
	}
	return nil
}

// Receive waits for a message and takes it. What is no answer (an event, a command for us) counts as one that nobody waits for.
func (l bmcLine) Receive(wait time.Duration) (number int, answer []byte, came bool, err error) {
	ready := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(ready, int((wait + time.Millisecond - 1).Milliseconds()))
	switch {
	case errors.Is(err, unix.EINTR), err == nil && n == 0:
		return 0, nil, false, nil
	case err != nil:
		return 0, nil, false, fmt.Errorf("poll %s: %w", bmcNode, err)
	}
	data, address := make([]byte, maxMessage), make([]byte, maxAddress)
	r := ipmiReceived{
		address: unsafe.Pointer(&address[0]), addressLength: maxAddress,
		message: ipmiMessage{length: maxMessage, data: unsafe.Pointer(&data[0])},
	}
	var pinned runtime.Pinner
	defer pinned.Unpin()
	pinned.Pin(&r)
	pinned.Pin(&data[0])
	pinned.Pin(&address[0])
	_, err = ioctl(l.fd, ipmiReceive, unsafe.Pointer(&r))
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil, false, nil
	case err != nil:
		return 0, nil, false, fmt.Errorf("IPMICTL_RECEIVE_MSG_TRUNC: %w", err)
	case r.kind != recvResponse:
		return hearsNothing, nil, true, nil
	}
	return r.number, data[:min(int(r.message.length), maxMessage)], true, nil
}
