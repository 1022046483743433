package raid_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/hosttest"
	"plimsoll/internal/priv"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// clock is udev's.
type clock time.Duration

func (c *clock) now() (time.Duration, error) { return time.Duration(*c), nil }

// halved is a mirror with a bitmap whose second half was pulled and taken out by udev, a look at it, and the clock that its disks come
// by: the array was put together a minute after the boot.
func halved(t *testing.T) (*hosttest.Host, *clock, *raid.Collector, raid.Config) {
	t.Helper()
	h := hosttest.Root(t, "testdata/raid1-member-pulled-and-removed.txtar")
	h.Write(t, md0+"bitmap/location", "+8\n")
	h.Write(t, md0+"component_size", "1046528\n")
	h.Write(t, "sys/devices/virtual/block/md0/dev", "9:0\n")
	h.Write(t, "sys/devices/virtual/block/md0/queue/logical_block_size", "512\n")
	h.Write(t, "run/udev/data/b9:0", "I:60000000\n")
	h.Write(t, "proc/"+priv.BootIDFile, "0f6f2b1c-7f1e-4a51-9d9e-0b1c2d3e4f50\n")
	at := clock(10 * time.Minute)
	cfg := raid.Config{Sys: h.Sys(), Proc: h.Proc(), Run: h.Run(), Monotonic: at.now, Pool: []redundancy.ID{"wwn:0x5000c50000000000", "wwn:0x5000c50000000007"}}
	return h, &at, raid.New(cfg), cfg
}

const sdx = "sys/devices/pci0000:00/0000:00:05.0/host2/target2:0:1/2:0:1:0/block/sdx"

// comes is a disk that comes at a time, of which udev knows this.
func comes(t *testing.T, h *hosttest.Host, wwn string, at time.Duration, properties string) {
	t.Helper()
	h.Write(t, sdx+"/dev", "65:112\n")
	h.Write(t, sdx+"/wwid", "naa."+wwn+"\n")
	h.Write(t, sdx+"/size", "2097152\n")
	h.Write(t, sdx+"/queue/logical_block_size", "512\n")
	h.Write(t, "run/udev/data/b65:112", "I:"+micros(at)+"\n"+properties)
	link := filepath.Join(h.Root, "sys/block/sdx")
	if err := os.Symlink("../"+strings.TrimPrefix(sdx, "sys/"), link); err != nil {
		t.Fatal(err)
	}
}

func micros(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }

const member = "E:ID_FS_TYPE=linux_raid_member\nE:ID_FS_UUID=6b8b4567:327b23c6:643c9869:66334873\n"

// only is the one candidate of the one array.
func only(t *testing.T, c *raid.Collector) redundancy.Candidate {
	t.Helper()
	g, _ := group(t, c)
	if len(g.Candidates) != 1 {
		t.Fatalf("candidates: %+v", g.Candidates)
	}
	return g.Candidates[0]
}

// aimed is what verb would do to the one array.
func aimed(t *testing.T, c *raid.Collector, verb actions.Verb, w actions.Wish) actions.Aim {
	t.Helper()
	g, _ := group(t, c)
	return wayOf(t, verb).Aim(g, w)
}

func wayOf(t *testing.T, verb actions.Verb) actions.Way {
	t.Helper()
	for _, w := range raid.Ways() {
		if w.Verb == verb {
			return w
		}
	}
	t.Fatalf("no way to do %s", verb)
	return actions.Way{}
}

func TestAMemberThatIsBackIsTakenInOnceUdevHasHadItsTurn(t *testing.T) {
	t.Parallel()
	h, at, c, _ := halved(t)
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); a.Wanted {
		t.Errorf("nothing has come back: %+v", a)
	}
	*at = clock(20 * time.Minute)
	comes(t, h, "5000c50000000001", 20*time.Minute, member)
	a := aimed(t, c, actions.RaidReadmit, actions.Wish{})
	if !a.Wanted || len(a.Against) != 1 || !strings.Contains(a.Against[0], "udev's") || a.Until.IsZero() {
		t.Errorf("in udev's turn: %+v", a)
	}
	*at += clock(30 * time.Second)
	want := actions.Aim{Wanted: true, From: uuid + "/slot1", To: uuid + "/slot1", Device: "wwn:0x5000c50000000001"}
	same(t, "after it", want, aimed(t, c, actions.RaidReadmit, actions.Wish{}))
}

