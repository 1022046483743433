package sysfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"plimsoll/internal/sysfs"
)

func TestAnAttributeIsWrittenAndNoneIsMade(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	d := open(t, sys, "block")
	if err := d.Write("state", "dirty"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Read("state"); err != nil || got != "dirty" {
		t.Errorf("%q, %v", got, err)
	}
	if err := d.Write("none", "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an attribute that is not there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "devices/md0/none")); err == nil {
		t.Error("a file was made")
	}
	broken := open(t, sys.WithFaults(sysfs.Faults{filepath.Join(root, "devices/md0/state"): syscall.EBUSY}), "block")
	if err := broken.Write("state", "clean"); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("a write that the kernel refuses: %v", err)
	}
}

func TestAWriteGoesToTheDirectoryThatWasOpenedAndToNoneByItsName(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	d := open(t, sys, "devices/md0")
	if err := os.Rename(filepath.Join(root, "devices/md0"), filepath.Join(root, "devices/old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "devices/md0"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "devices/md0/state"), []byte("clean\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Write("state", "dirty"); err != nil {
		t.Fatal(err)
	}
	if got, err := sys.Read("devices/md0/state"); err != nil || got != "clean" {
		t.Errorf("another array by the same name is %q, %v", got, err)
	}
}
