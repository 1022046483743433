package netbond

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
)

// captured is n bonds of so many members each, as the kernel would tell them.
func captured(b *testing.B, n, members int) *fake {
	b.Helper()
	k := &fake{bonds: map[int32]Bond{}}
	for i := range n {
		bond := bonded(ActiveBackup, members)
		bond.Index, bond.Name = int32(100000+i), fmt.Sprintf("bond%d", i)
		bond.Active = known(uint32(1 + i*members))
		for j := range bond.Members {
			bond.Members[j].Index += int32(i * members)
			bond.Members[j].Name = fmt.Sprintf("eth%d", i*members+j)
		}
		k.bonds[bond.Index] = bond
	}
	return k
}

// BenchmarkJudge32Bonds is a look without the kernel: 32 bonds of two members parsed and told as groups.
func BenchmarkJudge32Bonds(b *testing.B) { judge(b, 32, 2) }

// BenchmarkJudge256Bonds is the same for 256 bonds of four.
func BenchmarkJudge256Bonds(b *testing.B) { judge(b, 256, 4) }

func judge(b *testing.B, n, members int) {
	b.Helper()
	c := New(Config{Dump: from(captured(b, n, members).encode(b))})
	b.ReportAllocs()
	for b.Loop() {
		look(b, c, n)
	}
}

// BenchmarkJudgeOneChangeAmong256Bonds is a look after the hint of one of 256 bonds, without the kernel.
func BenchmarkJudgeOneChangeAmong256Bonds(b *testing.B) {
	const n = 256
	k := captured(b, n, 4)
	all, one := k.encode(b), encode(b, k.bonds[100000])
	hint := framed(unix.RTM_NEWLINK, one[0])
	c := New(Config{Dump: func(_ context.Context, only ...int32) ([][]byte, error) {
		if len(only) == 1 {
			return one, nil
		}
		return all, nil
	}})
	look(b, c, n)
	b.ReportAllocs()
	for b.Loop() {
		anyLink(hint, c)
		look(b, c, n)
	}
}

func look(b *testing.B, c *Collector, want int) {
	b.Helper()
	if o, err := c.Collect(b.Context()); err != nil || len(o.Groups) != want {
		b.Fatal(len(o.Groups), err)
	}
}

// BenchmarkFirstLookAt32Bonds is the first look at 32 bonds of two members each among 436 other links, on a real kernel.
func BenchmarkFirstLookAt32Bonds(b *testing.B) {
	crowd(b, 32)
	b.ReportAllocs()
	for b.Loop() {
		look(b, New(onThread()), 32)
	}
}

// BenchmarkSteadyLookAt32Bonds is every look after it.
func BenchmarkSteadyLookAt32Bonds(b *testing.B) {
	crowd(b, 32)
	c := New(onThread())
	look(b, c, 32)
	b.ReportAllocs()
	for b.Loop() {
		look(b, c, 32)
	}
}

// BenchmarkOneChangeOf32Bonds is the look after the hint of one of them.
func BenchmarkOneChangeOf32Bonds(b *testing.B) {
	crowd(b, 32)
	c := New(onThread())
	look(b, c, 32)
	links, err := FromKernel()(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	hint := framed(unix.RTM_NEWLINK, links[0])
	b.ReportAllocs()
	for b.Loop() {
		anyLink(hint, c)
		look(b, c, 32)
	}
}

// onThread reads the network namespace of the calling goroutine's thread.
func onThread() Config { return Config{Dump: FromKernel(), Proc: sysfs.New("/proc/thread-self")} }

// BenchmarkLookAmong500Links is a look at a host with 500 other links and one bond of two members; on a kernel without
// bonding the bond is missing and the kernel ignores the filter.
func BenchmarkLookAmong500Links(b *testing.B) {
	crowd(b, 1)
	c := New(Config{Dump: FromKernel()})
	for b.Loop() {
		if _, err := c.Collect(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListAll500Links is what the same look would cost if it asked for every link, by the library's own call.
func BenchmarkListAll500Links(b *testing.B) {
	crowd(b, 1)
	for b.Loop() {
		if links, err := netlink.LinkList(); err != nil || len(links) < 500 {
			b.Fatal(len(links), err)
		}
	}
}

// crowd makes 250 veth pairs, and n bonds of two of them each where the kernel can; a benchmark of more than one bond is
// skipped where it can't. Sub-benchmarks would run on other threads, and so outside.
func crowd(b *testing.B, n int) {
	b.Helper()
	ownNetwork(b)
	for i := range 250 {
		cable(b, fmt.Sprintf("near%d", i), fmt.Sprintf("far%d", i))
	}
	for i := range n {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = fmt.Sprintf("bond%d", i)
		bond := netlink.NewLinkBond(attrs)
		err := netlink.LinkAdd(bond)
		if errors.Is(err, unix.EOPNOTSUPP) {
			if n > 1 {
				b.Skipf("this kernel has no bonding driver: %v", err)
			}
			b.Logf("this kernel has no bonding driver: %v", err)
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{fmt.Sprintf("near%d", 2*i), fmt.Sprintf("near%d", 2*i+1)} {
			l, err := netlink.LinkByName(name)
			if err != nil {
				b.Fatal(err)
			}
			if err := netlink.LinkSetMaster(l, bond); err != nil {
				b.Fatal(err)
			}
		}
	}
}
