package netbond

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// links lays out a sysfs: what stands in /sys/class/net.
func links(t *testing.T, symlinks map[string]string) sysfs.FS {
	t.Helper()
	root := t.TempDir()
	for link, target := range symlinks {
		link = filepath.Join(root, link)
		for _, dir := range []string{filepath.Dir(link), filepath.Join(filepath.Dir(link), target)} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	return sysfs.New(root)
}

func TestALinkIsCarriedByItsFunctionOrByTheLinkBelow(t *testing.T) {
	t.Parallel()
	sys := links(t, map[string]string{
		"class/net/eth0/device":                  "../../../devices/pci0000:00/0000:03:00.0",
		"class/net/vf0/device":                   "../../../devices/pci0000:00/0000:03:10.2",
		"devices/pci0000:00/0000:03:10.2/physfn": "../0000:03:00.0",
		"class/net/vlan5/lower_eth0":             "../eth0",
		"class/net/team0/lower_eth0":             "../eth0",
		"class/net/team0/lower_eth1":             "../eth1",
	})
	at := func(path string) string { return sys.Path("class/net", path) }
	for link, want := range map[string]base{
		"eth0":  {name: "0000:03:00.0", at: at("eth0/device")},
		"vf0":   {name: "0000:03:00.0", at: at("vf0/device/physfn")},
		"vlan5": {name: "eth0", at: at("vlan5/lower_eth0")},
		"team0": {},
		"none":  {},
	} {
		want.link, want.part = link, redundancy.ID("link:"+link) // a card without an address goes by its name
		if d := cmp.Diff(want, readBase(sys, link), cmp.AllowUnexported(base{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", link, d)
		}
	}
}

func TestAMemberStandsOnItsLink(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	c := New(Config{Dump: from(nil), Sys: links(t, map[string]string{"class/net/eth0/device": "../../../devices/0000:03:00.0"})})
	c.complete(&b)
	for i, m := range checked(t, b).Members {
		want := []redundancy.ID{redundancy.ID("link:" + b.Members[i].Name)}
		if d := cmp.Diff(want, m.StandsOn); d != "" {
			t.Errorf("stands on (-want +got):\n%s", d)
		}
	}
}
