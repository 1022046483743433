package hosttest_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"plimsoll/internal/hosttest"
)

func TestEverySectionIsUnpackedAsItsHeadSays(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/one-of-each.txtar")
	if text, err := h.Sys().Read("block/md0/size"); text != "2048" || err != nil {
		t.Errorf("a file, through a link: %q, %v", text, err)
	}
	if text, err := h.Proc().Read("mdstat"); text != "" || err != nil {
		t.Errorf("an empty file: %q, %v", text, err)
	}
	if _, err := h.Sys().Read("block/md0/md/array_state"); !errors.Is(err, syscall.EACCES) {
		t.Errorf("an unreadable file: %v", err)
	}
	if target, err := h.Sys().Readlink("block/md1"); err != nil || target != "../devices/virtual/block/md1" {
		t.Errorf("a dangling link: %q, %v", target, err)
	}
	if _, err := h.Sys().Stat("block/md1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where it leads: %v", err)
	}
	if names, err := h.Dev().Names("disk", ""); err != nil || len(names) != 0 {
		t.Errorf("an empty directory: %q, %v", names, err)
	}
	if _, err := h.Sys().Stat("../want"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("expectations are on the host: %v", err)
	}
}

func TestStoriesGoOn(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/one-of-each.txtar")
	sys := h.Sys()
	h.Write(t, "sys/block/md0/size", "4096\n")
	h.Mend("sys/devices/virtual/block/md0/md/array_state")
	h.Break("sys/devices/virtual/block/md0/size", syscall.EIO)
	if _, err := sys.Read("block/md0/size"); !errors.Is(err, syscall.EIO) {
		t.Errorf("broken: %v", err)
	}
	h.Mend("sys/devices/virtual/block/md0/size")
	if text, err := sys.Read("block/md0/size"); text != "4096" || err != nil {
		t.Errorf("written: %q, %v", text, err)
	}
	if text, err := sys.Read("block/md0/md/array_state"); text != "clean" || err != nil {
		t.Errorf("mended: %q, %v", text, err)
	}
	h.Remove(t, "sys/block/md0")
	if _, err := sys.Stat("block/md0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
}

func TestWantComparesWithTheFileAndLeavesTheRootOut(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/one-of-each.txtar")
	h.Want(t, "place.txt", "it is at "+filepath.Join(h.Root, "sys"))
}
