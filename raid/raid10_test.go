package raid

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryCopyOfAChunkIsFoundAgainFromItsPlace goes through every raid10 of up to six disks that mdadm makes, there and back.
func TestEveryCopyOfAChunkIsFoundAgainFromItsPlace(t *testing.T) {
	t.Parallel()
	const chunks = 24 // of a device: several rows of every geometry
	for disks := 1; disks <= 6; disks++ {
		for near := 1; near <= disks; near++ {
			for far := 1; near*far <= disks && (near == 1 || far == 1); far++ {
				for _, rest := range []uint64{0, 1 << 16, 1 << 17, 1<<17 | 1<<16, 2 << 17} {
					layout := uint64(near) | uint64(far)<<8 | rest
					g, err := parseGeometry(layout, disks)
					if err != nil {
						t.Fatal(err)
					}
					g = g.sized(chunks)
					there(t, g, layout)
				}
			}
		}
	}
}

func there(t *testing.T, g geometry, layout uint64) {
	t.Helper()
	taken := map[place]uint64{}
	for chunk := range uint64(12) {
		for _, p := range g.places(chunk) {
			if other, twice := taken[p]; twice {
				t.Errorf("layout %#x of %d: chunks %d and %d share %v", layout, g.disks, other, chunk, p)
			}
			taken[p] = chunk
			if p.slot < 0 || p.slot >= g.disks {
				t.Fatalf("layout %#x of %d: chunk %d is at %v", layout, g.disks, chunk, p)
			}
			if got, ok := g.holds(p); !ok || got != chunk {
				t.Errorf("layout %#x of %d: chunk %d is at %v, which is said to hold %d (%t)", layout, g.disks, chunk, p, got, ok)
			}
		}
	}
}

// TestPlacesAreThoseOfTheKernel has a table that Linux 6.1 has confirmed, on devices of 128 chunks: with bad_blocks at all
// places of a chunk, a read there failed, and reads beside it did not.
func TestPlacesAreThoseOfTheKernel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		layout uint64
		disks  int
		chunk  uint64
		want   []place
	}{
		{0x102, 3, 0, []place{{0, 0}, {1, 0}}},
		{0x102, 3, 7, []place{{2, 4}, {0, 5}}},
		{0x102, 3, 33, []place{{0, 22}, {1, 22}}},
		{0x102, 4, 0, []place{{0, 0}, {1, 0}}},
		{0x102, 4, 7, []place{{2, 3}, {3, 3}}},
		{0x102, 4, 33, []place{{2, 16}, {3, 16}}},
		{0x103, 5, 0, []place{{0, 0}, {1, 0}, {2, 0}}},
		{0x103, 5, 7, []place{{1, 4}, {2, 4}, {3, 4}}},
		{0x103, 5, 33, []place{{4, 19}, {0, 20}, {1, 20}}},
		{0x201, 4, 0, []place{{0, 0}, {1, 64}}},
		{0x201, 4, 7, []place{{3, 1}, {0, 65}}},
		{0x201, 4, 33, []place{{1, 8}, {2, 72}}},
		{0x201, 5, 0, []place{{0, 0}, {1, 64}}},
		{0x201, 5, 7, []place{{2, 1}, {3, 65}}},
		{0x201, 5, 33, []place{{3, 6}, {4, 70}}},
		{0x301, 5, 0, []place{{0, 0}, {1, 42}, {2, 84}}},
		{0x301, 5, 7, []place{{2, 1}, {3, 43}, {4, 85}}},
		{0x301, 5, 33, []place{{3, 6}, {4, 48}, {0, 90}}},
		{0x10201, 4, 0, []place{{0, 0}, {1, 1}}},
		{0x10201, 4, 7, []place{{3, 2}, {0, 3}}},
		{0x10201, 4, 33, []place{{1, 16}, {2, 17}}},
		{0x10201, 5, 0, []place{{0, 0}, {1, 1}}},
		{0x10201, 5, 7, []place{{2, 2}, {3, 3}}},
		{0x10201, 5, 33, []place{{3, 12}, {4, 13}}},
		{0x10301, 4, 0, []place{{0, 0}, {1, 1}, {2, 2}}},
		{0x10301, 4, 7, []place{{3, 3}, {0, 4}, {1, 5}}},
		{0x10301, 4, 33, []place{{1, 24}, {2, 25}, {3, 26}}},
	} {
		g, err := parseGeometry(c.layout, c.disks)
		if err != nil {
			t.Fatal(err)
		}
		got := g.sized(128).places(c.chunk)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(place{})); diff != "" {
			t.Errorf("layout %#x of %d, chunk %d (-want +got):\n%s", c.layout, c.disks, c.chunk, diff)
		}
	}
}
