package hands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

const (
	// requestTime is how long a request may take to come, and an answer to be taken. Both are one packet on this host.
	requestTime = 2 * time.Second
	// places are the connections at once: one for each unit and bond that something is being done with, and room to ask.
	places = 64
	// idleTime is how long a helper without anything to do stays: systemd starts another with the next connection.
	idleTime = 5 * time.Minute
	// freshTime is how long ago a helper was started that gains nothing by being started anew. It keeps the starts below the unit's
	// StartLimitBurst where a device is forbidden for good.
	freshTime = time.Second
	// stopTime is how long a helper that was told to stop waits for effects under way. One that hangs in the kernel ends
	// no sooner for being waited for.
	stopTime = 10 * time.Second
)

// ErrUnderWay says that effects were under way when the helper stopped.
var ErrUnderWay = errors.New("effects are under way")

var errWrongUser = errors.New("not the user who may ask")

// Server lets one user ask.
type Server struct {
	hands *Hands
	uid   uint32
	quiet time.Duration // how long without anything to do until it ends
	fresh time.Duration // for how long it is not started anew
	since time.Time     // when it began to serve
	anew  atomic.Bool   // it takes in nobody any more, and ends: the next may open more
	tally *tally
	open  sync.WaitGroup
	place chan struct{} // holds one token for each connection
}

// NewServer is a server for the user uid.
func NewServer(h *Hands, uid uint32) *Server {
	return &Server{hands: h, uid: uid, quiet: idleTime, fresh: freshTime, tally: newTally(h.world.Log), place: make(chan struct{}, places)}
}

// Serve answers on l, which it closes, until ctx ends, nobody has asked anything for a while, or the next helper may open what this
// one may not; none of these is an error.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	s.since = time.Now()
	closed := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer closed()
	err := s.accept(ctx, l)
	if ctx.Err() != nil || s.anew.Load() {
		err = nil // the listener was closed because of that
	}
	_ = l.Close() // twice does no harm
	return errors.Join(err, s.wait())
}

// accept lets connections in until there is a reason to end.
func (s *Server) accept(ctx context.Context, l *net.UnixListener) error {
	for {
		if err := l.SetDeadline(time.Now().Add(s.quiet)); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		conn, err := l.AcceptUnix()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if len(s.place) == 0 && s.forgettable() {
				return nil
			}
		case errors.Is(err, unix.ECONNABORTED):
			// Who connected has gone again.
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		default:
			s.admit(ctx, l, conn)
		}
	}
}

// forgettable says whether nothing is known here that the next helper would have to know.
func (s *Server) forgettable() bool {
	now, err := s.hands.world.SinceBoot()
	return err == nil && s.hands.memory.empty(now)
}

// admit looks at who connected, gives them a place if there is one, and goes on.
func (s *Server) admit(ctx context.Context, l *net.UnixListener, conn *net.UnixConn) {
	if uid, err := peer(conn); err != nil || uid != s.uid {
		s.tally.refused(priv.Refuse(reasonStranger, "user %d: %w", uid, errors.Join(errWrongUser, err)), priv.Request{})
		_ = conn.Close() // a stranger is told nothing
		return
	}
	select {
	case s.place <- struct{}{}:
	default:
		s.refuse(conn, priv.Request{}, priv.Refuse(priv.ReasonBusy, "%d requests are under way", places))
		return
	}
	s.open.Go(func() {
		defer func() { <-s.place }()
		s.answer(ctx, l, conn)
	})
}

// renew has this helper take in nobody any more, unless it was started just now or has something else to do, and says whether it does.
// It ends then, and whoever comes next, the one who is refused included, waits in the queue for the next helper. systemd looks up
// what the unit may open when it starts it: the kernel forbids a device whose driver was loaded later.
func (s *Server) renew(l *net.UnixListener) bool {
	if time.Since(s.since) < s.fresh || len(s.place) > 1 || !s.forgettable() {
		return false
	}
	s.anew.Store(true)
	_ = l.Close() // one that is closed already takes in nobody either
	return true
}

// peer is the user who connected, as the kernel noted then.
func peer(conn *net.UnixConn) (uint32, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) {
		cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || asked != nil {
		return 0, errors.Join(err, asked)
	}
	return cred.Uid, nil
}

// answer reads the one request of a connection, carries it out and answers. It answers with why it was refused.
func (s *Server) answer(ctx context.Context, l *net.UnixListener, conn *net.UnixConn) {
	r, err := read(ctx, conn)
	if err != nil {
		s.refuse(conn, r, err)
		return
	}
	a, f, err := s.hands.Do(ctx, r)
	if errors.Is(err, unix.EPERM) && s.renew(l) {
		err = priv.Refuse(priv.ReasonAnew, "%w", err)
	}
	if err != nil {
		s.refuse(conn, r, err)
		return
	}
	if err := send(conn, a, f); err != nil {
		s.tally.refused(priv.Refuse(reasonUnheard, "answer: %w", err), r)
	}
}

// read reads one request. Room for one byte more than the longest shows what is too long; there is none for file
// descriptors, so the kernel closes those that somebody sends.
func read(ctx context.Context, conn *net.UnixConn) (priv.Request, error) {
	if err := conn.SetReadDeadline(time.Now().Add(requestTime)); err != nil {
		return priv.Request{}, err
	}
	hurry := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer hurry()
	buf := make([]byte, priv.MaxRequest+1)
	n, err := conn.Read(buf)
	if err != nil {
		return priv.Request{}, priv.Refuse(priv.ReasonMalformed, "read request: %w", err)
	}
	return priv.DecodeRequest(buf[:n])
}

// refuse tells why, and closes.
func (s *Server) refuse(conn *net.UnixConn, asked priv.Request, err error) {
	r, ok := errors.AsType[*priv.RefusedError](err)
	if !ok {
		r = priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	s.tally.refused(r, asked)
	_ = send(conn, priv.Answer{Outcome: priv.Refused, Reason: r.Reason, Text: r.Text}, nil) // who does not listen knows nothing
}

// send sends the answer, with a file if there is one, and closes both.
func send(conn *net.UnixConn, a priv.Answer, f *os.File) error {
	err := write(conn, a, f)
	if f != nil {
		err = errors.Join(err, f.Close())
	}
	return errors.Join(err, conn.Close())
}

func write(conn *net.UnixConn, a priv.Answer, f *os.File) error {
	b, err := a.Encode()
	if err != nil {
		return err
	}
	if err := conn.SetWriteDeadline(time.Now().Add(requestTime)); err != nil {
		return err
	}
	if f == nil {
		_, err = conn.Write(b)
		return err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var wrote error
	// Held while it is sent, so that the number still means this file.
	if err := raw.Control(func(fd uintptr) { _, _, wrote = conn.WriteMsgUnix(b, unix.UnixRights(int(fd)), nil) }); err != nil {
		return err
	}
	return wrote
}

// wait waits for what is under way, for a while.
func (s *Server) wait() error {
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	t := time.NewTimer(stopTime)
	defer t.Stop()
	select {
	case <-done:
		s.tally.close()
		return nil
	case <-t.C:
		return fmt.Errorf("stop: %w: %d", ErrUnderWay, len(s.place))
	}
}
