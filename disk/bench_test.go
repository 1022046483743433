package disk_test

import (
	"fmt"
	"testing"

	"plimsoll/disk"
)

// BenchmarkSteadyLook is one look at 200 disks that have answered before: what a look costs while nothing happens, once a minute
// by default. Reading a file here stands for reading an attribute, which costs about the same.
func BenchmarkSteadyLook(b *testing.B) {
	m := newMachine(b)
	for i := range 200 {
		m.scsi(fmt.Sprintf("sd%c%c", 'a'+i/26, 'a'+i%26), fmt.Sprintf("5000c5000000%04x", i))
	}
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
