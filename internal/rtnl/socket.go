package rtnl

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	// answerBytes is the size of one read. The kernel never makes a part of a dump longer (netlink_recvmsg), however much room
	// it is offered.
	answerBytes = 32 << 10

	// answerSeconds is how long the kernel has for an answer. It makes the first part while it takes the question, and the next
	// while that is read, so what is not there then will never be.
	answerSeconds = 10
)

// ErrInterrupted says that something came or went while the answer was made, which is therefore not whole.
var ErrInterrupted = errors.New("the kernel was interrupted")

var (
	errCut     = errors.New("an answer that is cut short")
	errUnasked = errors.New("an answer that does not come from the kernel")
)

// Question is one request to the kernel.
type Question struct {
	Kind   uint16 // unix.RTM_GETLINK
	Dump   bool   // ask for all that the body lets through, instead of one
	Body   []byte // the struct of that kind, and attributes
	Answer uint16 // unix.RTM_NEWLINK: other kinds of answers are passed over
}

// Socket asks one question after another. The zero value is ready, and opens a socket with the first question, in the network
// namespace of the thread that asks. It belongs to one goroutine at a time.
type Socket struct {
	fd   int
	open bool
	last uint32 // the number of the last question
	out  []byte
	in   []byte
}

// Ask hands the body of each answer to each, until that is false. A body is valid only until each returns. Errors that callers
// can test for are ErrInterrupted, after which each has seen a part, and the kernel's errnos.
//
// A socket on which anything went wrong, or that has more to say, is not used again: what is still to come on it is not ours.
func (s *Socket) Ask(q Question, each func(body []byte) bool) error {
	if err := s.dial(); err != nil {
		return fmt.Errorf("open rtnetlink: %w", err)
	}
	whole, err := s.ask(q, each)
	if !whole {
		s.Close()
	}
	return err
}

// Close lets go of the socket; the next question opens another.
func (s *Socket) Close() {
	if s.open {
		_ = unix.Close(s.fd) // nothing was written that anyone waits for
	}
	s.open = false
}

func (s *Socket) dial() error {
	if s.open {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	patience := unix.Timeval{Sec: answerSeconds}
	err = errors.Join(
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience),
	)
	if err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	s.fd, s.open = fd, true
	if s.in == nil {
		s.in = make([]byte, answerBytes)
	}
	return nil
}

// ask is Ask on an open socket, and says whether all of the answer was taken.
func (s *Socket) ask(q Question, each func([]byte) bool) (whole bool, err error) {
	s.last++
	s.out = q.append(s.out[:0], s.last)
	if err := s.send(); err != nil {
		return false, fmt.Errorf("ask rtnetlink: %w", err)
	}
	a := answer{to: s.last, kind: q.Answer, each: each}
	for !a.ended {
		n, err := s.receive()
		if err == nil {
			err = a.take(s.in[:n])
		}
		if err != nil {
			return a.ended, fmt.Errorf("read rtnetlink: %w", err)
		}
	}
	return !a.enough, nil
}

func (s *Socket) send() error {
	for {
		err := unix.Sendto(s.fd, s.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (s *Socket) receive() (int, error) {
	for {
		n, _, flags, from, err := unix.Recvmsg(s.fd, s.in, nil, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case flags&unix.MSG_TRUNC != 0:
			return 0, errCut
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			return 0, errUnasked
		}
		return n, nil
	}
}
