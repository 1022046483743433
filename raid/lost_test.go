package raid_test

import (
	"fmt"
	"testing"

	"plimsoll/internal/fact"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// hurt is an array in the given level of as many slots as there are devices, whose data begins at sector 2048. A device is
// its bad ranges, "gone" or "unread".
func hurt(level raid.Level, layout uint64, devices ...any) raid.Array {
	n := len(devices)
	a := raid.Array{
		Name: "md0", ID: "raid:x", State: known(raid.Clean), Level: known(level), Action: known(raid.Idle),
		Disks: known(raid.Disks{Now: n, Before: n}), Layout: known(raid.Shape{Now: layout, Before: layout}),
		ChunkSize: known(raid.Shape{Now: 64 << 10, Before: 64 << 10}), Size: known(uint64(8192)),
	}
	for i, what := range devices {
		d := raid.Device{
			Name: fmt.Sprint("sd", i), State: known([]raid.DeviceWord{raid.DevInSync}), Slot: known(raid.Slot{Number: i, Taken: true}),
			Offset: known(uint64(2048)), Recovered: known(^uint64(0)),
		}
		switch what := what.(type) {
		case []raid.Range:
			d.BadBlocks = known(what)
		case string:
			if what == "gone" {
				continue
			}
			d.BadBlocks = fact.Of[[]raid.Range]{Err: raid.ErrNonsense}
		}
		a.Devices = append(a.Devices, d)
	}
	return a
}

func bad(ranges ...raid.Range) []raid.Range { return ranges }

func TestDataIsLostWhereNoCopyCanBeReadAndNowhereElse(t *testing.T) {
	t.Parallel()
	const near2 = 0x102
	at := func(start, length uint64) raid.Range { return raid.Range{Start: start, Length: length} }
	one := func(start, length uint64) []raid.Range { return []raid.Range{at(start, length)} }
	for name, c := range map[string]struct {
		array raid.Array
		want  []raid.Range
	}{
		"one half only":              {hurt(raid.RAID1, 0, bad(at(4096, 8)), bad()), nil},
		"both halves, beside":        {hurt(raid.RAID1, 0, bad(at(4096, 8)), bad(at(4104, 8))), nil},
		"both halves, overlapping":   {hurt(raid.RAID1, 0, bad(at(4096, 8)), bad(at(4100, 8))), one(2052, 4)},
		"in two places":              {hurt(raid.RAID1, 0, bad(at(4096, 8), at(9000, 2)), bad(at(4096, 8), at(9001, 1))), bad(at(2048, 8), at(6953, 1))},
		"two of three halves":        {hurt(raid.RAID1, 0, bad(at(4096, 8)), bad(at(4096, 8)), bad()), nil},
		"the other half is gone":     {hurt(raid.RAID1, 0, bad(at(4096, 8)), "gone"), one(2048, 8)},
		"the other half is not read": {hurt(raid.RAID1, 0, bad(at(4096, 8)), "unread"), nil},
		"before the data":            {hurt(raid.RAID1, 0, bad(at(8, 8)), bad(at(8, 8))), nil},
		"raid5, one of a row":        {hurt(raid.RAID5, 2, bad(at(4096, 8)), bad(), bad()), nil},
		"raid5, two of a row":        {hurt(raid.RAID5, 2, bad(at(4096, 8)), bad(at(4098, 2)), bad()), one(2050, 2)},
		"raid5, degraded":            {hurt(raid.RAID5, 2, bad(at(4096, 8)), "gone", bad()), one(2048, 8)},
		"raid5, failed":              {hurt(raid.RAID5, 2, bad(at(4096, 8)), "gone", "gone"), nil},
		"raid6, two of a row":        {hurt(raid.RAID6, 2, bad(at(4096, 8)), bad(at(4096, 8)), bad(), bad()), nil},
		"raid6, three of a row":      {hurt(raid.RAID6, 2, bad(at(4096, 8)), bad(at(4096, 8)), bad(at(4103, 8)), bad()), one(2055, 1)},
		"raid0":                      {hurt(raid.RAID0, 0, bad(at(4096, 8)), bad()), one(2048, 8)},
		"raid10, partners":           {hurt(raid.RAID10, near2, bad(at(2064, 8)), bad(at(2064, 8)), bad(), bad()), one(16, 8)},
		"raid10, not partners":       {hurt(raid.RAID10, near2, bad(at(2064, 8)), bad(), bad(at(2064, 8)), bad()), nil},
		"raid10, a partner gone":     {hurt(raid.RAID10, near2, bad(at(2064, 8)), "gone", bad(), bad()), one(16, 8)},
		"raid10, around the corner":  {hurt(raid.RAID10, near2, bad(at(2048+656, 8)), bad(), bad(at(2048+528, 8))), one(7*128+16, 8)},
	} {
		same(t, name, c.want, c.array.Lost())
	}
}

func TestNothingIsClaimedLostWhileNobodyCanTell(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*raid.Array){
		"a replacement is being built": func(a *raid.Array) {
			a.Devices = append(a.Devices, raid.Device{
				Name: "sdx", State: known([]raid.DeviceWord{raid.DevSpare, raid.DevReplacement}), Slot: known(raid.Slot{Taken: true}),
			})
		},
		"being reshaped":    func(a *raid.Array) { a.Action = known(raid.Reshape) },
		"not running":       func(a *raid.Array) { a.State = known(raid.Inactive) },
		"state unread":      func(a *raid.Array) { a.State.Err = raid.ErrNonsense },
		"no offset":         func(a *raid.Array) { a.Devices[1].Offset.Err = raid.ErrNonsense },
		"an unknown level":  func(a *raid.Array) { a.Level = known(raid.Level("raid7")) },
		"recovered beyond":  func(a *raid.Array) { a.Devices = a.Devices[:2]; recovering(&a.Devices[1], 4096) },
		"no bad blocks now": func(a *raid.Array) { a.Devices[0].BadBlocks, a.Devices[1].BadBlocks = known(bad()), known(bad()) },
	} {
		a := hurt(raid.RAID1, 0, bad(raid.Range{Start: 4096, Length: 8}), bad(raid.Range{Start: 4096, Length: 8}))
		change(&a)
		if lost := a.Lost(); lost != nil {
			t.Errorf("%s: %v", name, lost)
		}
	}
}

// recovering makes d the occupant of its slot that is recovered up to a sector, and has no bad blocks.
func recovering(d *raid.Device, until uint64) {
	d.State, d.Recovered, d.BadBlocks = known([]raid.DeviceWord{raid.DevSpare}), known(until), known(bad())
}

func TestWhatIsNotRecoveredYetIsNoCopy(t *testing.T) {
	t.Parallel()
	a := hurt(raid.RAID1, 0, bad(raid.Range{Start: 4096, Length: 8}), bad())
	recovering(&a.Devices[1], 1024)
	same(t, "lost", bad(raid.Range{Start: 2048, Length: 8}), a.Lost())
	g := a.Group()
	same(t, "warned of", redundancy.WarnDataLost, g.Warnings[0].Key)
}
