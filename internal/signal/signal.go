package signal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/actions"
)

// Config says whom to tell.
type Config struct {
	Listen    string // TCP address of the agent-check; empty: none
	TrackFile string // empty: none
	Weight    int    // in percent, for actions.SignalLess
}

const (
	// answerTime is how long one who asks may take to read one line.
	answerTime = 2 * time.Second
	// atOnce is how many may ask at once: HAProxy asks once in a second or two, from each of its processes.
	atOnce = 32
)

// Line is what HAProxy's agent-check is answered, and false where nothing is to be answered: it then holds what it was told last.
func Line(s actions.Signal, weight int) (string, bool) {
	switch s {
	case actions.SignalUp:
		return "up 100%\n", true
	case actions.SignalLess:
		return fmt.Sprintf("up %d%%\n", weight), true
	case actions.SignalDrain:
		return "up 0%\n", true
	case actions.SignalDown:
		return "down #plimsoll\n", true
	case actions.SignalUnknown:
	}
	return "", false
}

// Number is what keepalived reads, and false where it is to keep what it has read.
func Number(s actions.Signal) (string, bool) {
	if s < actions.SignalUp || s > actions.SignalDown {
		return "", false
	}
	return fmt.Sprintf("%d\n", s-actions.SignalUp), true
}

// Operator is the hand of the verbs of [actions.SignalWays].
type Operator struct{}

// Do does nothing: the record that it came back is what changes the signal.
func (Operator) Do(context.Context, actions.Action) error { return nil }

// Server tells the signal. Serve must be called once.
type Server struct {
	cfg  Config
	is   func() actions.Signal
	news func() <-chan struct{}
	door net.Listener // nil: none
}

// Listen opens the address. is is the signal now, and never waits; news is closed when there may be another one.
func Listen(ctx context.Context, cfg Config, is func() actions.Signal, news func() <-chan struct{}) (*Server, error) {
	s := &Server{cfg: cfg, is: is, news: news}
	if cfg.Listen == "" {
		return s, nil
	}
	var lc net.ListenConfig
	door, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for agent-checks: %w", err)
	}
	s.door = door
	return s, nil
}

// Addr is the address that is listened on, and nil without one.
func (s *Server) Addr() net.Addr {
	if s.door == nil {
		return nil
	}
	return s.door.Addr()
}

// Serve tells until ctx ends, and returns when all that it started has ended. failed is told of a file that could not be written; it
// is tried again with the next change.
func (s *Server) Serve(ctx context.Context, failed func(error)) {
	var beside sync.WaitGroup
	defer beside.Wait()
	if s.cfg.TrackFile != "" {
		beside.Go(func() { s.track(ctx, failed) })
	}
	if s.door == nil {
		return
	}
	beside.Go(func() {
		<-ctx.Done()
		_ = s.door.Close() // whoever is being answered still is
	})
	places := make(chan struct{}, atOnce)
	for {
		conn, err := s.door.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			failed(err)
			select {
			case <-ctx.Done():
			case <-time.After(answerTime): // out of files: they come back
			}
			continue
		}
		select {
		case places <- struct{}{}:
			beside.Go(func() {
				s.answer(conn)
				<-places
			})
		default:
			_ = conn.Close()
		}
	}
}

// answer tells one who asks. What they say is not read.
func (s *Server) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }() // an answer that was not taken is asked for again
	line, known := Line(s.is(), s.cfg.Weight)
	if !known || conn.SetDeadline(time.Now().Add(answerTime)) != nil {
		return
	}
	_, _ = conn.Write([]byte(line))
}

// track keeps the file as the signal is.
func (s *Server) track(ctx context.Context, failed func(error)) {
	last := ""
	for {
		changed := s.news()
		if text, known := Number(s.is()); known && text != last {
			if err := replace(s.cfg.TrackFile, text); err != nil {
				failed(err)
			} else {
				last = text
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// trackMode lets keepalived read it, whoever it runs as.
const trackMode = 0o644

// replace writes the file whole: its reader never finds it empty, and it is there after a crash as it was or as it is.
func replace(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".signal-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error that counts is the first
		}
	}()
	if _, err = f.WriteString(text); err == nil {
		err = errors.Join(f.Chmod(trackMode), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
