package topology_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/topology"
)

func TestMountsAreReadAsTheKernelWritesThem(t *testing.T) {
	t.Parallel()
	got := topology.ParseMounts(`36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
37 35 0:44 / /a\040b\134c\012d rw - fuse.sshfs me@host:/ rw
nonsense
38 35 8:1 / /x rw - ext4
39 35 8:1 / /y rw
40 35 8 / /z rw - ext4 /dev/sda1 rw
`)
	want := []topology.Mount{
		{Device: "98:0", Point: "/mnt2", Type: "ext3", Source: "/dev/root", Options: "rw,errors=continue"},
		{Device: "0:44", Point: "/a b\\c\nd", Type: "fuse.sshfs", Source: "me@host:/", Options: "rw"},
		{Device: "8:1", Point: "/x", Type: "ext4"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSwapsAreReadWithoutTheirHeading(t *testing.T) {
	t.Parallel()
	got := topology.ParseSwaps("Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1 partition 1 0 -2\n/swap\\040file file 1 0 -3\n/odd\n")
	want := []topology.Swap{{File: "/dev/dm-1", Type: "partition"}, {File: "/swap file", Type: "file"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPathSaysHowADeviceIsReached(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]topology.Place{
		"../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/host0/port-0:0/expander-0:0/port-0:0:1/end_device-0:0:1/target0:0:1/0:0:1:0/block/sda": {
			Functions: []string{"0000:00:1c.0", "0000:03:00.0"}, Host: "host0", Address: "0:0:1:0",
			Expanders: []string{"expander-0:0"}, SAS: true,
		},
		"../../devices/pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0/block/sdb": {
			Functions: []string{"0000:00:17.0"}, Host: "host2", Address: "2:0:0:0", Port: "ata3",
		},
		"../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1": {
			Functions: []string{"0000:00:0e.0", "10000:e0:06.0", "10000:e1:00.0"},
		},
		"../../devices/virtual/nvme-fabrics/ctl/nvme3/nvme3n1":                                  {Remote: "NVMe over Fabrics"},
		"../../devices/virtual/nvme-subsystem/nvme-subsys4/nvme4n1":                             {Subsystem: "nvme-subsys4"},
		"../../devices/platform/host9/session2/target9:0:0/9:0:0:1/block/sdc":                   {Host: "host9", Address: "9:0:0:1", Remote: "iSCSI"},
		"../../devices/pci0000:00/0000:00:02.0/host1/rport-1:0-2/target1:0:0/1:0:0:0/block/sdd": {Functions: []string{"0000:00:02.0"}, Host: "host1", Address: "1:0:0:0", Remote: "Fibre Channel"},
		"../../devices/pci0000:00/0000:00:05.0/virtio2/block/vda":                               {Functions: []string{"0000:00:05.0"}},
		"../../devices/virtual/block/loop0":                                                     {},
		"host/hostx/0000:00:1c.9/000:00:1c.0/0:0:x:0/0:0:1/ata":                                 {},
		"": {},
	} {
		if diff := cmp.Diff(want, topology.ParsePlace(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// FuzzParse gives every parser the same text. None may panic; of mounts and swaps there are never more than lines.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "36 35 98:0 /mnt1 /mnt2 rw master:1 - ext3 /dev/root rw", "/dev/dm-1 partition 1 0 -2", `\1\04\0400\`,
		"pci0000:00/0000:00:1c.0/host0/expander-0:0/end_device-0:0/0:0:1:0", "pci10000:e0/10000:e1:00.0/nvme/nvme0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		mounts := topology.ParseMounts(text)
		if len(mounts) > lines || len(topology.ParseSwaps(text)) > lines {
			t.Errorf("%d mounts of %d lines", len(mounts), lines)
		}
		p := topology.ParsePlace(text)
		if p.Function() != "" && !strings.Contains(text, p.Function()) {
			t.Errorf("function %q is not in the text", p.Function())
		}
		facts := topology.Facts{Mounts: mounts, Swaps: topology.ParseSwaps(text)}
		for _, u := range facts.Observe().Uses {
			if u.ID == "" || u.What == "" {
				t.Errorf("use %+v", u)
			}
		}
		topology.ParseRoute([]byte(text))
	})
}
