package udevdb_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/udevdb"
)

const sdb = "S:disk/by-id/wwn-0x5\nI:2500000\nE:ID_FS_TYPE=linux_raid_member\nE:ID_FS_UUID=a=b\nG:systemd\n"

func TestAnEntryTellsItsPropertiesAndWhenItBegan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "udev/data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "udev/data/b8:16"), []byte(sdb), 0o600); err != nil {
		t.Fatal(err)
	}
	e, there := udevdb.Read(sysfs.New(dir), "8:16")
	if !there || e.Where != filepath.Join(dir, "udev/data/b8:16") {
		t.Fatalf("%v %+v", there, e)
	}
	if kind, said := e.Property("ID_FS_TYPE"); !said || kind != "linux_raid_member" {
		t.Errorf("type %q %v", kind, said)
	}
	if uuid, said := e.Property("ID_FS_UUID"); !said || uuid != "a=b" {
		t.Errorf("uuid %q %v", uuid, said)
	}
	if _, said := e.Property("ID_FS"); said {
		t.Error("the beginning of a name is a name")
	}
	if at, said := e.TakenUp(); !said || at != 2500*time.Millisecond {
		t.Errorf("taken up at %v %v", at, said)
	}
	for _, run := range []sysfs.FS{sysfs.New(dir), {}} {
		if _, there := udevdb.Read(run, "8:32"); there {
			t.Error("a device that udev does not know")
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add(sdb)
	f.Add("I:")
	f.Add("I:9223372036854775807\nI:-1")
	f.Fuzz(func(t *testing.T, text string) {
		if at, said := udevdb.Parse("", text).TakenUp(); at < 0 || !said && at != 0 {
			t.Errorf("%v %v", at, said)
		}
	})
}
