package hands_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

func dial(t *testing.T, h *host) *net.UnixConn {
	t.Helper()
	c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: h.socket, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is what the helper says to a frame.
func answer(t *testing.T, c *net.UnixConn, frame []byte) priv.Answer {
	t.Helper()
	if _, err := c.Write(frame); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, priv.MaxAnswer)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	a, err := priv.DecodeAnswer(buf[:n])
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAgentIsServed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.serve(t, os.Getuid())
	told, err := c.LACP(t.Context(), "bond0")
	if err != nil || !strings.Contains(told, "port key") {
		t.Errorf("%q, %v", told, err)
	}
	a, err := c.SetActive(t.Context(), "bond0", "eth2", h.effect("a/1", eth1Active))
	if err != nil || a.Outcome != priv.Done || a.Seen == nil || a.Seen.Active != "eth2" {
		t.Errorf("%+v, %v", a, err)
	}
	a, err = c.SetActive(t.Context(), "bond0", "eth2", h.effect("a/1", eth1Active))
	if err != nil || !a.Repeated {
		t.Errorf("again: %+v, %v", a, err)
	}
	a, err = c.Restart(t.Context(), "app.service", h.effect("a/2", h.units.seen()))
	if err != nil || a.Outcome != priv.Done {
		t.Errorf("%+v, %v", a, err)
	}
	a, err = c.Stop(t.Context(), "app.service", h.effect("a/3", h.units.seen()))
	if err != nil || a.Outcome != priv.Done || a.Seen.Unit != "inactive" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestFileIsHandedOver(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	f, err := h.serve(t, os.Getuid()).PacketSocket(t.Context(), "bond0", "eth2", priv.HearIncoming)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if b, err := io.ReadAll(f); err != nil || string(b) != boot+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	for _, member := range []string{"eth9", "bond0"} {
		if _, err := priv.NewClient(h.socket).PacketSocket(t.Context(), "bond0", member, priv.HearIncoming); reasonOf(err) != priv.ReasonUnfit {
			t.Errorf("%s: %v", member, err)
		}
	}
}

func TestAnotherUserIsToldNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.serve(t, os.Getuid()+1)
	_, err := c.SetActive(t.Context(), "bond0", "eth2", h.effect("a/1", eth1Active))
	_, inDoubt := errors.AsType[*priv.InDoubtError](err)
	_, unreachable := errors.AsType[*priv.UnreachableError](err)
	if !inDoubt && !unreachable {
		t.Errorf("%v", err)
	}
	if h.active() != "eth1" {
		t.Error("it was carried out")
	}
	for range 100 {
		_ = dial(t, h).Close()
	}
	if _, err := c.LACP(t.Context(), "bond0"); err == nil {
		t.Error("another user was told")
	}
	if n := h.log.with("reason=stranger"); n != 1 {
		t.Errorf("%d lines for a hundred strangers at once", n)
	}
}

func TestFrameThatIsNoneIsRefusedAndTheNextClientServed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.serve(t, os.Getuid())
	for _, frame := range [][]byte{
		[]byte("\x00\xff"), []byte("{}"), bytes.Repeat([]byte("A"), 100<<10), bytes.Repeat([]byte("["), priv.MaxRequest),
		[]byte(`{"version":1,"verb":"bond.lacp","bond":"../../../../etc/shadow"}`),
	} {
		if a := answer(t, dial(t, h), frame); a.Outcome != priv.Refused {
			t.Errorf("%.40q: %+v", frame, a)
		}
		if _, err := c.LACP(t.Context(), "bond0"); err != nil {
			t.Error(err)
		}
	}
}

func TestSecondRequestOfAConnectionIsNotRead(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve(t, os.Getuid())
	c := dial(t, h)
	e := h.effect("a/1", eth1Active)
	for _, r := range []priv.Request{
		{Version: 1, Verb: priv.BondLACP, Bond: "bond0"},
		{Version: 1, Verb: priv.BondSetActive, Bond: "bond0", Member: "eth2", Effect: &e},
	} {
		b, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(b); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			t.Fatal(err)
		}
	}
	buf := make([]byte, priv.MaxAnswer)
	for {
		if _, err := c.Read(buf); err != nil {
			break // the helper has closed it
		}
	}
	if h.active() != "eth1" {
		t.Error("the second request was carried out")
	}
}

