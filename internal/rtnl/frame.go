package rtnl

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The places in struct nlmsghdr: its length comes first.
const (
	kindAt   = 4
	flagsAt  = 6
	numberAt = 8
)

// append adds the question, with this number, to b.
func (q Question) append(b []byte, number uint32) []byte {
	flags := uint16(unix.NLM_F_REQUEST)
	if q.Dump {
		flags |= unix.NLM_F_DUMP
	}
	b = binary.NativeEndian.AppendUint32(b, uint32(unix.NLMSG_HDRLEN+len(q.Body)))
	b = binary.NativeEndian.AppendUint16(b, q.Kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, number)
	b = binary.NativeEndian.AppendUint32(b, 0) // from: the kernel knows
	return append(b, q.Body...)
}

// Attribute adds a struct rtattr with this value to b.
func Attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, aligned(len(value))-len(value))...)
}

// aligned is n rounded up to netlink's alignment of four bytes.
func aligned(n int) int { return (n + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }

// answer is what has come to one question.
type answer struct {
	to          uint32
	kind        uint16
	each        func(body []byte) bool
	interrupted bool
	ended       bool // nothing more is to come, or nobody wants it
	enough      bool // nobody wants more, and more may come
}

// take reads some messages.
func (a *answer) take(b []byte) error {
	for len(b) >= unix.NLMSG_HDRLEN && !a.ended {
		length := int(binary.NativeEndian.Uint32(b))
		if length < unix.NLMSG_HDRLEN || length > len(b) {
			return errCut
		}
		if err := a.message(b[:length]); err != nil {
			return err
		}
		b = b[min(aligned(length), len(b)):]
	}
	return nil
}

// message reads one. The answer to another question is what an earlier one has left behind.
func (a *answer) message(m []byte) error {
	flags, body := binary.NativeEndian.Uint16(m[flagsAt:]), m[unix.NLMSG_HDRLEN:]
	if binary.NativeEndian.Uint32(m[numberAt:]) != a.to {
		return nil
	}
	a.interrupted = a.interrupted || flags&unix.NLM_F_DUMP_INTR != 0
	switch kind := binary.NativeEndian.Uint16(m[kindAt:]); kind {
	case unix.NLMSG_DONE, unix.NLMSG_ERROR:
		a.ended = true
		if errno := errorIn(body); errno != 0 {
			return errno
		}
		return a.outcome()
	case a.kind:
		if !a.each(body) {
			a.ended, a.enough = true, true
			return nil
		}
	}
	if flags&unix.NLM_F_MULTI == 0 {
		a.ended = true
		return a.outcome()
	}
	return nil
}

func (a *answer) outcome() error {
	if a.interrupted {
		return ErrInterrupted
	}
	return nil
}

// errorIn is the error that an end of an answer carries, as a negative number; 0: none.
func errorIn(body []byte) unix.Errno {
	const size = 4
	if len(body) < size {
		return 0
	}
	code := int32(binary.NativeEndian.Uint32(body))
	if code >= 0 {
		return 0
	}
	return unix.Errno(-code)
}
