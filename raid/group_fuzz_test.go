package raid_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"plimsoll/internal/blockid"
	"plimsoll/internal/fact"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// text is what an attribute says, or an error where fuzzing left it empty, so that both are tried.
func text[T any](raw string, parse func(string) (T, error)) fact.Of[T] {
	if raw == "" {
		return fact.Of[T]{Err: &fs.PathError{Op: "read", Path: "x", Err: errors.New("input/output error")}}
	}
	v, err := parse(raw)
	return fact.Of[T]{Raw: raw, Value: v, Err: err}
}

// FuzzGroup makes groups of whatever attributes say. Needs always hold together, members are sorted and each there once, a
// verdict always comes out, and an array that can't be read is never called whole.
func FuzzGroup(f *testing.F) {
	f.Add("clean", "raid1", "2", "0", "idle", "none", "in_sync", "0", "in_sync", "1", "spare", "none")
	f.Add("active", "raid5", "3 (2)", "2", "reshape", "none", "in_sync", "0", "faulty", "1", "in_sync,write_error", "2")
	f.Add("", "raid10", "4", "258", "recover", "0", "in_sync", "0", "spare,replacement", "0", "faulty", "none")
	f.Add("inactive", "", "0", "0", "", "0", "spare", "none", "journal", "journal", "faulty,in_sync", "3")
	f.Fuzz(func(t *testing.T, state, level, disks, layout, action, start, s0, n0, s1, n1, s2, n2 string) {
		if d, err := raid.ParseDisks(disks); err == nil && max(d.Now, d.Before) > 64 {
			return // true, and slow
		}
		a := raid.Array{
			Name: "md0", ID: "raid:x", State: text(state, raid.ParseWord[raid.ArrayState]),
			Level: text(level, raid.ParseWord[raid.Level]), Disks: text(disks, raid.ParseDisks),
			Layout: text(layout, raid.ParseShape), Action: text(action, raid.ParseWord[raid.SyncAction]),
			Start: text(start, raid.ParseStart),
		}
		for i, words := range [][2]string{{s0, n0}, {s1, n1}, {s2, n2}} {
			slot := text(words[1], raid.ParseSlot)
			if slot.Known() && slot.Value.Number > 64 {
				return
			}
			name := string(rune('a' + i))
			a.Devices = append(a.Devices, raid.Device{
				Name: name, State: text(words[0], raid.ParseDeviceState), Slot: slot,
				Identity: blockid.Identity{Disk: redundancy.ID("name:" + name)},
			})
		}
		g := a.Group()
		if err := g.Needs.Check(); err != nil {
			t.Error(err)
		}
		var ids []redundancy.ID
		for _, m := range g.Members {
			ids = append(ids, m.ID)
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("members are %q", ids)
		}
		v := redundancy.Judge(g)
		if !a.State.Known() && v.Status == redundancy.FullyRedundant {
			t.Errorf("judged %+v without array_state", v)
		}
	})
}
