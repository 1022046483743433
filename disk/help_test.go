package disk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

const (
	sda   = "disk:wwn:0x5000c50000000001"
	sdb   = "disk:wwn:0x5000c50000000002"
	nvme0 = "disk:wwn:eui.0025385971b0cafe"
)

// machine is a machine's sysfs, and a helper that asks its disks.
type machine struct {
	t    testing.TB
	root string
	// second is smartctl, behind are the disks that it alone reaches; nil: it is not asked.
	second disk.Second
	behind []string

	mu    sync.Mutex
	says  map[string]answer // by device
	asked []string          // devices, in order
	pokes int
	out   int // requests under way
	most  int // at once
}

// answer is what comes of a request.
type answer struct {
	disk  priv.Disk
	pages [][]byte
	err   error
	hang  chan struct{} // the disk does not answer until it is closed, though nobody waits
}

func newMachine(tb testing.TB) *machine {
	tb.Helper()
	return &machine{t: tb, root: tb.TempDir(), says: map[string]answer{}}
}

func (m *machine) write(path, text string) {
	m.t.Helper()
	full := filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text+"\n"), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// scsi adds a SCSI disk with this worldwide name.
func (m *machine) scsi(name, wwn string) {
	m.t.Helper()
	dir := "block/" + name
	for file, text := range map[string]string{
		"size": "1000", "removable": "0", "queue/rotational": "1", "target/state": "running", "target/ioerr_cnt": "0x0", "target/wwid": "naa." + wwn,
		"target/model": "MODEL",
	} {
		m.write(dir+"/"+file, text)
	}
	if err := os.Symlink("target", filepath.Join(m.root, dir, "device")); err != nil {
		m.t.Fatal(err)
	}
	m.say(name, answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(false)})
}

// nvme adds an NVMe controller with one namespace.
func (m *machine) nvme(number int, wwn string) {
	m.t.Helper()
	c := fmt.Sprintf("nvme%d", number)
	m.write("class/nvme/"+c+"/state", "live")
	m.write("block/"+c+"n1/size", "1000")
	m.write("block/"+c+"n1/wwid", "eui."+wwn)
	if err := os.Symlink("../../class/nvme/"+c, filepath.Join(m.root, "block", c+"n1", "device")); err != nil {
		m.t.Fatal(err)
	}
	m.say(c, answer{disk: priv.Disk{Protocol: priv.NVMe}, pages: [][]byte{nil, nvmePage(nil)}})
}

func (m *machine) say(device string, a answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.says[device] = a
}

// Disk is what the helper makes of a request: a disk that hangs is asked once, until it is back.
func (m *machine) Disk(ctx context.Context, device string) (priv.Disk, [][]byte, error) {
	m.mu.Lock()
	a := m.says[device]
	m.asked = append(m.asked, device)
	m.out++
	m.most = max(m.most, m.out)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.out--
	}()
	if a.hang != nil {
		select {
		case <-a.hang:
		case <-ctx.Done():
			return priv.Disk{}, nil, &priv.UnreachableError{Socket: "/run/plimsoll-sense.sock", Cause: ctx.Err()}
		}
	}
	<-time.After(time.Millisecond) // a disk takes some
	return a.disk, a.pages, a.err
}

func (m *machine) poke() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pokes++
}

func (m *machine) poked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pokes
}

// count is how often a device has been asked.
func (m *machine) count(device string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, d := range m.asked {
		if d == device {
			n++
		}
	}
	return n
}

func (m *machine) config() disk.Config {
	return disk.Config{Sys: sysfs.New(m.root), Senses: m, Pace: disk.Pace{NVMe: time.Minute, Other: 30 * time.Minute, Smartctl: time.Hour}, Second: m.second, Behind: m.behind, Random: func() float64 { return 0.5 }}
}

// look looks, and is the component with this id.
func look(t *testing.T, c *disk.Collector, id redundancy.ID) redundancy.Component {
	t.Helper()
	o, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range o.Components {
		if found.ID == id {
			return found
		}
	}
	t.Fatalf("no %s among %d", id, len(o.Components))
	return redundancy.Component{}
}

// fares is how a component fares, in words.
func fares(c redundancy.Component) string {
	words := []string{c.State.String(), c.Health.String()}
	for _, d := range c.Doubts {
		words = append(words, d.String())
	}
	for _, w := range c.Warnings {
		words = append(words, w.Key)
	}
	return strings.Join(words, " ")
}

// watched runs f in a bubble of time in which the disks are asked.
func watched(t *testing.T, build func(m *machine), f func(t *testing.T, m *machine, c *disk.Collector)) {
	t.Helper()
	m := newMachine(t)
	build(m)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		c := disk.New(m.config())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.Ask(ctx, m.poke)
		}()
		f(t, m, c)
		stop()
		<-ended
	})
}

// after lets time pass.
func after(d time.Duration) {
	t := time.NewTimer(d)
	<-t.C
	synctest.Wait()
}

func two(m *machine) {
	m.scsi("sda", "5000c50000000001")
	m.scsi("sdb", "5000c50000000002")
}

// said says whether a component has these words as evidence.
func said(c redundancy.Component, words string) bool {
	for _, e := range c.Evidence {
		if strings.Contains(e.Value+e.Err, words) {
			return true
		}
	}
	return false
}
