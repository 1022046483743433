package netbond

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// capture names a directory into which these tests write the dumps they meet, as stories for testdata.
//
//nolint:gochecknoglobals // package testing parses flags before the first test runs, so it must be there by then
var capture = flag.String("capture", "", "write what tests meet in a real kernel into this `directory`")

// stage is a network namespace of its own with bonds over veth pairs: the far end set down is a pulled cable. The calling
// goroutine stays on the thread that lives in it, and that thread ends with the test.
type stage struct {
	t     *testing.T
	bonds *Collector
	hints <-chan struct{}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ownNetwork(t)
	bonds := New(Config{Dump: FromKernel(), Proc: sysfs.New("/proc/thread-self")})
	return &stage{t: t, bonds: bonds, hints: hear(t, listening(t), bonds)}
}

// bond makes an active-backup bond that looks at its links every 20 ms, altered by change.
func (s *stage) bond(name string, change func(*netlink.Bond)) *netlink.Bond {
	s.t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	b := netlink.NewLinkBond(attrs)
	b.Mode, b.Miimon = netlink.BOND_MODE_ACTIVE_BACKUP, 20
	if change != nil {
		change(b)
	}
	err := netlink.LinkAdd(b)
	if errors.Is(err, unix.EOPNOTSUPP) {
		s.t.Skipf("this kernel has no bonding driver: %v", err)
	}
	s.must(err)
	return b
}

// enslave puts links, which must be down, into b and sets all up.
func (s *stage) enslave(b *netlink.Bond, names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.must(netlink.LinkSetMaster(s.link(name), b))
	}
	s.up(b.Name)
}

func (s *stage) link(name string) netlink.Link {
	s.t.Helper()
	l, err := netlink.LinkByName(name)
	s.must(err)
	return l
}

func (s *stage) up(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.must(netlink.LinkSetUp(s.link(name)))
	}
}

func (s *stage) down(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.must(netlink.LinkSetDown(s.link(name)))
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// await looks at every hint, and every quarter of a second, until bond is as wanted. What it then sees is captured.
func (s *stage) await(story, bond string, want shown) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for {
		got := s.look(bond)
		diff := cmp.Diff(want, got)
		if diff == "" {
			s.capture(story)
			return
		}
		select {
		case <-s.hints:
		case <-again.C:
		case <-deadline.C:
			s.capture("unmet-" + story)
			s.t.Fatalf("%s (-want +got):\n%s", story, diff)
		}
	}
}

func (s *stage) look(bond string) shown {
	s.t.Helper()
	o, err := s.bonds.Collect(s.t.Context())
	s.must(err)
	for _, g := range o.Groups {
		if g.Name == bond {
			s.must(g.Needs.Check())
			return show(g)
		}
	}
	return shown{}
}

func (s *stage) capture(story string) {
	s.t.Helper()
	if *capture == "" {
		return
	}
	links, err := FromKernel()(s.t.Context())
	s.must(err)
	var uts unix.Utsname
	s.must(unix.Uname(&uts))
	text := "Linux " + unix.ByteSliceToString(uts.Release[:]) + ", captured by " + s.t.Name() + ".\n" +
		"-- rtnetlink/links --\n" + string(FormatCapture(links))
	reports, err := filepath.Glob("/proc/thread-self/net/bonding/*")
	s.must(err)
	for _, path := range reports {
		report, err := os.ReadFile(path)
		s.must(err)
		text += "-- proc/net/bonding/" + filepath.Base(path) + " --\n" + string(report)
	}
	path := filepath.Join(*capture, strings.ReplaceAll(story, " ", "-")+".txtar")
	s.must(os.WriteFile(path, []byte(text), 0o644))
}

type states map[string]redundancy.State

func whole(n int) redundancy.Margin { return redundancy.Margin{Least: n, Most: n, Full: n} }

func TestRealBondLosesAndRegainsItsMargin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.bond("bond0", nil)
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.enslave(b, "near0", "near1")
	s.up("far0", "far1")
	full := shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		nil,
	}
	s.await("active-backup whole", "bond0", full)

	s.down("far0")
	s.await("active-backup active cable cut", "bond0", shown{
		redundancy.Lost,
		redundancy.Margin{Least: 0, Most: 0, Full: 1},
		redundancy.Yes,
		states{"near0": redundancy.Disabled, "near1": redundancy.Enabled},
		nil,
	})
	s.up("far0")
	full.Members = states{"near0": redundancy.Standby, "near1": redundancy.Enabled}
	s.await("active-backup cable plugged in again", "bond0", full)

	s.down("far0", "far1")
	s.await("active-backup both cables cut", "bond0", shown{
		redundancy.Failed,
		redundancy.Margin{Least: -1, Most: -1, Full: 1},
		redundancy.No,
		states{"near0": redundancy.Disabled, "near1": redundancy.Disabled},
		nil,
	})
	s.up("far0", "far1")
	s.must(netlink.LinkSetNoMaster(s.link("near1")))
	s.await("active-backup member taken out", "bond0", shown{
		redundancy.NotRedundant, whole(0), redundancy.Yes,
		states{"near0": redundancy.Enabled},
		[]string{WarnSingleMember},
	})
	s.down("bond0")
	s.await("active-backup set down", "bond0", shown{
		redundancy.Failed, whole(0), redundancy.No,
		states{"near0": redundancy.Enabled},
		[]string{WarnAdminDown, WarnSingleMember},
	})
	s.must(netlink.LinkDel(b))
	s.await("no bond", "bond0", shown{})
}

func TestRealBondWithUpdelayShowsARecoveringMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.bond("bond0", func(b *netlink.Bond) { b.UpDelay = 2000 })
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.enslave(b, "near0", "near1")
	s.up("far0")
	s.await("updelay one cable", "bond0", shown{
		redundancy.Lost,
		redundancy.Margin{Least: 0, Most: 0, Full: 1},
		redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Disabled},
		nil,
	})
	s.up("far1")
	s.await("updelay waiting", "bond0", shown{
		redundancy.Lost,
		redundancy.Margin{Least: 0, Most: 0, Full: 1},
		redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Recovering},
		nil,
	})
	s.await("updelay over", "bond0", shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		nil,
	})
}

func TestRealBondWithoutMonitoringFailsWithItsActiveMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.bond("bond0", func(b *netlink.Bond) { b.Miimon = 0 })
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.up("far0", "far1")
	s.enslave(b, "near0", "near1")
	off := []string{WarnMonitoringOff}
	s.await("unmonitored whole", "bond0", shown{
		redundancy.Lost,
		redundancy.Margin{Least: 0, Most: 1, Full: 1},
		redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		off,
	})
	s.down("far0")
	s.await("unmonitored active cable cut", "bond0", shown{
		redundancy.Failed,
		redundancy.Margin{Least: -1, Most: 0, Full: 1},
		redundancy.No,
		states{"near0": redundancy.Disabled, "near1": redundancy.Standby},
		off,
	})
}
