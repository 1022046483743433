package hands_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
)

const (
	arrayUUID = "6b8b4567-327b-23c6-643c-986966334873"
	md0       = "sys/block/md0/md/"
	diskWWN   = "naa.5000c5000000000"
)

// arrays is a host with an array md0 of as many disks as there are states, sda on, each in the slot of its own number or in none, and
// the blank disk sdz. All of them came a minute ago.
func arrays(t *testing.T, level string, states ...string) *host {
	t.Helper()
	h := newHost(t)
	h.part = priv.Arrays
	h.allow.Raid.Readmit, h.allow.Raid.Replace = []string{arrayUUID}, []string{arrayUUID}
	h.allow.Raid.Evict, h.allow.Raid.AddSpare = []string{arrayUUID}, []string{arrayUUID}
	h.allow.Raid.Pool = []string{"wwn:0x" + strings.TrimPrefix(diskWWN, "naa.") + "z"}
	slots := 0
	for i, state := range states {
		name := string(rune('a' + i))
		h.block("sd"+name, name)
		words, slot, _ := strings.Cut(state, " ")
		if slot != "none" {
			slots++
		}
		h.write(md0+"dev-sd"+name+"/state", words)
		h.write(md0+"dev-sd"+name+"/slot", slot)
		h.write(md0+"dev-sd"+name+"/bad_blocks", "")
		if err := os.Symlink(h.path("sys/class/block/sd"+name), h.path(md0+"dev-sd"+name+"/block")); err != nil {
			t.Fatal(err)
		}
	}
	h.block("sdz", "z")
	for name, text := range map[string]string{
		"uuid": arrayUUID, "level": level, "layout": "0", "array_state": "clean", "sync_action": "idle", "metadata_version": "1.2",
		"bitmap/location": "+8", "bitmap/metadata": "internal", "raid_disks": string(rune('0' + slots)), "degraded": "0", "resync_start": "none",
	} {
		h.write(md0+name, text)
	}
	h.write("sys/block/md0/queue/logical_block_size", "512")
	return h
}

