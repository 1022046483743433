package disk_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"plimsoll/disk"
)

// shelf is a machine with 200 disks, and their names.
func shelf(b *testing.B) (*machine, []string) {
	b.Helper()
	m := newMachine(b)
	var names []string
	for i := range 200 {
		name := fmt.Sprintf("sd%c%c", 'a'+i/26, 'a'+i%26)
		m.scsi(name, fmt.Sprintf("5000c5000000%04x", i))
		names = append(names, name)
	}
	return m, names
}

// BenchmarkBareLoop reads what a look at 200 disks reads, and does nothing with it.
func BenchmarkBareLoop(b *testing.B) {
	m, names := shelf(b)
	var files []string
	for _, name := range names {
		for _, file := range []string{"size", "device/state", "device/iotmo_cnt", "device/ioerr_cnt"} {
			files = append(files, filepath.Join(m.root, "block", name, file))
		}
	}
	var buf [4096]byte
	for b.Loop() {
		for _, file := range files {
			fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				continue // older kernels have no iotmo_cnt
			}
			_, _ = unix.Read(fd, buf[:])
			_ = unix.Close(fd)
		}
	}
}

// BenchmarkSteadyLook is one look at 200 disks that have answered before: what a look costs while nothing happens, once a minute
// by default. A file stands for an attribute here, but for one thing: attributes are kept open from one look to the next, and cost
// one call instead of three then; files are not.
func BenchmarkSteadyLook(b *testing.B) {
	m, _ := shelf(b)
	cfg := m.config()
	cfg.Senses, cfg.NotAsked = nil, "nobody can"
	c := disk.New(cfg)
	b.ReportAllocs()
	for b.Loop() {
		o, err := c.Collect(b.Context())
		if err != nil || len(o.Components) != 200 {
			b.Fatal(len(o.Components), err)
		}
	}
}

// BenchmarkRead is what an answer costs the agent once it is there.
func BenchmarkRead(b *testing.B) {
	for name, bench := range map[string]func() disk.Report{
		"NVMe": func() disk.Report { return nvmeReport(nvmePage(nil)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench()
			}
		})
	}
}
