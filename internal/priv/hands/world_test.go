package hands_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
	"plimsoll/internal/sysfs"
)

const boot = "0f6f2b1c-7f1e-4a51-9d9e-0b1c2d3e4f50"

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// host is a host with one active-backup bond of eth1 and eth2, one service and a helper.
type host struct {
	t      testing.TB
	dir    string
	clock  sync.Mutex
	now    time.Duration // since boot; guarded by clock while a helper serves
	allow  hands.Allowed
	broken error // of the configuration
	units  *units
	part   priv.Part
	disks  *disks
	bmc    func() (hands.Line, error) // nil: none
	// multipath answers for device-mapper.
	multipath func(uuid string) (string, error)
	smartctl  func(ctx context.Context, args ...string) ([]byte, error) // nil: it is not asked
	full      error                                                     // why a disk is not blank
	mdadm     error                                                     // how mdadm ends
	ran       []string                                                  // its arguments, when it ran last
	log       *lines
	socket    string
}

func newHost(tb testing.TB) *host {
	tb.Helper()
	h := &host{
		t: tb, dir: tb.TempDir(), multipath: func(string) (string, error) { return "", errors.New("nothing is mapped") }, part: priv.Hands, disks: &disks{}, now: time.Hour, units: &units{state: priv.State{Unit: "active", Invocation: strings.Repeat("ab", 16)}}, log: &lines{},
		allow: hands.Allowed{
			Writes: true, SetActive: []string{"bond0", "eth9"}, PacketSocket: []string{"bond0"},
			Restart: []string{"app.service"}, Stop: []string{"app.service"},
		},
	}
	bonding := "sys/class/net/bond0/bonding/"
	for name, text := range map[string]string{
		bonding + "mode": "active-backup 1", bonding + "active_slave": "eth1", bonding + "slaves": "eth1 eth2 eth3",
		bonding + "arp_interval": "0", bonding + "primary": "", bonding + "primary_reselect": "always 0",
		"sys/class/net/bond0/ifindex": "4", "sys/class/net/eth1/ifindex": "2", "sys/class/net/eth2/ifindex": "3", "sys/class/net/eth9/ifindex": "9",
		"sys/class/net/eth1/bonding_slave/mii_status": "up", "sys/class/net/eth2/bonding_slave/mii_status": "up",
		"sys/class/net/eth3/bonding_slave/mii_status": "down",
		"proc/net/bonding/bond0":                      "Ethernet Channel Bonding Driver\n\tport key: 0\n", "proc/" + priv.BootIDFile: boot,
	} {
		h.write(name, text)
	}
	return h
}

func (h *host) path(name string) string { return filepath.Join(h.dir, name) }

func (h *host) write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text+"\n"), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) active() string {
	h.t.Helper()
	b, err := os.ReadFile(h.path("sys/class/net/bond0/bonding/active_slave"))
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// pass lets time pass.
func (h *host) pass(d time.Duration) {
	h.clock.Lock()
	defer h.clock.Unlock()
	h.now += d
}

func (h *host) freeze() string { return h.path("run/freeze") }

// hands is a helper for this host.
func (h *host) hands() *hands.Hands {
	return hands.New(hands.World{
		Part: h.part, Disk: h.disks.open, BMC: h.bmc, Multipath: h.multipath, Smartctl: h.smartctl,
		Sysfs: sysfs.New(h.path("sys")), Procfs: sysfs.New(h.path("proc")), Freeze: h.freeze(), Units: h.units,
		Configured: func() (hands.Allowed, error) { return h.allow, h.broken },
		SinceBoot: func() (time.Duration, error) {
			h.clock.Lock()
			defer h.clock.Unlock()
			return h.now, nil
		},
		Run: sysfs.New(h.path("run")), Monotonic: func() (time.Duration, error) { return h.now, nil },
		Blank: func(hands.Node) error { return h.full },
		Mdadm: func(_ context.Context, args ...string) error { h.ran = args; return h.mdadm },
		Open:  func(hands.Socket) (*os.File, error) { return os.Open(h.path("proc/" + priv.BootIDFile)) },
		Log:   slog.New(slog.NewTextHandler(h.log, nil)),
	})
}

// serve runs a helper for the user uid until the test ends, and is a client of it.
func (h *host) serve(tb testing.TB, uid int) *priv.Client {
	tb.Helper()
	dir, err := os.MkdirTemp("", "priv") //nolint:usetesting // a socket's path has 107 bytes; t.TempDir may need more
	if err != nil {
		tb.Fatal(err)
	}
	h.socket = filepath.Join(dir, "s")
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: h.socket, Net: "unixpacket"})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- hands.NewServer(h.hands(), uint32(uid)).Serve(ctx, l) }()
	tb.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				tb.Errorf("serve: %v", err)
			}
		case <-time.After(2 * patience):
			tb.Error("the helper does not end")
		}
		_ = os.RemoveAll(dir)
	})
	return priv.NewClient(h.socket)
}

// effect is one that may begin, for an action of this number.
func (h *host) effect(action string, expect priv.State) priv.Effect {
	return priv.Effect{Action: action, Boot: boot, Deadline: h.now + 10*time.Second, Expect: expect}
}

func reasonOf(err error) priv.Reason {
	if r, ok := errors.AsType[*priv.RefusedError](err); ok {
		return r.Reason
	}
	return ""
}

// lines is a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(b))
	return len(b), nil
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// with are the lines that have all of these in them.
func (l *lines) with(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.all {
		has := true
		for _, w := range words {
			has = has && strings.Contains(line, w)
		}
		if has {
			n++
		}
	}
	return n
}

// units is a systemd of one unit.
type units struct {
	mu     sync.Mutex
	state  priv.State
	jobs   []string
	result string        // of jobs; empty: done
	hold   chan struct{} // jobs wait until it is closed; nil: they don't
	begun  chan struct{} // gets a token for each job, if there is one
}

func (u *units) Open(context.Context) (hands.Manager, error) { return u, nil }

func (u *units) Close() {}

func (u *units) Look(_ context.Context, unit string) (priv.State, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if unit != "app.service" {
		return priv.State{}, errors.New("look at " + unit + ": its LoadState is not-found")
	}
	return u.state, nil
}

// seen is the unit's state.
func (u *units) seen() priv.State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.state
}

func (u *units) Restart(ctx context.Context, unit string) (string, error) {
	return u.job(ctx, "restart "+unit, priv.State{Unit: "active", Invocation: strings.Repeat("cd", 16)})
}

func (u *units) Stop(ctx context.Context, unit string) (string, error) {
	return u.job(ctx, "stop "+unit, priv.State{Unit: "inactive", Invocation: strings.Repeat("ab", 16)})
}

func (u *units) job(ctx context.Context, what string, then priv.State) (string, error) {
	u.mu.Lock()
	u.jobs = append(u.jobs, what)
	hold, begun := u.hold, u.begun
	u.mu.Unlock()
	if begun != nil {
		begun <- struct{}{}
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.result != "" {
		return u.result, nil
	}
	u.state = then
	return "done", nil
}

func (u *units) asked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.jobs...)
}