func TestAnUrgentLookLeavesTheDisksBesideArraysToTheNextWholeOne(t *testing.T) {
	t.Parallel()
	h, _, c, cfg := halved(t)
	look(t, c)
	comes(t, h, "5000c50000000002", 5*time.Minute, member)
	c.Hint("md0")
	if g, _ := group(t, c); len(g.Candidates) != 0 {
		t.Errorf("an urgent look has looked for %+v", g.Candidates)
	}
	whole := only(t, c)
	c.Hint("md0")
	if urgent := only(t, c); urgent.Device != whole.Device {
		t.Errorf("an urgent look has %+v, the whole one before it %+v", urgent, whole)
	}
	c = raid.New(cfg)
	c.Hint("md0")
	if a := aimed(t, c, actions.RaidAddSpare, actions.Wish{}); a.Wanted {
		t.Errorf("what nobody has looked for is missed: %+v", a)
	}
}

func TestWhatSpeaksAgainstTakingAMemberBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, text string // what is written
		want       string
	}{
		"no bitmap":    {md0 + "bitmap/location", "none\n", "no write-intent bitmap"},
		"held":         {sdx + "/holders/md127/x", "", "held by md127"},
		"not taken up": {"run/udev/data/b65:112", member, "not been taken up by udev"},
		"external":     {md0 + "metadata_version", "external:/md127/0\n", "metadata that md does not keep"},
		"clustered":    {md0 + "bitmap/metadata", "clustered\n", "is clustered"},
		"reshaping":    {md0 + "sync_action", "reshape\n", "is being reshaped"},
		"resyncing":    {md0 + "sync_action", "resync\n", "is at work: resync"},
		"read-only":    {md0 + "array_state", "readonly\n", "does not run read-write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, at, c, _ := halved(t)
			comes(t, h, "5000c50000000001", 11*time.Minute, member)
			*at = clock(20 * time.Minute)
			if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); !a.Wanted || len(a.Against) != 0 {
				t.Fatalf("nothing should speak against it: %+v", a)
			}
			h.Write(t, tt.path, tt.text)
			for _, w := range []actions.Wish{{}, {ByHand: true}} {
				if a := aimed(t, c, actions.RaidReadmit, w); !a.Wanted || len(a.Against) == 0 || !strings.Contains(strings.Join(a.Against, "; "), tt.want) {
					t.Errorf("by hand %v: %+v", w.ByHand, a)
				}
			}
		})
	}
}

func TestWhatHasNotLeftIsPutBackByAPersonAlone(t *testing.T) {
	t.Parallel()
	h, _, c, _ := halved(t)
	comes(t, h, "5000c50000000001", 30*time.Second, member) // before the array was put together
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); !a.Wanted || len(a.Against) != 1 || !strings.Contains(a.Against[0], "only a person") {
		t.Errorf("by policy: %+v", a)
	}
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{ByHand: true}); !a.Wanted || len(a.Against) != 0 {
		t.Errorf("by hand: %+v", a)
	}
}

func TestAFailedMemberThatIsStillAttachedIsPutBackByAPersonAlone(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-member-faulty-in-its-slot.txtar")
	h.Write(t, md0+"bitmap/location", "+8\n")
	h.Write(t, md0+"sync_action", "idle\n")
	h.Write(t, md0+"array_state", "clean\n")
	c := collector(h)
	if got := only(t, c); !got.Stayed {
		t.Errorf("%+v", got)
	}
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); !a.Wanted || len(a.Against) != 1 {
		t.Errorf("by policy: %+v", a)
	}
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{ByHand: true}); !a.Wanted || len(a.Against) != 0 {
		t.Errorf("by hand: %+v", a)
	}
}

func TestWhatSpeaksAgainstADiskOfThePool(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wwn        string
		udev       string
		path, text string // what is written; empty: nothing
		want       string
	}{
		"nothing":        {"5000c50000000007", "", "", "", ""},
		"of the array":   {"5000c50000000000", "", "", "", "no disk of the pool"},
		"not of it":      {"5000c50000000008", "", "", "", "no disk of the pool"},
		"a filesystem":   {"5000c50000000007", "E:ID_FS_TYPE=ext4\n", "", "", "is not blank: ext4"},
		"partitions":     {"5000c50000000007", "E:ID_PART_TABLE_TYPE=gpt\n", "", "", "is not blank: gpt"},
		"a holder":       {"5000c50000000007", "", sdx + "/holders/dm-0/x", "", "held by dm-0"},
		"larger sectors": {"5000c50000000007", "", sdx + "/queue/logical_block_size", "4096\n", "sectors of 4096 bytes, md0 has such of 512"},
		"too small":      {"5000c50000000007", "", sdx + "/size", "2048\n", "smaller than the members"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, c, _ := halved(t)
			comes(t, h, tt.wwn, 2*time.Minute, tt.udev)
			if tt.path != "" {
				h.Write(t, tt.path, tt.text)
			}
			a := aimed(t, c, actions.RaidAddSpare, actions.Wish{})
			if !a.Wanted || tt.want == "" && len(a.Against) > 0 || !strings.Contains(strings.Join(a.Against, "; "), tt.want) {
				t.Errorf("%+v", a)
			}
			if tt.want == "" && (a.Device != "wwn:0x5000c50000000007" || a.To != uuid+"/dev/wwn:0x5000c50000000007") {
				t.Errorf("%+v", a)
			}
		})
	}
}