// block is a disk that udev took up a minute ago.
func (h *host) block(name, suffix string) {
	h.t.Helper()
	number := fmt.Sprintf("8:%d", suffix[0]-'a')
	h.write("sys/class/block/"+name+"/dev", number)
	h.write("sys/class/block/"+name+"/wwid", diskWWN+suffix)
	h.write("sys/class/block/"+name+"/queue/logical_block_size", "512")
	h.write("run/udev/data/b"+number, "I:3540000000") // a minute before an hour after the boot
	if err := os.MkdirAll(h.path("sys/class/block/"+name+"/holders"), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

// ask is a request about one disk of md0 that is at place.
func (h *host) ask(verb priv.Verb, disk, place string) priv.Request {
	identity := "wwn:0x" + strings.TrimPrefix(diskWWN, "naa.") + strings.TrimPrefix(disk, "sd")
	e := h.effect("a/1", priv.State{Place: place, Identity: identity})
	return priv.Request{Verb: verb, Array: arrayUUID, Device: disk, Effect: &e}
}

func (h *host) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(h.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestEachVerbChangesAnArrayByOneWordOrOneProgram(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		level, degraded string
		states          []string
		verb            priv.Verb
		disk, place     string
		wrote           string   // to the disk's state
		ran             []string // arguments of mdadm
	}{
		"failed and still held": {
			"raid1", "1", []string{"in_sync 0", "faulty none"}, priv.RaidReadmit, "sdb", "faulty none", "re-add", nil,
		},
		"gone and back": {
			"raid1", "1", []string{"in_sync 0"}, priv.RaidReadmit, "sdz", priv.Outside, "", []string{"--manage", "/dev/md0", "--re-add", "/dev/sdz"},
		},
		"replaced": {
			"raid1", "0", []string{"in_sync 0", "in_sync 1", "spare none"}, priv.RaidReplace, "sda", "in_sync 0", "want_replacement", nil,
		},
		"evicted": {
			"raid1", "0", []string{"in_sync 0", "in_sync 1", "in_sync,write_mostly 2"}, priv.RaidEvict, "sda", "in_sync 0", "remove", nil,
		},
		"a spare evicted": {
			"raid1", "0", []string{"in_sync 0", "in_sync 1", "spare none"}, priv.RaidEvict, "sdc", "spare none", "remove", nil,
		},
		"added": {
			"raid1", "0",
			[]string{"in_sync 0", "in_sync 1"},
			priv.RaidAddSpare, "sdz", priv.Outside, "",
			[]string{"--manage", "/dev/md0", "--add-spare", "/dev/sdz"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := arrays(t, tt.level, tt.states...)
			h.write(md0+"degraded", tt.degraded)
			a, err := do(t, h, h.ask(tt.verb, tt.disk, tt.place))
			if err != nil || a.Outcome != priv.Done || a.Seen == nil {
				t.Fatalf("%+v, %v", a, err)
			}
			if diff := cmp.Diff(tt.ran, h.ran); diff != "" {
				t.Error(diff)
			}
			if tt.wrote != "" && !strings.HasPrefix(h.read(t, md0+"dev-"+tt.disk+"/state"), tt.wrote) { // a file keeps what is beyond
				t.Errorf("wrote %s", h.read(t, md0+"dev-"+tt.disk+"/state"))
			}
			if h.log.with("effect begins", `target="array md0"`, "member="+tt.disk) != 1 || h.log.with("effect ended", "outcome=done") != 1 {
				t.Errorf("the log does not tell begin and end: %v", h.log.all)
			}
		})
	}
}

// refusals are what must not be done, to arrays whose states are told, each with one thing changed.
var refusals = map[string]struct { //nolint:gochecknoglobals // a table
	level  string
	states []string
	verb   priv.Verb
	disk   string
	place  string
	change func(h *host)
	want   priv.Reason
}{
	"external metadata":            {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("metadata_version", "external:/md127/0"), priv.ReasonUnfit},
	"clustered":                    {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("bitmap/metadata", "clustered"), priv.ReasonUnfit},
	"reshaping":                    {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("sync_action", "reshape"), priv.ReasonUnfit},
	"geometry that changes":        {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("raid_disks", "3 (2)"), priv.ReasonUnfit},
	"resyncing":                    {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("sync_action", "resync"), priv.ReasonUnfit},
	"a resync to come":             {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("resync_start", "0"), priv.ReasonUnfit},
	"read-only":                    {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("array_state", "readonly"), priv.ReasonUnfit},
	"broken":                       {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("array_state", "broken"), priv.ReasonUnfit},
	"what cannot be read":          {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", remove(md0 + "sync_action"), priv.ReasonUnread},
	"another array":                {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("uuid", strings.Replace(arrayUUID, "6", "7", 1)), priv.ReasonUnfit},
	"not as it was seen":           {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("dev-sda/state", "faulty"), priv.ReasonChanged},
	"another disk":                 {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", put("sys/class/block/sda/wwid", diskWWN+"7"), priv.ReasonChanged},
	"frozen":                       {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", put("run/freeze", ""), priv.ReasonFrozen},
	"no spare":                     {"raid1", mirror[:2], priv.RaidReplace, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"a spare that is needed":       {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", set("degraded", "1"), priv.ReasonUnfit},
	"replaced already":             {"raid1", []string{"in_sync,want_replacement 0", "in_sync 1", "spare none"}, priv.RaidReplace, "sda", "in_sync,want_replacement 0", nil, priv.ReasonUnfit},
	"a spare is no member":         {"raid1", mirror, priv.RaidReplace, "sdc", "spare none", nil, priv.ReasonUnfit},
	"the half of a mirror":         {"raid1", mirror, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"the last member":              {"raid1", []string{"in_sync 0"}, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"one of three that two doubt":  {"raid1", []string{"in_sync 0", "in_sync 1", "in_sync,write_error 2"}, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"a disk of a raid5":            {"raid5", []string{"in_sync 0", "in_sync 1", "in_sync 2"}, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"a second of a raid6":          {"raid6", []string{"in_sync 0", "in_sync 1", "in_sync 2", "faulty 3"}, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"a disk of raid10 near 2":      {"raid10", []string{"in_sync 0", "in_sync 1", "in_sync 2", "in_sync 3"}, priv.RaidEvict, "sda", "in_sync 0", set("layout", "258"), priv.ReasonUnfit},
	"a disk of raid0":              {"raid0", []string{"in_sync 0", "in_sync 1"}, priv.RaidEvict, "sda", "in_sync 0", nil, priv.ReasonUnfit},
	"a pulled half is not good":    {"raid1", []string{"in_sync 0", "in_sync 1", "in_sync 2"}, priv.RaidEvict, "sda", "in_sync 0", remove(md0 + "dev-sdb/block"), priv.ReasonUnfit},
	"bad blocks are no good":       {"raid1", []string{"in_sync 0", "in_sync 1", "in_sync 2"}, priv.RaidEvict, "sda", "in_sync 0", set("dev-sdb/bad_blocks", "8 8"), priv.ReasonUnfit},
	"a whole array":                {"raid1", mirror, priv.RaidReadmit, "sdz", priv.Outside, nil, priv.ReasonUnfit},
	"no bitmap":                    {"raid1", []string{"in_sync 0"}, priv.RaidReadmit, "sdz", priv.Outside, degraded("bitmap/location", "none"), priv.ReasonUnfit},
	"held by another":              {"raid1", []string{"in_sync 0"}, priv.RaidReadmit, "sdz", priv.Outside, degraded("../../../class/block/sdz/holders/md127/x", ""), priv.ReasonUnfit},
	"just come":                    {"raid1", []string{"in_sync 0"}, priv.RaidReadmit, "sdz", priv.Outside, degraded("../../../../run/udev/data/b8:25", "I:3580000000"), priv.ReasonUnfit},
	"not taken up by udev":         {"raid1", []string{"in_sync 0"}, priv.RaidReadmit, "sdz", priv.Outside, degraded("../../../../run/udev/data/b8:25", ""), priv.ReasonUnfit},
	"a spare is not readmitted":    {"raid1", []string{"in_sync 0", "spare none"}, priv.RaidReadmit, "sdb", "spare none", degraded("level", "raid1"), priv.ReasonUnfit},
	"outside the pool":             {"raid1", mirror, priv.RaidAddSpare, "sdz", priv.Outside, func(h *host) { h.allow.Raid.Pool = nil }, priv.ReasonNotAllowed},
	"another sector size":          {"raid1", mirror, priv.RaidAddSpare, "sdz", priv.Outside, put("sys/class/block/sdz/queue/logical_block_size", "4096"), priv.ReasonUnfit},
	"partitions":                   {"raid1", mirror, priv.RaidAddSpare, "sdz", priv.Outside, put("sys/class/block/sdz/sdz1/partition", "1"), priv.ReasonUnfit},
	"a holder":                     {"raid1", mirror, priv.RaidAddSpare, "sdz", priv.Outside, put("sys/class/block/sdz/holders/dm-0/x", ""), priv.ReasonUnfit},
	"something on it":              {"raid1", mirror, priv.RaidAddSpare, "sdz", priv.Outside, func(h *host) { h.full = errors.New("something is at byte 3") }, priv.ReasonUnfit},
	"added already":                {"raid1", mirror, priv.RaidAddSpare, "sdc", "spare none", func(h *host) { h.allow.Raid.Pool = []string{"wwn:0x5000c5000000000c"} }, priv.ReasonUnfit},
	"an array that is not listed":  {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", func(h *host) { h.allow.Raid.Replace = nil }, priv.ReasonNotAllowed},
	"observe mode":                 {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", func(h *host) { h.allow.Writes = false }, priv.ReasonVocabulary},
	"the hands know no such thing": {"raid1", mirror, priv.RaidReplace, "sda", "in_sync 0", func(h *host) { h.part = priv.Hands }, priv.ReasonVocabulary},
}

// mirror is a raid1 of two with a spare.
var mirror = []string{"in_sync 0", "in_sync 1", "spare none"} //nolint:gochecknoglobals // a table

func put(name, text string) func(*host) { return func(h *host) { h.write(name, text) } }
func set(name, text string) func(*host) { return put(md0+name, text) }
func remove(name string) func(*host) {
	return func(h *host) {
		if err := os.Remove(h.path(name)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// degraded is set for an array that lacks a member.
func degraded(name, text string) func(*host) {
	return func(h *host) { h.write(md0+"degraded", "1"); h.write(md0+name, text) }
}

func TestNothingIsDoneToAnArrayThatIsNotAsItHasToBe(t *testing.T) {
	t.Parallel()
	for name, tt := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := arrays(t, tt.level, tt.states...)
			if tt.change != nil {
				tt.change(h)
			}
			var before string
			if tt.place != priv.Outside {
				before = h.read(t, md0+"dev-"+tt.disk+"/state")
			}
			_, err := do(t, h, h.ask(tt.verb, tt.disk, tt.place))
			if got := reasonOf(err); got != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if h.ran != nil || h.log.with("effect begins") != 0 || before != "" && h.read(t, md0+"dev-"+tt.disk+"/state") != before {
				t.Errorf("something was done: %v", h.ran)
			}
		})
	}
}

func TestWhatMdadmSaysIsToldAndNothingElseIsTried(t *testing.T) {
	t.Parallel()
	h := arrays(t, "raid1", "in_sync 0")
	h.write(md0+"degraded", "1")
	h.mdadm = errors.New("--re-add for /dev/sdz to /dev/md0 is not possible")
	a, err := do(t, h, h.ask(priv.RaidReadmit, "sdz", priv.Outside))
	if err != nil || a.Outcome != priv.Failed || !strings.Contains(a.Text, "is not possible") || len(h.ran) != 4 {
		t.Errorf("%+v, %v, %v", a, err, h.ran)
	}
}
