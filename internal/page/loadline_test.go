package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

func TestLoadLineShowsWhatIsSureApartFromWhatMayBe(t *testing.T) {
	t.Parallel()
	const half = zero + (end-zero)/2
	for name, c := range map[string]struct {
		m           redundancy.Margin
		sure, maybe *bar
		under       bool
		ticks       int
	}{
		"whole":                   {redundancy.Margin{Least: 2, Most: 2, Full: 2}, &bar{zero, end - zero}, nil, false, 2},
		"degraded":                {redundancy.Margin{Least: 1, Most: 1, Full: 2}, &bar{zero, half - zero}, nil, false, 2},
		"degraded or whole":       {redundancy.Margin{Least: 1, Most: 2, Full: 2}, &bar{zero, half - zero}, &bar{half, end - half}, false, 2},
		"lost":                    {redundancy.Margin{Full: 2}, nil, nil, false, 2},
		"lost or degraded":        {redundancy.Margin{Most: 1, Full: 2}, nil, &bar{zero, half - zero}, false, 2},
		"nobody can tell":         {redundancy.Margin{Least: -1, Most: 2, Full: 2}, nil, &bar{under, end - under}, false, 2},
		"surely failed":           {redundancy.Margin{Least: -1, Most: -1, Full: 2}, nil, nil, true, 2},
		"never redundant":         {redundancy.Margin{}, nil, nil, false, 0},
		"never redundant, failed": {redundancy.Margin{Least: -1, Most: -1}, nil, nil, true, 0},
		"a long scale":            {redundancy.Margin{Least: 30, Most: 30, Full: 30}, &bar{zero, end - zero}, nil, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoadLine(redundancy.Degraded, c.m)
			if diff := cmp.Diff([]*bar{c.sure, c.maybe}, []*bar{l.Sure, l.Maybe}); diff != "" {
				t.Error(diff)
			}
			if l.Under != c.under || len(l.Ticks) != c.ticks {
				t.Errorf("under %v, %d ticks", l.Under, len(l.Ticks))
			}
		})
	}
}
