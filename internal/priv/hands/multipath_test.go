package hands_test

import (
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

const mapping = "mpath-35000cca0a1b2c301"

func TestTheStatusOfAMultipathDeviceIsHandedOverAndNothingElses(t *testing.T) {
	t.Parallel()
	const status = "2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 F 1"
	for name, c := range map[string]struct {
		told string
		err  error
		want priv.Reason // empty: it is told
	}{
		"a multipath device":   {told: status},
		"of another target":    {err: hands.ErrNotMultipath, want: priv.ReasonUnfit},
		"gone":                 {err: unix.ENXIO, want: priv.ReasonUnfit},
		"not to be asked":      {err: &fs.PathError{Op: "open", Path: "/dev/mapper/control", Err: unix.EPERM}, want: priv.ReasonUnread},
		"not to be made sense": {err: errors.New("its status is too long"), want: priv.ReasonUnread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.part = priv.Senses
			var asked string
			h.multipath = func(uuid string) (string, error) { asked = uuid; return c.told, c.err }
			a, _, err := h.hands().Do(t.Context(), priv.Request{Version: priv.Version, Verb: priv.MultipathStatus, UUID: mapping})
			if asked != mapping {
				t.Errorf("asked for %q", asked)
			}
			if got := reasonOf(err); got != c.want || a.Told != c.told {
				t.Errorf("answer %+v, %v, want %q and the reason %q", a, err, c.told, c.want)
			}
		})
	}
}

func TestOnlyOneTargetNamedMultipathHasAStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target  string
		targets uint32
		at      int // where the kernel says that its answer begins, from where it was to
		flags   uint32
		want    string
		fails   bool
	}{
		"multipath":                 {"multipath", 1, 0, 0, "2 0 0", false},
		"linear":                    {"linear", 1, 0, 0, "", true},
		"several targets":           {"multipath", 2, 0, 0, "", true},
		"an answer that is cut off": {"multipath", 1, 0, unix.DM_BUFFER_FULL_FLAG, "", true},
		"an answer outside":         {"multipath", 1, 1 << 20, 0, "", true},
		"an answer before it":       {"multipath", 1, -8, 0, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := hands.StatusOf(c.target, c.targets, c.at, c.flags, "2 0 0")
			if got != c.want || (err != nil) != c.fails {
				t.Errorf("status %q, %v", got, err)
			}
		})
	}
}
