package raid

import (
	"testing"
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
