package topology_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/topology"
)

// A big host: disks in shelves behind expanders, each with two partitions, 100 volumes over them, and a filesystem on each.
const (
	benchDisks   = 500
	benchVolumes = 100
)

// bigHost makes its sysfs and procfs, in memory where the machine has that, and says where.
func bigHost(b *testing.B) (sys, proc sysfs.FS, root string) {
	b.Helper()
	root = b.TempDir()
	write := func(path, text string) {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text+"\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	link := func(path, target string) {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.Symlink(target, full); err != nil {
			b.Fatal(err)
		}
	}
	for i := range benchDisks {
		name, shelf := fmt.Sprintf("sd%03d", i), i/24
		dev := fmt.Sprintf("devices/pci0000:00/0000:%02x:00.0/host%d/port-0:0/expander-0:%d/port-0:0:%d/end_device-0:%d/target0:0:%d/0:0:%d:0",
			1+shelf%2, shelf%2, shelf, i, i, i, i)
		block := dev + "/block/" + name
		link("sys/class/block/"+name, "../../"+block)
		link("sys/"+block+"/device", "../../../0:0:"+fmt.Sprint(i)+":0")
		write("sys/"+block+"/dev", fmt.Sprintf("8:%d", 16*i))
		write("sys/"+dev+"/wwid", fmt.Sprintf("naa.5000c500%08x", i))
		write("sys/"+dev+"/model", "ST4000NM0035-1V4")
		write("sys/"+dev+"/vpd_pg80", fmt.Sprintf("ZC1%05d", i))
		for p := 1; p <= 2; p++ {
			part := fmt.Sprintf("%s%d", name, p)
			link("sys/class/block/"+part, "../../"+block+"/"+part)
			write("sys/"+block+"/"+part+"/dev", fmt.Sprintf("8:%d", 16*i+p))
			write("sys/"+block+"/"+part+"/partition", fmt.Sprint(p))
		}
	}
	for host := range 2 {
		write(fmt.Sprintf("sys/class/scsi_host/host%d/proc_name", host), "mpt3sas")
	}
	var mounts strings.Builder
	for i := range benchVolumes {
		name := fmt.Sprintf("dm-%d", i)
		link("sys/class/block/"+name, "../../devices/virtual/block/"+name)
		write("sys/devices/virtual/block/"+name+"/dev", fmt.Sprintf("254:%d", i))
		write("sys/devices/virtual/block/"+name+"/dm/uuid", fmt.Sprintf("LVM-%032d%032d", 1, i))
		write("sys/devices/virtual/block/"+name+"/dm/name", fmt.Sprintf("vg-lv%d", i))
		for s := range 5 {
			write(fmt.Sprintf("sys/devices/virtual/block/%s/slaves/sd%03d2/dev", name, 5*i+s), "")
		}
		fmt.Fprintf(&mounts, "%d 1 254:%d / /data/%d rw,relatime - xfs /dev/mapper/vg-lv%d rw\n", i+30, i, i, i)
	}
	write("proc/1/mountinfo", mounts.String())
	return sysfs.New(root + "/sys"), sysfs.New(root + "/proc"), root
}

func BenchmarkTopology(b *testing.B) {
	sys, proc, root := bigHost(b)
	cfg := topology.Config{Sys: sys, Proc: proc}
	b.Run("first look", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if o := look(b, topology.New(cfg)); len(o.Uses) != benchVolumes {
				b.Fatalf("%d uses", len(o.Uses))
			}
		}
	})
	c := topology.New(cfg)
	look(b, c)
	b.Run("steady look", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Collect(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one change", func(b *testing.B) {
		b.ReportAllocs()
		name := filepath.Join(root, "sys/devices/virtual/block/dm-7/dm/name")
		for i := 0; b.Loop(); i++ {
			if err := os.WriteFile(name, fmt.Appendf(nil, "vg-renamed%d\n", i), 0o644); err != nil {
				b.Fatal(err)
			}
			if _, err := c.Collect(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
