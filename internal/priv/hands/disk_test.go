package hands_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

// disks are the disks of a host by name. They have the semantics of power management: whatever moves data wakes a disk.
type disks struct {
	mu     sync.Mutex
	all    map[string]*platter
	opened []hands.Node
}

// platter is one disk.
type platter struct {
	asleep   bool
	mode     byte          // ATA: what CHECK POWER MODE says while awake
	fixed    bool          // its controller packs registers into sense data of the fixed format
	off      bool          // SMART is not enabled
	sense    []byte        // SCSI: what REQUEST SENSE says while awake
	refuse   byte          // an opcode that it answers with an error
	hold     chan struct{} // commands wait until it is closed
	begun    chan struct{} // is closed by the first of them
	commands []byte        // that came: an ATA command's own opcode, else the SCSI or NVMe opcode
	woken    int
	closed   int
}

func (d *disks) open(n hands.Node) (hands.Disk, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened = append(d.opened, n)
	p, ok := d.all[n.Name]
	if !ok {
		return nil, syscall.ENXIO
	}
	return p, nil
}

func (p *platter) Close() { p.closed++ }

var errBroken = errors.New("sense 3/11/00")

func (p *platter) SCSI(c []byte, size int) (data, sense []byte, err error) {
	if p.hold != nil {
		close(p.begun)
		<-p.hold
		p.hold = nil
	}
	if c[0] == 0x85 {
		return p.ata(c, size)
	}
	p.commands = append(p.commands, c[0])
	if c[0] == 0x03 {
		if p.asleep {
			return []byte{0x72, 0, 0x5e, 0x02, 0, 0, 0, 0}, nil, nil
		}
		return p.sense, nil, nil
	}
	p.wake()
	switch {
	case c[0] == p.refuse:
		return nil, nil, errBroken
	case c[0] == 0x4d && c[2]&0x3f == 0:
		return append([]byte{0, 0, 0, 3, 0x00, 0x02, 0x2f}, make([]byte, size-7)...), nil, nil
	case c[0] == 0x4d:
		return append([]byte{c[2] & 0x3f, 0, 0, 4, 0, 0, 4, 0}, make([]byte, size-8)...), nil, nil
	case c[0] == 0xb7:
		return []byte{0, 0x0d, 0, 0, 0, 0, 0, 16}, nil, nil
	}
	return nil, nil, fmt.Errorf("unknown command % x", c)
}

// ata carries out an ATA command. What needs the registers gets them as sense data, with CHECK CONDITION.
func (p *platter) ata(c []byte, size int) (data, sense []byte, err error) {
	command, features := c[14], c[4]
	p.commands = append(p.commands, command)
	registers := []byte{9, 12, 0, 0, 0, 0, 0, 0, 0, c[10], 0, c[12], 0, 0x50}
	switch command {
	case p.refuse:
		registers[3], registers[13] = 0x04, 0x51
	case 0xe5:
		if !p.asleep {
			registers[5] = p.mode
		}
	default:
		p.wake()
		if size == 0 {
			break
		}
		page := make([]byte, size)
		if command == 0xec && !p.off {
			binary.LittleEndian.PutUint16(page[2*85:], 1)
		}
		page[0] = features
		return page, nil, nil
	}
	if p.fixed {
		sense = []byte{0x70, 0, 1, registers[3], registers[13], 0, registers[5], 10, 0, 0, registers[9], registers[11], 0, 0x1d, 0, 0, 0, 0}
	} else {
		sense = append([]byte{0x72, 1, 0, 0x1d, 0, 0, 0, 14}, registers...)
	}
	return nil, sense, errors.New("CHECK CONDITION")
}

func (p *platter) wake() {
	if p.asleep {
		p.asleep = false
		p.woken++
	}
}

func (p *platter) NVMe(c hands.AdminCommand, size int) ([]byte, error) {
	p.commands = append(p.commands, c.Opcode)
	if c.Opcode == p.refuse {
		return nil, errors.New("NVMe status 002h")
	}
	return bytes.Repeat([]byte{c.Opcode}, size), nil
}

// disk gives the host a disk of that name.
func (h *host) disk(name string, p *platter) *platter {
	h.t.Helper()
	switch {
	case strings.HasPrefix(name, "nvme"):
		h.write("sys/class/nvme/"+name+"/dev", "245:0")
	default:
		const at = "sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/"
		h.write(at+"block/"+name+"/dev", "8:16")
		h.write(at+"vendor", "ATA     ")
		h.write(at+"power/runtime_status", "active")
		h.link("../..", at+"block/"+name+"/device")
		h.link("../"+strings.TrimPrefix(at, "sys/")+"block/"+name, "sys/block/"+name)
	}
	if h.disks.all == nil {
		h.disks.all = map[string]*platter{}
	}
	h.disks.all[name] = p
	h.part = priv.Senses
	return p
}

