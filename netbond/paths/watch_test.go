package paths

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/redundancy"
)

// fakeSwitch hands out sockets, and answers what is asked through those members whose path carries.
type fakeSwitch struct {
	mu      sync.Mutex
	dead    map[string]bool
	away    error // why no socket is handed out
	sockets map[string]*fakeSocket
	opened  int
}

func newSwitch() *fakeSwitch {
	return &fakeSwitch{dead: map[string]bool{}, sockets: map[string]*fakeSocket{}}
}

func (f *fakeSwitch) open(_ context.Context, _ string, m Member, _ MAC) (Socket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away != nil {
		return nil, f.away
	}
	f.opened++
	s := &fakeSocket{from: f, member: m.Name, frames: make(chan []byte, 64), closed: make(chan struct{})}
	f.sockets[m.Name] = s
	return s, nil
}

// say changes something about the switch.
func (f *fakeSwitch) say(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

type fakeSocket struct {
	from   *fakeSwitch
	member string
	frames chan []byte
	once   sync.Once
	closed chan struct{}
}

func (s *fakeSocket) Receive(b []byte) (int, string, error) {
	select {
	case f := <-s.frames:
		return copy(b, f), s.member, nil
	case <-s.closed:
		return 0, "", os.ErrClosed
	}
}

func (s *fakeSocket) Send(frame []byte) error {
	s.from.mu.Lock()
	defer s.from.mu.Unlock()
	f, ok := parseARP(frame)
	if !ok {
		return errors.New("no ARP")
	}
	if !s.from.dead[s.member] {
		s.frames <- reply(f)
	}
	return nil
}

func (s *fakeSocket) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// reply is what the target of a question answers.
func reply(f arp) []byte {
	b := question(mac(f.subjectIP[3]), f.from, target("0.0.0.0", 0))
	b[headerLen+7] = opReply
	copy(b[headerLen+14:], f.subjectIP[:])
	return b
}

// watched runs do beside a watch over bond0.
func watched(t *testing.T, f *fakeSwitch, do func(w *Watch, pokes func() int)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{
			Open: f.open, Bonds: []string{"bond0"}, Probes: map[string]Probing{"bond0": two(time.Second)}, Random: middle,
		})
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		n := 0
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx, func() { mu.Lock(); n++; mu.Unlock() }) })
		w.Look([]Bond{bond0(), {Name: "bond1", Members: []Member{{Name: "eth9", Up: true}}}})
		time.Sleep(10 * time.Second) // in a bubble
		do(w, func() int { mu.Lock(); defer mu.Unlock(); return n })
		cancel()
		running.Wait()
	})
}

func finding(t *testing.T, w *Watch, member string) Finding {
	t.Helper()
	synctest.Wait()
	f, known := w.Finding("bond0", member)
	if !known {
		t.Fatalf("nothing is known of %s", member)
	}
	return f
}

func TestWatchTellsOnceOfAPathThatHasDied(t *testing.T) {
	t.Parallel()
	f := newSwitch()
	watched(t, f, func(w *Watch, pokes func() int) {
		if got := finding(t, w, "eth2"); got.Proven != redundancy.Yes {
			t.Errorf("%+v", got)
		}
		if _, known := w.Finding("bond1", "eth9"); known {
			t.Error("a bond is listened to that nobody named")
		}
		before := pokes()
		f.say(func() { f.dead["eth1"] = true })
		time.Sleep(2500 * time.Millisecond)
		if got := finding(t, w, "eth1"); !got.Silent || pokes() != before+1 {
			t.Errorf("%+v after %d pokes", got, pokes()-before)
		}
	})
}

func TestWatchOpensALostSocketAgain(t *testing.T) {
	t.Parallel()
	f := newSwitch()
	watched(t, f, func(w *Watch, _ func() int) {
		f.say(func() { f.away = errors.New("the helper is away"); _ = f.sockets["eth2"].Close() })
		if got := finding(t, w, "eth2"); got.Proven != redundancy.Unread || got.Problem == "" || len(got.Evidence) == 0 {
			t.Errorf("%+v", got)
		}
		time.Sleep(10 * time.Second)
		if got := finding(t, w, "eth2"); got.Problem != "the helper is away" {
			t.Errorf("%+v", got)
		}
		if got := finding(t, w, "eth1"); got.Silent || got.Problem != "" {
			t.Errorf("the other one: %+v", got)
		}
		f.say(func() { f.away = nil })
		time.Sleep(time.Minute)
		if got := finding(t, w, "eth2"); got.Proven != redundancy.Yes || got.Problem != "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestWatchLetsGoOfWhoHasLeftAndTakesUpWhoComes(t *testing.T) {
	t.Parallel()
	f := newSwitch()
	watched(t, f, func(w *Watch, _ func() int) {
		b := bond0()
		b.Members[1] = Member{Name: "eth3", Index: 3, Permanent: mac(3), Up: true}
		w.Look([]Bond{b})
		time.Sleep(10 * time.Second)
		if _, known := w.Finding("bond0", "eth2"); known {
			t.Error("eth2 has left and is known")
		}
		select {
		case <-f.sockets["eth2"].closed:
		default:
			t.Error("the socket of eth2 is open still")
		}
		if got := finding(t, w, "eth3"); got.Proven != redundancy.Yes {
			t.Errorf("%+v", got)
		}
	})
}

func TestWatchThatIsRunAgainKeepsWhatItKnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newSwitch()
		w := New(Config{Open: f.open, Bonds: []string{"bond0"}, Random: middle})
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { w.Run(ctx, func() {}) })
			w.Look([]Bond{bond0()})
			synctest.Wait()
			if f.opened == 2 { // the first time
				own := question(mac(1), broadcast(), target("10.9.0.9", 0))
				f.sockets["eth2"].frames <- own
			}
			if got := finding(t, w, "eth2"); got.Proven != redundancy.Yes {
				t.Errorf("after %d sockets: %+v", f.opened, got)
			}
			cancel()
			running.Wait()
		}
	})
}
