package raid_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/hosttest"
)

const arrays = 64

// many is a host with 64 mirrors, each as in the healthy story.
func many(b *testing.B) *hosttest.Host {
	b.Helper()
	h := hosttest.Root(b, "testdata/raid1-healthy-with-spare.txtar")
	virtual := filepath.Join(h.Root, "sys/devices/virtual/block")
	for i := 1; i < arrays; i++ {
		name := fmt.Sprintf("md%d", i)
		copyTree(b, filepath.Join(virtual, "md0"), filepath.Join(virtual, name))
		h.Write(b, "sys/devices/virtual/block/"+name+"/md/uuid", fmt.Sprintf("6b8b4567-327b-23c6-643c-9869663348%02x\n", i))
		if err := os.Symlink("../devices/virtual/block/"+name, filepath.Join(h.Root, "sys/block", name)); err != nil {
			b.Fatal(err)
		}
	}
	var mdstat strings.Builder
	mdstat.WriteString("Personalities : [raid1] \n")
	for i := range arrays {
		fmt.Fprintf(&mdstat, "md%d : active raid1 sdc[2](S) sdb[1] sda[0]\n      1046528 blocks super 1.2 [2/2] [UU]\n\n", i)
	}
	mdstat.WriteString("unused devices: <none>\n")
	h.Write(b, "proc/mdstat", mdstat.String())
	return h
}

// copyTree copies files and links; os.CopyFS does not keep links that lead out of the tree.
func copyTree(tb testing.TB, from, to string) {
	tb.Helper()
	err := filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type()&os.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(target, text, 0o644)
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkLook is one look over 64 arrays of two members and a spare. Beside it, BenchmarkBareLoop reads the same files
// with os.ReadFile and does nothing with them.
func BenchmarkLook(b *testing.B) {
	c := collector(many(b))
	b.ReportAllocs()
	for b.Loop() {
		if seen, err := c.Collect(b.Context()); err != nil || len(seen.Groups) != arrays {
			b.Fatalf("%d groups, %v", len(seen.Groups), err)
		}
	}
}

func BenchmarkBareLoop(b *testing.B) {
	h := many(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range arrays {
			dir := fmt.Sprintf("%s/sys/block/md%d/md/", h.Root, i)
			for _, attr := range []string{
				"array_state", "level", "layout", "raid_disks", "degraded", "metadata_version", "chunk_size", "consistency_policy",
				"sync_action", "last_sync_action", "resync_start", "mismatch_cnt", "uuid",
			} {
				slurp(b, dir+attr)
			}
			for _, device := range []string{"dev-sda", "dev-sdb", "dev-sdc"} {
				for _, attr := range []string{"/state", "/slot", "/errors", "/bad_blocks"} {
					slurp(b, dir+device+attr)
				}
				if _, err := os.Stat(dir + device + "/block"); err != nil {
					b.Fatal(err)
				}
			}
		}
		slurp(b, h.Root+"/proc/mdstat")
	}
}

func slurp(b *testing.B, path string) {
	b.Helper()
	if _, err := os.ReadFile(path); err != nil {
		b.Fatal(err)
	}
}
