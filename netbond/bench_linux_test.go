package netbond

import (
	"errors"
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// BenchmarkJudge32Bonds is a look without the kernel: 32 bonds of two members parsed and told as groups.
func BenchmarkJudge32Bonds(b *testing.B) {
	var links [][]byte
	for n := range 32 {
		bond := bonded(ActiveBackup, 2)
		bond.Index, bond.Name = int32(1000+n), fmt.Sprintf("bond%d", n)
		for i := range bond.Members {
			bond.Members[i].Index += int32(n * 2)
		}
		links = append(links, encode(b, bond)...)
	}
	c := New(from(links))
	b.ReportAllocs()
	for b.Loop() {
		if o, err := c.Collect(b.Context()); err != nil || len(o.Groups) != 32 {
			b.Fatal(len(o.Groups), err)
		}
	}
}

// BenchmarkLookAmong500Links is a look at a host with 500 other links and one bond of two members; on a kernel without
// bonding the bond is missing and the kernel ignores the filter.
func BenchmarkLookAmong500Links(b *testing.B) {
	crowd(b)
	c := New(ReadLinks)
	for b.Loop() {
		if _, err := c.Collect(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListAll500Links is what the same look would cost if it asked for every link, by the library's own call.
func BenchmarkListAll500Links(b *testing.B) {
	crowd(b)
	for b.Loop() {
		if links, err := netlink.LinkList(); err != nil || len(links) < 500 {
			b.Fatal(len(links), err)
		}
	}
}

// crowd makes 250 veth pairs, and a bond of two of them where the kernel can. Sub-benchmarks would run on other threads,
// and so outside.
func crowd(b *testing.B) {
	b.Helper()
	ownNetwork(b)
	for n := range 250 {
		cable(b, fmt.Sprintf("near%d", n), fmt.Sprintf("far%d", n))
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "bond0"
	bond := netlink.NewLinkBond(attrs)
	err := netlink.LinkAdd(bond)
	if errors.Is(err, unix.EOPNOTSUPP) {
		b.Logf("this kernel has no bonding driver: %v", err)
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"near0", "near1"} {
		l, err := netlink.LinkByName(name)
		if err != nil {
			b.Fatal(err)
		}
		if err := netlink.LinkSetMaster(l, bond); err != nil {
			b.Fatal(err)
		}
	}
}
