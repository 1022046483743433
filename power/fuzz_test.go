package power_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

// FuzzBMC lets a BMC say anything. Whatever it is, nothing panics, needs make sense, and a host that runs is not called failed.
func FuzzBMC(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b := captured(f, file)
		for n, r := range b.readings {
			for _, record := range b.records {
				f.Add(record, b.records[0], n, r, b.frus[2], b.dcmi)
			}
		}
	}
	h := hosttest.Root(f, files[0])
	f.Fuzz(func(t *testing.T, one, two []byte, number byte, reading, fru, dcmi []byte) {
		b := &fakeBMC{
			records: [][]byte{one, two}, readings: map[byte][]byte{number: reading}, frus: map[byte][]byte{2: fru}, dcmi: dcmi, changed: 1,
		}
		if len(one) < 8 || len(two) < 8 {
			return // the imitation itself looks at the first bytes
		}
		c := power.New(power.Config{Sys: h.Sys(), BMC: b})
		for range 2 {
			o, err := c.Collect(t.Context())
			if err != nil {
				continue
			}
			for _, g := range o.Groups {
				if err := g.Needs.Check(); err != nil {
					t.Error(err)
				}
				if v := redundancy.Judge(g); v.Best == redundancy.Failed {
					t.Errorf("%+v", v)
				}
			}
		}
	})
}