func (h *host) link(to, at string) {
	h.t.Helper()
	_ = os.Remove(h.path(at)) // there may be none yet
	if err := os.MkdirAll(filepath.Dir(h.path(at)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(to, h.path(at)); err != nil {
		h.t.Fatal(err)
	}
}

func lookAt(name string) priv.Request { return priv.Request{Verb: priv.DiskLook, Device: name} }

func TestASleepingDiskGetsNoCommandButTheQuestionOverAThousandLooks(t *testing.T) {
	t.Parallel()
	for _, fixed := range []bool{false, true} {
		h := newHost(t)
		p := h.disk("sdb", &platter{asleep: true, fixed: fixed, mode: 0xff})
		asked := h.hands()
		for range 1000 {
			a, _, err := asked.Do(t.Context(), priv.Request{Version: priv.Version, Verb: priv.DiskLook, Device: "sdb"})
			if err != nil || a.Disk == nil || !a.Disk.Asleep || len(a.Data) != 0 {
				t.Fatalf("%+v, %v", a, err)
			}
		}
		if want := bytes.Repeat([]byte{0xe5}, 1000); !bytes.Equal(p.commands, want) || p.woken != 0 || p.closed != 1000 {
			t.Errorf("fixed %v: %d commands, woken %d times, closed %d times", fixed, len(p.commands), p.woken, p.closed)
		}
	}
}

func TestADiskThatTheKernelPutToSleepIsNotEvenOpened(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.disk("sdb", &platter{asleep: true})
	h.write("sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/power/runtime_status", "suspended")
	a, err := do(t, h, lookAt("sdb"))
	if err != nil || !a.Disk.Asleep || len(h.disks.opened) != 0 {
		t.Errorf("%+v, %v, opened %v", a, err, h.disks.opened)
	}
}

func TestAnAwakeATADiskIsReadInTheOrderOfItsPages(t *testing.T) {
	t.Parallel()
	for _, mode := range []byte{0xff, 0x80, 0x81, 0x83, 0x41} {
		h := newHost(t)
		p := h.disk("sdb", &platter{mode: mode})
		a, err := do(t, h, lookAt("sdb"))
		if err != nil || a.Disk.Protocol != priv.ATA || a.Disk.Asleep || len(a.Data) != priv.ATAPages || a.Disk.Said != nil {
			t.Fatalf("%+v, %v", a, err)
		}
		if want := []byte{0xe5, 0xec, 0xb0, 0xb0, 0xb0}; !bytes.Equal(p.commands, want) {
			t.Errorf("commands % x", p.commands)
		}
		if s := a.Data[priv.ATAStatus]; len(s) != 14 || s[9] != 0x4f || s[11] != 0xc2 {
			t.Errorf("status % x", s)
		}
		if a.Data[priv.ATAData][0] != 0xd0 || a.Data[priv.ATAThresholds][0] != 0xd1 {
			t.Error("the pages are not where they belong")
		}
		want := []hands.Node{{Name: "sdb", Major: 8, Minor: 16}}
		if diff := cmp.Diff(want, h.disks.opened); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSMARTThatIsOffIsNotAskedForAndNotTurnedOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.disk("sdb", &platter{mode: 0xff, off: true})
	a, err := do(t, h, lookAt("sdb"))
	if err != nil || len(a.Data[priv.ATAIdentify]) != 512 || a.Data[priv.ATAData] != nil || !bytes.Equal(p.commands, []byte{0xe5, 0xec}) {
		t.Errorf("%v, % x", err, p.commands)
	}
}

func TestADiskThatDoesNotSayWhetherItSleepsIsAskedNothingElse(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.disk("sdb", &platter{refuse: 0xe5})
	if _, err := do(t, h, lookAt("sdb")); reasonOf(err) != priv.ReasonUnread || !bytes.Equal(p.commands, []byte{0xe5}) {
		t.Errorf("%v, % x", err, p.commands)
	}
}

func TestAPageThatDoesNotComeCostsOnlyItself(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.disk("nvme0", &platter{refuse: 0x06})
	a, err := do(t, h, lookAt("nvme0"))
	if err != nil || len(a.Data[priv.NVMeSMART]) != 512 || len(a.Data[priv.NVMeIdentify]) != 0 || len(a.Disk.Said) != 1 {
		t.Errorf("%+v, %v", a.Disk, err)
	}
	want := []hands.Node{{Name: "nvme0", Major: 245, Controller: true}}
	if diff := cmp.Diff(want, h.disks.opened); diff != "" {
		t.Error(diff)
	}
}

// scsiDisk is a host whose disk is of another maker than ATA.
func scsiDisk(t *testing.T, p *platter) (*host, *platter) {
	t.Helper()
	h := newHost(t)
	h.disk("sdb", p)
	h.write("sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/vendor", "SEAGATE ")
	return h, p
}

func TestASCSIDiskIsAskedForThePagesThatItHas(t *testing.T) {
	t.Parallel()
	h, p := scsiDisk(t, &platter{sense: []byte{0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x5d, 0x10}})
	a, err := do(t, h, lookAt("sdb"))
	if err != nil || a.Disk.Protocol != priv.SCSI || a.Disk.Asleep {
		t.Fatalf("%+v, %v", a, err)
	}
	if want := []byte{0x03, 0x4d, 0x4d, 0x4d, 0xb7}; !bytes.Equal(p.commands, want) {
		t.Errorf("commands % x", p.commands)
	}
	for place, want := range map[int]int{
		priv.SCSISense: 14, priv.SCSISupported: 7, priv.SCSIWrites: 8, priv.SCSIReads: 0, priv.SCSIExceptions: 8, priv.SCSIGrown: 8,
	} {
		if got := len(a.Data[place]); got != want {
			t.Errorf("page %d has %d bytes, want %d", place, got, want)
		}
	}
}

func TestASCSIDiskThatSleepsIsAskedNothingElse(t *testing.T) {
	t.Parallel()
	fixed := func(key, asc, ascq byte) []byte { return []byte{0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq} }
	for name, tt := range map[string]struct {
		sense  []byte
		asleep bool
		reason priv.Reason
		all    bool
	}{
		"nothing to say":        {sense: fixed(0, 0, 0), all: true},
		"too short to be any":   {sense: []byte{0x70}, all: true},
		"idle by timer":         {sense: fixed(0, 0x5e, 0x01), all: true},
		"idle_c":                {sense: fixed(0, 0x5e, 0x07), all: true},
		"standby by timer":      {sense: fixed(0, 0x5e, 0x02), asleep: true},
		"standby by command":    {sense: []byte{0x72, 0, 0x5e, 0x04}, asleep: true},
		"standby_y":             {sense: fixed(0, 0x5e, 0x0a), asleep: true},
		"stopped by a command":  {sense: fixed(2, 0x04, 0x02), asleep: true},
		"becoming ready":        {sense: fixed(2, 0x04, 0x01), reason: priv.ReasonUnread},
		"no such unit any more": {sense: fixed(2, 0x05, 0x00), reason: priv.ReasonUnread},
	} {
		h, p := scsiDisk(t, &platter{sense: tt.sense})
		a, err := do(t, h, lookAt("sdb"))
		if reasonOf(err) != tt.reason || (a.Disk != nil && a.Disk.Asleep) != tt.asleep || (len(p.commands) > 1) != tt.all {
			t.Errorf("%s: %+v, %v, commands % x", name, a.Disk, err, p.commands)
		}
	}
}

func TestWhatIsNoDiskForCommandsIsRefusedUnopened(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(h *host)
		device string
		want   priv.Reason
	}{
		"no such disk":       {func(*host) {}, "sdc", priv.ReasonUnfit},
		"no such controller": {func(*host) {}, "nvme1", priv.ReasonUnfit},
		"behind USB": {func(h *host) {
			h.link("../devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb", "sys/block/sdb")
			h.write("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/dev", "8:16")
			h.write("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/device/vendor", "ATA")
		}, "sdb", priv.ReasonUnfit},
		"without a number":    {func(h *host) { h.write("sys/block/sdb/dev", "eight") }, "sdb", priv.ReasonUnread},
		"without a node":      {func(h *host) { delete(h.disks.all, "sdb") }, "sdb", priv.ReasonUnread},
		"in the other helper": {func(h *host) { h.part = priv.Hands }, "sdb", priv.ReasonVocabulary},
	} {
		h := newHost(t)
		p := h.disk("sdb", &platter{mode: 0xff})
		tt.change(h)
		if _, err := do(t, h, lookAt(tt.device)); reasonOf(err) != tt.want || len(p.commands) != 0 {
			t.Errorf("%s: %v, commands % x", name, err, p.commands)
		}
	}
}

func TestSensesKnowNothingThatChangesAHost(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.part = priv.Senses
	e := h.effect("a/1", eth1Active)
	for _, r := range []priv.Request{
		{Verb: priv.BondSetActive, Bond: "bond0", Member: "eth2", Effect: &e},
		{Verb: priv.BondLACP, Bond: "bond0"},
		{Verb: priv.BondPacketSocket, Bond: "bond0", Member: "eth2", Hear: priv.HearIncoming},
	} {
		if _, err := do(t, h, r); reasonOf(err) != priv.ReasonVocabulary {
			t.Errorf("%s: %v", r.Verb, err)
		}
	}
	if h.active() != "eth1" {
		t.Error("it was carried out")
	}
}

func TestADiskThatHangsIsAskedOnceAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hold, begun := make(chan struct{}), make(chan struct{})
	h.disk("sdb", &platter{mode: 0xff, hold: hold, begun: begun})
	h.disk("nvme0", &platter{})
	c := h.serve(t, os.Getuid())
	first := make(chan error, 1)
	go func() {
		_, _, err := c.Disk(t.Context(), "sdb")
		first <- err
	}()
	<-begun
	if _, _, err := c.Disk(t.Context(), "sdb"); reasonOf(err) != priv.ReasonUnderWay {
		t.Errorf("a second look: %v", err)
	}
	d, pages, err := c.Disk(t.Context(), "nvme0")
	if err != nil || d.Protocol != priv.NVMe || len(pages) != priv.NVMePages {
		t.Errorf("%+v, %v", d, err)
	}
	close(hold)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, _, err := c.Disk(t.Context(), "sdb"); err != nil {
		t.Errorf("asked again: %v", err)
	}
}
