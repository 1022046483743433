package priv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// network is the type of the socket: packets that arrive whole and in order.
const network = "unixpacket"

// answerTime is how long an answer may take where the caller's context has no deadline of its own.
const answerTime = 10 * time.Second

// Client asks the helper. It keeps no connection: each request has its own.
type Client struct {
	path    string
	answers sync.Pool // of *[]byte, each with room for an answer: one made anew for every request is much to clear, and to collect
}

// NewClient is a client for the socket at path.
func NewClient(path string) *Client {
	return &Client{path: path, answers: sync.Pool{New: func() any { return new(make([]byte, MaxAnswer)) }}}
}

// LACP is what the kernel tells of a bond and its LACP ports: /proc/net/bonding/BOND as CAP_NET_ADMIN sees it.
func (c *Client) LACP(ctx context.Context, bond string) (string, error) {
	a, err := c.ask(ctx, Request{Verb: BondLACP, Bond: bond})
	return a.Told, err
}

// PacketSocket is a packet socket bound to a member of a bond, which the caller closes. Its filter lets ARP through, in
// the direction that hear says, and cannot be changed.
func (c *Client) PacketSocket(ctx context.Context, bond, member string, hear Hearing) (*os.File, error) {
	a, f, err := c.exchange(ctx, Request{Verb: BondPacketSocket, Bond: bond, Member: member, Hear: hear})
	if err == nil && f == nil {
		err = &UnreachableError{Socket: c.path, Cause: errors.New("an answer without the socket")}
	}
	if err != nil {
		return nil, errors.Join(err, drop(f))
	}
	if a.Outcome != Done {
		return nil, errors.Join(&UnreachableError{Socket: c.path, Cause: errors.New(a.Text)}, f.Close())
	}
	return f, nil
}

// Disk is what a disk says of its health: how it was looked at, and its pages. It is asked of the helper's senses, and the
// answer may never come: give ctx an end.
func (c *Client) Disk(ctx context.Context, device string) (Disk, [][]byte, error) {
	a, err := c.ask(ctx, Request{Verb: DiskLook, Device: device})
	if err == nil && a.Disk == nil {
		err = &UnreachableError{Socket: c.path, Cause: errors.New("an answer without the disk")}
	}
	if err != nil {
		return Disk{}, nil, err
	}
	return *a.Disk, a.Data, nil
}

// Smartctl is what smartctl wrote of a disk; nothing, and no error, of one that sleeps. It is asked of the helper's second part, and
// the answer may never come: give ctx an end. A RefusedError for ReasonMissing says that there is no smartctl on this host.
func (c *Client) Smartctl(ctx context.Context, device string) ([]byte, error) {
	a, err := c.ask(ctx, Request{Verb: DiskSmartctl, Device: device})
	switch {
	case err != nil:
		return nil, err
	case a.Disk != nil && a.Disk.Asleep:
		return nil, nil
	case len(a.Data) != 1:
		return nil, &UnreachableError{Socket: c.path, Cause: errors.New("an answer without what smartctl wrote")}
	}
	return a.Data[0], nil
}

// MultipathStatus is the status of the multipath device with this uuid, in the kernel's words. It is asked of the helper's
// senses.
func (c *Client) MultipathStatus(ctx context.Context, uuid string) (string, error) {
	a, err := c.ask(ctx, Request{Verb: MultipathStatus, UUID: uuid})
	return a.Told, err
}

// SetActive makes member the active one of a bond.
func (c *Client) SetActive(ctx context.Context, bond, member string, e Effect) (Answer, error) {
	return c.ask(ctx, Request{Verb: BondSetActive, Bond: bond, Member: member, Effect: &e})
}

// Restart restarts a unit and waits until its job has ended.
func (c *Client) Restart(ctx context.Context, unit string, e Effect) (Answer, error) {
	return c.ask(ctx, Request{Verb: UnitRestart, Unit: unit, Effect: &e})
}

// Stop stops a unit and waits until its job has ended.
func (c *Client) Stop(ctx context.Context, unit string, e Effect) (Answer, error) {
	return c.ask(ctx, Request{Verb: UnitStop, Unit: unit, Effect: &e})
}

