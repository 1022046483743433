package sysfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/sysfs"
)

// mount is a small tree: a directory with attributes, a link to it, and a link to nothing.
func mount(t *testing.T) (root string, sys sysfs.FS) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"devices/md0/state": "clean\n", "devices/md0/empty": "", "devices/md0/long": strings.Repeat("x", 5000),
		"devices/md0/dev-sda/slot": " 0 \n",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"block": "devices/md0", "gone": "devices/md9"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root, sysfs.New(root)
}

func open(t *testing.T, sys sysfs.FS, path string) *sysfs.Dir {
	t.Helper()
	d, err := sys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestAttributesAreTrimmedAndCutAtOnePage(t *testing.T) {
	t.Parallel()
	_, sys := mount(t)
	d := open(t, sys, "block")
	for name, want := range map[string]string{
		"state": "clean", "empty": "", "dev-sda/slot": "0", "long": strings.Repeat("x", 4096),
	} {
		got, err := d.Read(name)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		got, err = sys.Read("block/" + name)
		if err != nil || got != want {
			t.Errorf("%s by its path: %q, %v", name, got, err)
		}
	}
}

func TestATableIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	if got, err := sys.ReadAll("block/long"); err != nil || got != strings.Repeat("x", 5000) {
		t.Errorf("read %d characters, error %v: want 5000", len(got), err)
	}
	if _, err := sys.ReadAll("block/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a table that is not there: %v", err)
	}
	faulty := sys.WithFaults(sysfs.Faults{filepath.Join(root, "devices/md0/long"): syscall.EIO})
	if _, err := faulty.ReadAll("block/long"); !errors.Is(err, syscall.EIO) {
		t.Errorf("a table that can't be read: %v", err)
	}
	endless := filepath.Join(root, "endless")
	if err := errors.Join(os.WriteFile(endless, nil, 0o600), os.Truncate(endless, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if _, err := sys.ReadAll("endless"); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("what is too long for a table: %v", err)
	}
}

func TestNamesAreSortedAndFiltered(t *testing.T) {
	t.Parallel()
	_, sys := mount(t)
	d := open(t, sys, "devices/md0")
	for prefix, want := range map[string][]string{
		"": {"dev-sda", "empty", "long", "state"}, "dev-": {"dev-sda"}, "rd": nil,
	} {
		got, err := d.Names(prefix)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", prefix, err, diff)
		}
	}
}

func TestAnEntryIsTheLinkAndNotWhereItLeads(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	here := filepath.Join(root, "links")
	if err := os.Mkdir(here, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b", "a"} {
		if err := os.Symlink("../devices/md0", filepath.Join(here, name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := open(t, sys, "links").Entries()
	if err != nil || len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[0].Ino == got[1].Ino {
		t.Fatalf("%v, %v", got, err)
	}
	for _, e := range got {
		var st syscall.Stat_t
		if err := syscall.Lstat(filepath.Join(here, e.Name), &st); err != nil || st.Ino != e.Ino {
			t.Errorf("%s is inode %d, and was listed as %d: %v", e.Name, st.Ino, e.Ino, err)
		}
	}
}

func TestManyNamesAreAllListed(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	const many = 500 // more than one buffer of directory entries
	for i := range many {
		name := strings.Repeat("n", 1+i%100) + string(rune('a'+i%26)) + strings.Repeat("m", i/26)
		if err := os.WriteFile(filepath.Join(root, "devices", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "devices"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range entries {
		want = append(want, e.Name())
	}
	got, err := sys.Names("devices", "")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestErrorsNameOperationPathAndCause(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	_, err := sys.Read("block/nothing")
	if want := "open " + root + "/block/nothing: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := sys.Stat("gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nothing: %v", err)
	}
	if target, err := sys.Readlink("gone"); err != nil || target != "devices/md9" {
		t.Errorf("gone -> %q, %v", target, err)
	}
	if _, err := sys.Open("block/state"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file as a directory: %v", err)
	}
	if _, err := sys.Read("block"); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("a directory as a file: %v", err)
	}
}

func TestFaultsAreFoundThroughLinks(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	sys = sys.WithFaults(sysfs.Faults{root + "/devices/md0/state": syscall.EIO})
	if _, err := sys.Read("block/state"); !errors.Is(err, syscall.EIO) {
		t.Errorf("by its path: %v", err)
	}
	if _, err := open(t, sys, "block").Read("state"); !errors.Is(err, syscall.EIO) {
		t.Errorf("by its directory: %v", err)
	}
	if _, err := sys.Read("block/empty"); err != nil {
		t.Errorf("its neighbour: %v", err)
	}
}

func TestADirectoryIsOneIncarnation(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	d := open(t, sys, "devices/md0")
	before, err := sys.Stat("devices/md0")
	if err != nil {
		t.Fatal(err)
	}
	md0 := filepath.Join(root, "devices/md0")
	if err := os.RemoveAll(md0); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(md0, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(md0+"/state", []byte("active\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Read("state"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read through the old directory: %v", err)
	}
	if after, err := sys.Stat("devices/md0"); err != nil || after == before {
		t.Errorf("%v is %v again: %v", after, before, err)
	}
}

func TestAMountPointThatIsNotSetHoldsNothing(t *testing.T) {
	t.Parallel()
	for _, sys := range []sysfs.FS{{}, sysfs.New("")} {
		if _, err := sys.Read("kernel/mm"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("read: %v", err)
		}
		if _, err := sys.Names("kernel", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("list: %v", err)
		}
		if _, err := sys.Stat("kernel"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("stat: %v", err)
		}
	}
}

// TestAReadNeverWaits reads a FIFO that nobody writes to: os.ReadFile would wait for ever.
func TestAReadNeverWaits(t *testing.T) {
	t.Parallel()
	root, sys := mount(t)
	if err := syscall.Mkfifo(filepath.Join(root, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := sys.Read("fifo"); text != "" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
