package multipath_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/multipath"
	"plimsoll/redundancy"
)

const (
	sda = "sys/devices/pci0000:00/0000:41:00.0/host0/port-0:0/end_device-0:0/target0:0:1/0:0:1:0"
	sdb = "sys/devices/pci0000:00/0000:42:00.1/host1/rport-1:0-4/target1:0:4/1:0:4:0"
)

// wellAndWell is device-mapper's word for a device whose paths both work.
const wellAndWell = "2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0"

func TestWhatAPathIsFollowsFromBothWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state  string // of sdb; empty: it can't be read
		status string // empty: it can't be had
		want   string // of sdb and of the group
	}{
		"both say that it works":                       {"running", wellAndWell, "Enabled OK: FullyRedundant 1 of 1"},
		"it is for later":                              {"running", "2 0 0 0 2 1 A 0 1 0 8:0 A 0 E 0 1 0 8:16 A 0", "Standby OK: FullyRedundant 1 of 1"},
		"device-mapper has given it up":                {"running", "2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 F 1", "Disabled Critical: Lost 0 of 1"},
		"SCSI has, and nothing was sent yet":           {"offline", wellAndWell, "Disabled Critical: Lost 0 of 1"},
		"its port is away":                             {"transport-offline", wellAndWell, "Disabled Critical: Lost 0 of 1"},
		"its port may come back":                       {"blocked", wellAndWell, "Disabled Unknown: Lost 0 of 1"},
		"a word that nobody knows":                     {"dreaming", wellAndWell, "Disabled Unknown: Lost 0 of 1"},
		"SCSI can't be read":                           {"", wellAndWell, "Unknown Unknown unread: Unknown 0 to 1 of 1"},
		"SCSI can't be read, and it failed":            {"", "2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 F 1", "Disabled Critical: Lost 0 of 1"},
		"device-mapper can't be asked":                 {"running", "", "Enabled Unknown unread: Unknown -1 to 1 of 1"},
		"its table has another path by now":            {"running", "2 0 0 0 1 1 A 0 1 0 8:0 A 0", "Enabled Unknown unread: Unknown 0 to 1 of 1"},
		"what it says makes no sense":                  {"running", "2 0 0", "Enabled Unknown unread: Unknown -1 to 1 of 1"},
		"neither says anything, and one does not work": {"offline", "", "Disabled Critical: Unknown -1 to 0 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := root(t)
			h.Write(t, sdb+"/state", c.state+"\n")
			if c.state == "" {
				h.Break(sdb+"/state", syscall.EIO)
				h.Break("sys/block/sdb/device/state", syscall.EIO)
			}
			says := mapper()
			if says[first] = c.status; c.status == "" {
				delete(says, first)
			}
			o := look(t, multipath.New(multipath.Config{Sys: h.Sys(), Senses: says}))
			m, _ := o.Groups[0].Member("multipath:35000cca0a1b2c301/0000:42:00.1/0x50060e801049cfd1")
			got := m.State.String() + " " + m.Health.String()
			for _, d := range m.Doubts {
				got += " " + d.String()
			}
			diff(t, "path and group", c.want, got+": "+verdict(t, o.Groups[0]))
		})
	}
}

func TestWithoutAnyPathItServesNobodyUnlessItIsOnlyHeld(t *testing.T) {
	t.Parallel()
	h := root(t)
	says := senses{first: "2 1 0 0 1 1 E 0 2 0 8:0 F 2 8:16 F 1"}
	c := multipath.New(multipath.Config{Sys: h.Sys(), Senses: says})
	diff(t, "all failed", "Failed -1 of 1", verdict(t, look(t, c).Groups[0]))
	h.Write(t, "sys/devices/virtual/block/dm-0/dm/suspended", "1\n")
	says[first] = wellAndWell
	diff(t, "serving while it is suspended", redundancy.Unread, look(t, c).Groups[0].Serving)
}

