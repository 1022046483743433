package sysfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/sysfs"
)

// openIn counts the files that this process holds open below dir.
func openIn(t *testing.T, dir string) int {
	t.Helper()
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range links {
		if to, err := os.Readlink("/proc/self/fd/" + l.Name()); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// kept opens the loopback's attributes, which every kernel has.
func kept(t *testing.T, k *sysfs.Keeper) *sysfs.Dir {
	t.Helper()
	d, err := k.Open("class/net/lo/statistics")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAKeptAttributeIsReadAnewAndOpenedOnce(t *testing.T) {
	const lo = "/sys/devices/virtual/net/lo/statistics"
	k := sysfs.NewKeeper(sysfs.New("/sys"))
	for look := range 3 {
		d := kept(t, k)
		for _, name := range []string{"rx_bytes", "tx_bytes"} {
			kept, err := d.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			if kept == "" || strings.TrimSpace(kept) != kept {
				t.Errorf("look %d: %s = %q", look, name, kept)
			}
		}
		if names, err := d.Names("rx_b"); err != nil || len(names) != 1 {
			t.Errorf("look %d: names = %q, %v", look, names, err)
		}
		d.Close()
		if got, want := openIn(t, lo), 3; got != want {
			t.Errorf("look %d: %d files open, want %d: the directory and two attributes", look, got, want)
		}
	}
	if _, err := kept(t, k).Read("no-such"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an attribute that is not there: %v", err)
	}
	k.Keep(func(path string) bool { return path == "class/net/lo/statistics" })
	if got := openIn(t, lo); got != 3 {
		t.Errorf("%d files open of what is to be kept", got)
	}
	k.Close()
	if got := openIn(t, lo); got != 0 {
		t.Errorf("%d files open after Close", got)
	}
	if _, err := k.Open("class/net/no-such"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestOutsideOfSysfsNothingIsKept(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	k := sysfs.NewKeeper(sys)
	t.Cleanup(k.Close)
	for _, want := range []string{"clean", "active"} {
		// As an editor writes: another file by the same name.
		fresh := filepath.Join(root, "fresh")
		if err := os.WriteFile(fresh, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(fresh, filepath.Join(root, "devices/md0/state")); err != nil {
			t.Fatal(err)
		}
		d, err := k.Open("devices/md0")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.Read("state"); err != nil || got != want {
			t.Errorf("state = %q, %v, want %q", got, err, want)
		}
		d.Close()
		if got := openIn(t, root); got != 0 {
			t.Errorf("%d files open", got)
		}
	}
}