// says is a helper that answers so.
type says struct {
	answer priv.Answer
	err    error
	asked  []priv.Request
}

func (s *says) ChangeArray(_ context.Context, verb priv.Verb, array, device string, e priv.Effect) (priv.Answer, error) {
	s.asked = append(s.asked, priv.Request{Verb: verb, Array: array, Device: device, Effect: &e})
	return s.answer, s.err
}

func TestWhatCannotBeTakenInIsNotTriedAgainByPolicyUntilItComesAnew(t *testing.T) {
	t.Parallel()
	h, at, c, _ := halved(t)
	comes(t, h, "5000c50000000001", 11*time.Minute, member)
	*at = clock(20 * time.Minute)
	a := aimed(t, c, actions.RaidReadmit, actions.Wish{})
	helper := &says{answer: priv.Answer{Outcome: priv.Failed, Text: "mdadm: --re-add is not possible"}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	deed := actions.Action{ID: "h/l/1", Verb: actions.RaidReadmit, Group: uuid, From: a.From, To: a.To, Device: a.Device}
	if err := c.Operators(helper)[actions.RaidReadmit].Do(ctx, deed); err == nil || errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("it was begun, and failed: %v", err)
	}
	want := priv.State{Place: priv.Outside, Identity: "wwn:0x5000c50000000001"}
	if len(helper.asked) != 1 || helper.asked[0].Device != "sdx" || "raid:"+helper.asked[0].Array != uuid || helper.asked[0].Effect.Expect != want {
		t.Fatalf("asked %+v", helper.asked)
	}
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); len(a.Against) != 1 || !strings.Contains(a.Against[0], "--re-add is not possible") {
		t.Errorf("by policy: %+v", a)
	}
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{ByHand: true}); len(a.Against) != 0 {
		t.Errorf("by hand: %+v", a)
	}
	h.Write(t, "run/udev/data/b65:112", "I:720000000\n"+member) // it was out, and is back
	if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); len(a.Against) != 0 {
		t.Errorf("come anew: %+v", a)
	}
}

func TestWhatTheHelperRefusesForGoodIsNotTriedAgainEither(t *testing.T) {
	t.Parallel()
	for reason, again := range map[priv.Reason]bool{
		priv.ReasonUnfit: false, priv.ReasonNotAllowed: false, priv.ReasonChanged: true, priv.ReasonFrozen: true, priv.ReasonLate: true,
	} {
		h, at, c, _ := halved(t)
		comes(t, h, "5000c50000000001", 11*time.Minute, member)
		*at = clock(20 * time.Minute)
		a := aimed(t, c, actions.RaidReadmit, actions.Wish{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		deed := actions.Action{ID: "h/l/1", Verb: actions.RaidReadmit, Group: uuid, From: a.From, To: a.To, Device: a.Device}
		err := c.Operators(&says{err: priv.Refuse(reason, "no")})[actions.RaidReadmit].Do(ctx, deed)
		cancel()
		if !errors.Is(err, actions.ErrNotBegun) {
			t.Errorf("%s: %v", reason, err)
		}
		if a := aimed(t, c, actions.RaidReadmit, actions.Wish{}); (len(a.Against) == 0) != again {
			t.Errorf("%s: %+v", reason, a)
		}
	}
}

func TestTheHelperIsAskedAboutTheDeviceThatWasDecidedOn(t *testing.T) {
	t.Parallel()
	_, _, c, _ := halved(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	helper := &says{answer: priv.Answer{Outcome: priv.Done}}
	operator := c.Operators(helper)[actions.RaidEvict]
	deed := actions.Action{ID: "h/l/1", Verb: actions.RaidEvict, Group: uuid, Device: "wwn:0x5000c50000000000"}
	if err := operator.Do(ctx, deed); err != nil {
		t.Fatal(err)
	}
	if got := helper.asked[0]; got.Device != "sda" || got.Effect.Expect.Place != "in_sync 0" || got.Verb != priv.RaidEvict {
		t.Errorf("asked %+v", got)
	}
	for name, change := range map[string]func(*actions.Action){
		"a device that is gone":           func(a *actions.Action) { a.Device = "wwn:0x1" },
		"an array that is gone":           func(a *actions.Action) { a.Group = "raid:11111111-327b-23c6-643c-986966334873" },
		"an array without a lasting name": func(a *actions.Action) { a.Group = "raid:name/md0" },
	} {
		a := deed
		change(&a)
		if err := operator.Do(ctx, a); !errors.Is(err, actions.ErrNotBegun) || len(helper.asked) != 1 {
			t.Errorf("%s: %v, asked %d times", name, err, len(helper.asked))
		}
	}
}
