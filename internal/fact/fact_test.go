package fact_test

import (
	"errors"
	"io/fs"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/fact"
	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

func TestAFactSaysWhatWasThereOrWhyItIsNotKnown(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/attributes.txtar")
	dir, err := h.Sys().Open("block/md0/md")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, tt := range []struct {
		name           string
		value          int
		known, missing bool
		evidence       redundancy.Evidence
	}{
		{"degraded", 1, true, false, redundancy.Evidence{Value: "1"}},
		{"raid_disks", 0, false, false, redundancy.Evidence{Err: `strconv.Atoi: parsing "4 (3)": invalid syntax`}},
		{"sync_action", 0, false, false, redundancy.Evidence{Err: "input/output error"}},
		{"ppl", 0, false, true, redundancy.Evidence{Err: "no such file or directory"}},
	} {
		f := fact.Read(dir, tt.name, strconv.Atoi)
		tt.evidence.Where = dir.Path(tt.name)
		if f.Value != tt.value || f.Known() != tt.known || f.Missing() != tt.missing {
			t.Errorf("%s: got %+v, want value %d, known %t, missing %t", tt.name, f, tt.value, tt.known, tt.missing)
		}
		if diff := cmp.Diff(tt.evidence, f.Evidence()); diff != "" {
			t.Errorf("%s: evidence (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWhatLeavesIsGoneAndWhatFailsIsNot(t *testing.T) {
	t.Parallel()
	for _, err := range []error{fs.ErrNotExist, syscall.ENOENT, &fs.PathError{Op: "read", Path: "x", Err: syscall.ENODEV}} {
		if !fact.Gone(err) {
			t.Errorf("%v: want gone", err)
		}
	}
	for _, err := range []error{nil, syscall.EIO, syscall.EACCES, errors.New("nonsense")} {
		if fact.Gone(err) {
			t.Errorf("%v: want not gone", err)
		}
	}
}