// ChangeArray has one of the verbs about arrays done with a device, by the kernel's name, of the array with this UUID. It is
// asked of the helper's arrays.
func (c *Client) ChangeArray(ctx context.Context, verb Verb, array, device string, e Effect) (Answer, error) {
	return c.ask(ctx, Request{Verb: verb, Array: array, Device: device, Effect: &e})
}

// ask is exchange for verbs that hand nothing over.
func (c *Client) ask(ctx context.Context, r Request) (Answer, error) {
	a, f, err := c.exchange(ctx, r)
	return a, errors.Join(err, drop(f))
}

// exchange sends r and waits for the answer, at most until ctx ends. Errors are *RefusedError, *UnreachableError and, for
// verbs that change something, *InDoubtError. A helper that ends so that the next one may do more has done nothing: that one is asked.
func (c *Client) exchange(ctx context.Context, r Request) (Answer, *os.File, error) {
	a, f, err := c.once(ctx, r)
	if no, refused := errors.AsType[*RefusedError](err); refused && no.Reason == ReasonAnew {
		return c.once(ctx, r)
	}
	return a, f, err
}

// once is exchange with one helper.
func (c *Client) once(ctx context.Context, r Request) (Answer, *os.File, error) {
	r.Version = Version
	if err := r.check(); err != nil {
		return Answer{}, nil, err
	}
	b, err := r.Encode()
	if err != nil {
		return Answer{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeFor(ctx))
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return Answer{}, nil, &UnreachableError{Socket: c.path, Cause: err}
	}
	defer func() { _ = conn.Close() }() // everything that was sent has been answered, or never will be
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(b); err != nil {
		return Answer{}, nil, &UnreachableError{Socket: c.path, Cause: ended(ctx, err)}
	}
	a, f, err := c.receive(conn)
	if err != nil {
		return Answer{}, nil, c.unanswered(r.Verb, ended(ctx, err))
	}
	if a.Outcome == Refused {
		return a, nil, errors.Join(&RefusedError{Reason: a.Reason, Text: a.Text}, drop(f))
	}
	return a, f, nil
}

// timeFor is how long there is to wait: what ctx leaves, or answerTime where it leaves for ever.
func timeFor(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return time.Until(end)
	}
	return answerTime
}

func (c *Client) dial(ctx context.Context) (*net.UnixConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, c.path)
	if err != nil {
		return nil, bare(err)
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		panic("internal error: a unix socket without a unix connection")
	}
	return u, nil
}

// unanswered is what it means that no answer came.
func (c *Client) unanswered(verb Verb, err error) error {
	if entry, _ := Known(verb); entry.Writes {
		return &InDoubtError{Verb: verb, Cause: err}
	}
	return &UnreachableError{Socket: c.path, Cause: err}
}

// ended is why ctx ended, if that is why err came.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return bare(err)
}

// bare is err without the socket's name, which stands beside it already.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// receive reads one answer and the file that may come with it.
func (c *Client) receive(conn *net.UnixConn) (Answer, *os.File, error) {
	room, ours := c.answers.Get().(*[]byte)
	if !ours {
		panic("internal error: a pool of answers without answers")
	}
	defer c.answers.Put(room) // decoding has copied what was in it
	buf, oob := *room, make([]byte, unix.CmsgSpace(4))
	n, oobn, flags, _, err := conn.ReadMsgUnix(buf, oob)
	if err != nil {
		return Answer{}, nil, err
	}
	f, err := fileIn(oob[:oobn])
	switch {
	case err != nil:
	case n == 0:
		err = io.ErrUnexpectedEOF
	case flags&unix.MSG_TRUNC != 0:
		err = fmt.Errorf("decode answer: %w", errTooLong)
	default:
		var a Answer
		if a, err = DecodeAnswer(buf[:n]); err == nil {
			return a, f, nil
		}
	}
	return Answer{}, nil, errors.Join(err, drop(f))
}

// fileIn is the file that came with an answer; nil: none. The control buffer has room for one and, with what alignment adds,
// for a second, which is closed; the kernel closes what does not fit.
func fileIn(oob []byte) (*os.File, error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil, err
	}
	for _, surplus := range fds[1:] {
		_ = unix.Close(surplus) // nobody wrote to it
	}
	return os.NewFile(uintptr(fds[0]), "packet socket"), nil
}

// drop closes a file that nobody asked for.
func drop(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}