func TestAPathIsTheSameByAnyNameOfTheKernels(t *testing.T) {
	t.Parallel()
	h := root(t)
	c := multipath.New(multipath.Config{Sys: h.Sys(), Senses: mapper()})
	before := look(t, c).Groups[0]
	// After a boot the hosts are numbered the other way round, and so are the names.
	for _, name := range []string{"sda", "sdb"} {
		h.Remove(t, "sys/block/"+name)
		h.Remove(t, "sys/devices/virtual/block/dm-0/slaves/"+name)
	}
	for name, at := range map[string]string{
		"sdb": "pci0000:00/0000:41:00.0/host5/port-5:0/end_device-5:0/target5:0:9/5:0:9:0",
		"sda": "pci0000:00/0000:42:00.1/host0/rport-0:0-2/target0:0:2/0:0:2:0",
	} {
		h.Write(t, "sys/devices/"+at+"/block/"+name+"/dev", map[string]string{"sda": "8:0\n", "sdb": "8:16\n"}[name])
		h.Write(t, "sys/devices/"+at+"/state", "running\n")
		link(t, h.Root, "../../../"+filepath.Base(at), "sys/devices/"+at+"/block/"+name+"/device")
		link(t, h.Root, "../devices/"+at+"/block/"+name, "sys/block/"+name)
		link(t, h.Root, "../../../../"+at+"/block/"+name, "sys/devices/virtual/block/dm-0/slaves/"+name)
	}
	h.Write(t, "sys/class/sas_device/end_device-5:0/sas_address", "0x5000cca0a1b2c302\n")
	h.Write(t, "sys/class/fc_remote_ports/rport-0:0-2/port_name", "0x50060e801049cfd1\n")
	for _, again := range []*multipath.Collector{c, multipath.New(multipath.Config{Sys: h.Sys(), Senses: mapper()})} {
		after := look(t, again).Groups[0]
		diff(t, "members", ids(before), ids(after))
		diff(t, "name of the path through 41:00.0", "sdb", after.Members[0].Name)
	}
}

func TestAPathThatLeavesBeforeItsTableDoesIsAbsentAndStillItself(t *testing.T) {
	t.Parallel()
	h := root(t)
	says := senses{first: wellAndWell}
	c := multipath.New(multipath.Config{Sys: h.Sys(), Senses: says})
	before := look(t, c).Groups[0]
	h.Remove(t, "sys/block/sdb")
	h.Remove(t, sdb)
	after := look(t, c).Groups[0]
	diff(t, "members", ids(before), ids(after))
	diff(t, "state", redundancy.Absent, after.Members[1].State)
	diff(t, "verdict", "Lost 0 of 1", verdict(t, after))
}

func TestPathsThatNothingTellsApartAreToldApartByName(t *testing.T) {
	t.Parallel()
	h := root(t)
	h.Remove(t, "sys/block/sdb")
	link(t, h.Root, "../devices/pci0000:00/0000:41:00.0/host0/port-0:0/end_device-0:0/target0:0:1/0:0:1:0/block/sdb", "sys/block/sdb")
	g := look(t, multipath.New(multipath.Config{Sys: h.Sys(), Senses: mapper()})).Groups[0]
	diff(t, "members", []redundancy.ID{
		"multipath:35000cca0a1b2c301/0000:41:00.0/0x5000cca0a1b2c302/sda", "multipath:35000cca0a1b2c301/0000:41:00.0/0x5000cca0a1b2c302/sdb",
	}, ids(g))
}

func TestWhyDeviceMapperIsNotAskedIsSaid(t *testing.T) {
	t.Parallel()
	h := root(t)
	o := look(t, multipath.New(multipath.Config{Sys: h.Sys(), NotAsked: "the host is a captured one"}))
	if len(o.Notes) != 2 || !strings.Contains(o.Notes[0], "mpatha is not read: the host is a captured one") {
		t.Errorf("notes: %q", o.Notes)
	}
	for _, name := range []string{"dm-0", "dm-1"} {
		h.Remove(t, "sys/block/"+name)
	}
	o = look(t, multipath.New(multipath.Config{Sys: h.Sys()}))
	diff(t, "notes without devices", []string{"no multipath devices: device-mapper lists none"}, o.Notes)
	h.Break("sys/block", syscall.EIO)
	if _, err := multipath.New(multipath.Config{Sys: h.Sys()}).Collect(t.Context()); !errors.Is(err, syscall.EIO) {
		t.Errorf("a list that can't be read: %v", err)
	}
}

func TestWatchPokesWhenItBeginsAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	pokes := make(chan struct{}, 100) // more than come in a test, and a poke must never wait
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := multipath.New(multipath.Config{Sys: root(t).Sys()})
	go func() { ended <- c.Watch(ctx, func() { pokes <- struct{}{} }) }()
	select {
	case <-pokes:
	case <-time.After(time.Minute):
		t.Fatal("beginning to listen did not poke")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended: %v", err)
	}
}

func ids(g redundancy.Group) []redundancy.ID {
	var out []redundancy.ID
	for _, c := range g.Members {
		out = append(out, c.ID)
	}
	return out
}

func link(t *testing.T, root, to, at string) {
	t.Helper()
	at = filepath.Join(root, at)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}