func TestFilesThatAClientSendsAreNotKept(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve(t, os.Getuid())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	c := dial(t, h)
	if _, _, err := c.WriteMsgUnix([]byte(`{"version":1,"verb":"bond.lacp","bond":"bond0"}`), unix.UnixRights(int(w.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	// With no writer left, neither here nor in the helper, the pipe ends.
	ended := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("the helper has kept the file")
	}
}

func TestThousandConnectionsThatSayNothingGiveWayToOneThatAsks(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.serve(t, os.Getuid())
	const many = 1000
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: h.socket, Net: "unixpacket"})
			if err != nil {
				return // the kernel's queue is full
			}
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = c.Read(make([]byte, priv.MaxAnswer)) // until the helper has had enough
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, err := c.LACP(ctx, "bond0")
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("nobody else is served: %v", err)
		}
	}
	all.Wait()
	if n := h.log.count(); n > 20 {
		t.Errorf("%d log lines", n)
	}
}

func TestThingsDoNotWaitForOneAnother(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.units.hold, h.units.begun = make(chan struct{}), make(chan struct{}, 1)
	c := h.serve(t, os.Getuid())
	restarted := make(chan error, 1)
	seen := h.units.seen()
	go func() {
		_, err := c.Restart(t.Context(), "app.service", h.effect("a/1", seen))
		restarted <- err
	}()
	<-h.units.begun
	for action, want := range map[string]priv.Reason{"a/1": priv.ReasonUnderWay, "a/2": priv.ReasonUnderWay} {
		if _, err := c.Restart(t.Context(), "app.service", h.effect(action, seen)); reasonOf(err) != want {
			t.Errorf("%s meanwhile: %v", action, err)
		}
	}
	if a, err := c.SetActive(t.Context(), "bond0", "eth2", h.effect("a/3", eth1Active)); err != nil || a.Outcome != priv.Done {
		t.Errorf("the bond meanwhile: %+v, %v", a, err)
	}
	close(h.units.hold)
	if err := <-restarted; err != nil {
		t.Error(err)
	}
	if n := len(h.units.asked()); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

func TestOneOfManyAtOnceIsCarriedOut(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve(t, os.Getuid())
	seen := h.units.seen()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			_, _ = priv.NewClient(h.socket).Restart(t.Context(), "app.service", h.effect("a/"+strconv.Itoa(i%2), seen))
		})
	}
	all.Wait()
	if n := len(h.units.asked()); n != 1 {
		t.Errorf("%d jobs of an incarnation that was seen once", n)
	}
}

func TestCallerStopsWaitingAndKnowsThatItIsInDoubt(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.units.hold, h.units.begun = make(chan struct{}), make(chan struct{}, 1)
	c := h.serve(t, os.Getuid())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-h.units.begun
		cancel()
	}()
	_, err := c.Restart(ctx, "app.service", h.effect("a/1", h.units.seen()))
	if _, ok := errors.AsType[*priv.InDoubtError](err); !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(h.units.hold)
}

func TestStoppedHelperEndsWhatWaitsAndSaysThatItIsUnfinished(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.units.hold, h.units.begun = make(chan struct{}), make(chan struct{}, 1)
	var got priv.Answer
	done := make(chan struct{})
	t.Run("while a job runs", func(t *testing.T) {
		c := h.serve(t, os.Getuid())
		go func() {
			defer close(done)
			got, _ = c.Restart(context.WithoutCancel(t.Context()), "app.service", h.effect("a/1", h.units.seen()))
		}()
		<-h.units.begun
	})
	<-done
	if got.Outcome != priv.Unfinished || got.Seen == nil {
		t.Errorf("%+v", got)
	}
}

func TestHelperWithNothingToDoEnds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: "@" + t.Name() + strconv.Itoa(os.Getpid()), Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	helper := h.hands()
	e := h.effect("a/1", eth1Active)
	if _, _, err := helper.Do(t.Context(), priv.Request{Version: 1, Verb: priv.BondSetActive, Bond: "bond0", Member: "eth2", Effect: &e}); err != nil {
		t.Fatal(err)
	}
	s := hands.NewServer(helper, uint32(os.Getuid()))
	s.EndsAfter(20 * time.Millisecond)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context(), l) }()
	select {
	case <-ended:
		t.Fatal("it has forgotten an action whose deadline has not passed")
	case <-time.After(200 * time.Millisecond):
	}
	h.pass(time.Minute)
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it stays")
	}
}

func TestHelperThatIsNotThereIsUnreachable(t *testing.T) {
	t.Parallel()
	c := priv.NewClient(t.TempDir() + "/none")
	_, err := c.Restart(t.Context(), "app.service", newHost(t).effect("a/1", priv.State{Unit: "failed"}))
	if u, ok := errors.AsType[*priv.UnreachableError](err); !ok || u.Hint() == "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
