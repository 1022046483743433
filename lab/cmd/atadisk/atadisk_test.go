package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/tcmu"
)

// passThrough is ATA PASS-THROUGH (16) with the registers wanted back.
func passThrough(command, feature byte) []byte {
	cdb := make([]byte, 16)
	cdb[0], cdb[2], cdb[4], cdb[14] = opATA16, 0x20, feature, command
	return cdb
}

// of is a disk in a state, and the commands it has seen.
func of(is state) (d *disk, seen *[]string) {
	seen = new([]string)
	return &disk{data: make([]byte, diskBytes), state: func() state { return is }, note: func(c string) { *seen = append(*seen, c) }}, seen
}

func TestSMARTStatusFailsOnlyWhenToldTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		is   state
		want [2]byte
	}{
		{state{}, [2]byte{0x4f, 0xc2}},
		{state{pending: true}, [2]byte{0x4f, 0xc2}},
		{state{failing: true}, [2]byte{0xf4, 0x2c}},
	} {
		d, _ := of(c.is)
		sense := d.command(passThrough(cmdSMART, smartStatus), nil).Sense
		if got := [2]byte{sense[17], sense[19]}; got != c.want {
			t.Errorf("%+v: want the registers % x, got % x", c.is, c.want, got)
		}
	}
}

func TestASleepingDiskSaysSoAndRemembersWhoAsked(t *testing.T) {
	t.Parallel()
	d, seen := of(state{asleep: true})
	if count := d.command(passThrough(cmdCheckPower, 0), nil).Sense[13]; count != standby {
		t.Errorf("want standby, got %#x", count)
	}
	d.command(passThrough(cmdSMART, smartData), nil)
	if diff := cmp.Diff([]string{"CHECK POWER MODE", "SMART READ DATA"}, *seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSMARTPagesAddUpToNothing(t *testing.T) {
	t.Parallel()
	for _, feature := range []byte{smartData, smartThresholds} {
		d, _ := of(state{failing: true})
		var sum byte
		for _, v := range d.command(passThrough(cmdSMART, feature), nil).Data {
			sum += v
		}
		if sum != 0 {
			t.Errorf("SMART %02xh: the sum is %d", feature, sum)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	d, _ := of(state{})
	text := slices.Repeat([]byte("lab!"), sector/4)
	d.command([]byte{opWrite10, 0, 0, 0, 0, 7, 0, 0, 1, 0}, text)
	got := d.command([]byte{opRead16, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0}, nil)
	if !slices.Equal(got.Data, text) {
		t.Errorf("got %q", got.Data[:16])
	}
	if a := d.command([]byte{opRead10, 0, 0xff, 0, 0, 0, 0, 0, 1, 0}, nil); a.Status != tcmu.CheckCondition {
		t.Error("it reads past its end")
	}
}

func TestTheDiskTellsWhoItIs(t *testing.T) {
	t.Parallel()
	d, _ := of(state{})
	for page, want := range map[byte]string{0x80: serial, 0x83: "\x50\x00\xc5\x00\x00\x00\x10\x00", 0x89: "SAT"} {
		if got := d.command([]byte{opInquiry, 1, page, 0x04, 0}, nil).Data; !strings.Contains(string(got), want) {
			t.Errorf("page %02xh: no %q in %q", page, want, got)
		}
	}
	if got := d.command([]byte{opInquiry, 0, 0, 0, 36, 0}, nil).Data; string(got[8:28]) != "ATA     "+model {
		t.Errorf("it calls itself %q", got)
	}
	last := []byte{0, 0, 0xff, 0xff}
	if got := d.command([]byte{opReadCapacity, 0, 0, 0, 0, 0, 0, 0, 0, 0}, nil).Data; !slices.Equal(got[:4], last) {
		t.Errorf("its last block is % x", got)
	}
	if got := d.command([]byte{opServiceIn16, actionCapacity16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}, nil).Data; !slices.Equal(got[4:8], last) {
		t.Errorf("its last block is % x", got)
	}
}
