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
	// anewTime is how long a helper stays without anything to do that is better started anew: it leaves room for the answer that
	// is under way, and keeps the starts below the unit's StartLimitBurst.
	anewTime = time.Second
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
	anew  atomic.Bool   // it is better started anew
	tally *tally
	open  sync.WaitGroup
	place chan struct{} // holds one token for each connection
}

// NewServer is a server for the user uid.
func NewServer(h *Hands, uid uint32) *Server {
	return &Server{hands: h, uid: uid, quiet: idleTime, tally: newTally(h.world.Log), place: make(chan struct{}, places)}
}

// Serve answers on l, which it closes, until ctx ends or nobody has asked anything for a while; both are no error.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	closed := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer closed()
	err := s.accept(ctx, l)
	if ctx.Err() != nil {
		err = nil // the listener was closed because of that
	}
	_ = l.Close() // twice does no harm
	return errors.Join(err, s.wait())
}

// accept lets connections in until there is a reason to end.
func (s *Server) accept(ctx context.Context, l *net.UnixListener) error {
	for {
		if err := l.SetDeadline(time.Now().Add(s.rest())); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		conn, err := l.AcceptUnix()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if s.idle() {
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

// rest is how long this helper stays without anything to do.
func (s *Server) rest() time.Duration {
	if s.anew.Load() {
		return min(anewTime, s.quiet)
	}
	return s.quiet
}

// idle says whether nobody would notice if this helper ended.
func (s *Server) idle() bool {
	now, err := s.hands.world.SinceBoot()
	return err == nil && len(s.place) == 0 && s.hands.memory.empty(now)
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
		if errors.Is(s.answer(ctx, conn), unix.EPERM) {
			s.renew(l)
		}
	})
}

// renew has this helper end as soon as nothing is under way. systemd looks up what the unit may open when it starts it: the
// kernel forbids a device whose driver was loaded later, and the next helper may open it.
func (s *Server) renew(l *net.UnixListener) {
	s.anew.Store(true)
	_ = l.SetDeadline(time.Now()) // that accept looks at it; a listener that is closed has ended already
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
func (s *Server) answer(ctx context.Context, conn *net.UnixConn) error {
	r, err := read(ctx, conn)
	if err != nil {
		s.refuse(conn, r, err)
		return err
	}
	a, f, err := s.hands.Do(ctx, r)
	if err != nil {
		s.refuse(conn, r, err)
		return err
	}
	if err := send(conn, a, f); err != nil {
		s.tally.refused(priv.Refuse(reasonUnheard, "answer: %w", err), r)
	}
	return nil
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
