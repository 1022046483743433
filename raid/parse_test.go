package raid_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/raid"
)

// reading is one attribute's text and what it means; nonsense says that it must be refused as such.
type reading[T any] struct {
	text     string
	want     T
	nonsense bool
}

func readings[T any](t *testing.T, parse func(string) (T, error), all ...reading[T]) {
	t.Helper()
	for _, r := range all {
		got, err := parse(r.text)
		if errors.Is(err, raid.ErrNonsense) != r.nonsense || !r.nonsense && err != nil {
			t.Errorf("%q: %v, want nonsense: %t", r.text, err, r.nonsense)
		}
		if diff := cmp.Diff(r.want, got); !r.nonsense && diff != "" {
			t.Errorf("%q (-want +got):\n%s", r.text, diff)
		}
	}
}

func TestGeometryHoldsTwoNumbersDuringAReshape(t *testing.T) {
	t.Parallel()
	readings(t, raid.ParseShape,
		reading[raid.Shape]{text: "2", want: raid.Shape{Now: 2, Before: 2}},
		reading[raid.Shape]{text: "66049 (258)", want: raid.Shape{Now: 66049, Before: 258}},
		reading[raid.Shape]{text: "131072 (65536", nonsense: true},
		reading[raid.Shape]{text: "-1", nonsense: true},
	)
	readings(t, raid.ParseDisks,
		reading[raid.Disks]{text: "2", want: raid.Disks{Now: 2, Before: 2}},
		reading[raid.Disks]{text: "6 (4)", want: raid.Disks{Now: 6, Before: 4}},
		reading[raid.Disks]{text: "4 (6)", want: raid.Disks{Now: 4, Before: 6}},
		reading[raid.Disks]{text: "", nonsense: true},
		reading[raid.Disks]{text: "-1", nonsense: true},
		reading[raid.Disks]{text: "6 ", nonsense: true},
		reading[raid.Disks]{text: "6 ()", nonsense: true},
		reading[raid.Disks]{text: "99999999999", nonsense: true},
	)
}

func TestProgressMayBeDelayed(t *testing.T) {
	t.Parallel()
	readings(t, raid.ParseProgress,
		reading[raid.Progress]{text: "none"},
		reading[raid.Progress]{text: "delayed", want: raid.Progress{Delayed: true}},
		reading[raid.Progress]{text: "12 / 48", want: raid.Progress{Running: true, Done: 12, Total: 48}},
		reading[raid.Progress]{text: "49 / 48", want: raid.Progress{Running: true, Done: 48, Total: 48}},
		reading[raid.Progress]{text: "12/48", nonsense: true},
		reading[raid.Progress]{text: "12 / ", nonsense: true},
	)
}

func TestSlotsStatesAndBadBlocksAreReadAsTheKernelWritesThem(t *testing.T) {
	t.Parallel()
	readings(t, raid.ParseSlot,
		reading[raid.Slot]{text: "none"},
		reading[raid.Slot]{text: "journal", want: raid.Slot{Journal: true}},
		reading[raid.Slot]{text: "0", want: raid.Slot{Taken: true}},
		reading[raid.Slot]{text: "11", want: raid.Slot{Number: 11, Taken: true}},
		reading[raid.Slot]{text: "", nonsense: true},
	)
	readings(t, raid.ParseDeviceState,
		reading[[]raid.DeviceWord]{text: "in_sync", want: []raid.DeviceWord{raid.DevInSync}},
		reading[[]raid.DeviceWord]{text: "in_sync,writemostly,odd", want: []raid.DeviceWord{raid.DevInSync, raid.DevWriteMostly, "odd"}},
		reading[[]raid.DeviceWord]{text: "", nonsense: true},
	)
	readings(t, raid.ParseBadBlocks,
		reading[[]raid.Range]{text: ""},
		reading[[]raid.Range]{text: "2048 8\n4096 16", want: []raid.Range{{2048, 8}, {4096, 16}}},
		reading[[]raid.Range]{text: "2048", nonsense: true},
		reading[[]raid.Range]{ // a page is full
			text: strings.Repeat("2048 8\n", 584) + "40", want: slices.Repeat([]raid.Range{{2048, 8}}, 584),
		},
	)
	readings(t, raid.ParseRecovered,
		reading[uint64]{text: "none", want: ^uint64(0)},
		reading[uint64]{text: "1032", want: 1032},
		reading[uint64]{text: "some", nonsense: true},
	)
	readings(t, raid.ParseStart,
		reading[bool]{text: "none"},
		reading[bool]{text: "18446744073709551615"},
		reading[bool]{text: "0", want: true},
		reading[bool]{text: "soon", nonsense: true},
	)
	readings(t, raid.ParseSpeed,
		reading[float64]{text: "none"},
		reading[float64]{text: "40960", want: 40960 * 1024},
		reading[float64]{text: "fast", nonsense: true},
	)
}

func TestExternalMetadataNamesTheContainer(t *testing.T) {
	t.Parallel()
	readings(t, raid.ParseMetadata,
		reading[raid.Metadata]{text: "1.2"},
		reading[raid.Metadata]{text: "none"},
		reading[raid.Metadata]{text: "external:imsm", want: raid.Metadata{External: true}},
		reading[raid.Metadata]{text: "external:/md127/0", want: raid.Metadata{External: true, Container: "md127", Index: "0"}},
		reading[raid.Metadata]{text: "external:-md127/1", want: raid.Metadata{External: true, Container: "md127", Index: "1"}},
		reading[raid.Metadata]{text: "external:", nonsense: true},
		reading[raid.Metadata]{text: "external:/md127", nonsense: true},
		reading[raid.Metadata]{text: "", nonsense: true},
	)
}

func TestUUIDHasOneFormHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const want = "6b8b4567-327b-23c6-643c-986966334873"
	readings(t, raid.ParseUUID,
		reading[string]{text: want, want: want},
		reading[string]{text: "6B8B4567:327B23C6:643C9869:66334873", want: want},
		reading[string]{text: "00000000-0000-0000-0000-000000000000", nonsense: true},
		reading[string]{text: "6b8b4567", nonsense: true},
		reading[string]{text: "", nonsense: true},
	)
}

// FuzzParse gives every parser the same text. None may panic, all refuse with ErrNonsense only, and what was understood
// and written out again is understood the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "clean", "none", "delayed", "6 (4)", "12 / 48", "journal", "0", "in_sync,write_mostly", "2048 8\n4096 16",
		"external:/md127/0", "external:imsm", "1.2", "6b8b4567:327b23c6:643c9869:66334873",
		"18446744073709551615",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		again(t, text, raid.ParseDisks, func(d raid.Disks) string { return fmt.Sprintf("%d (%d)", d.Now, d.Before) })
		again(t, text, raid.ParseProgress, func(p raid.Progress) string {
			switch {
			case p.Delayed:
				return "delayed"
			case !p.Running:
				return "none"
			default:
				return fmt.Sprintf("%d / %d", p.Done, p.Total)
			}
		})
		again(t, text, raid.ParseSlot, func(s raid.Slot) string {
			switch {
			case s.Journal:
				return "journal"
			case !s.Taken:
				return "none"
			default:
				return fmt.Sprint(s.Number)
			}
		})
		again(t, text, raid.ParseDeviceState, func(words []raid.DeviceWord) string {
			var all []string
			for _, w := range words {
				all = append(all, string(w))
			}
			return strings.Join(all, ",")
		})
		again(t, text, raid.ParseBadBlocks, func(all []raid.Range) string {
			var lines strings.Builder
			for _, r := range all {
				fmt.Fprintf(&lines, "%d %d\n", r.Start, r.Length)
			}
			return lines.String()
		})
		again(t, text, raid.ParseShape, func(s raid.Shape) string { return fmt.Sprintf("%d (%d)", s.Now, s.Before) })
		again(t, text, raid.ParseRecovered, func(n uint64) string { return fmt.Sprint(n) })
		again(t, text, raid.ParseUUID, func(u string) string { return u })
		again(t, text, raid.ParseNumber, func(n uint64) string { return fmt.Sprint(n) })
		again(t, text, raid.ParseCount, func(n int) string { return fmt.Sprint(n) })
		again(t, text, raid.ParseWord[raid.Level], func(l raid.Level) string { return string(l) })
		again(t, text, raid.ParseSpeed, func(s float64) string { return fmt.Sprintf("%.0f", s/1024) })
		again(t, text, raid.ParseStart, func(due bool) string { return map[bool]string{true: "0", false: "none"}[due] })
		again(t, text, raid.ParseMetadata, func(m raid.Metadata) string {
			switch {
			case m.Container != "":
				return "external:/" + m.Container + "/" + m.Index
			case m.External:
				return "external:imsm"
			default:
				return "1.2"
			}
		})
	})
}

func again[T any](t *testing.T, text string, parse func(string) (T, error), format func(T) string) {
	t.Helper()
	once, err := parse(text)
	if err != nil {
		if !errors.Is(err, raid.ErrNonsense) {
			t.Errorf("%q: %v is not ErrNonsense", text, err)
		}
		return
	}
	twice, err := parse(format(once))
	if diff := cmp.Diff(once, twice); err != nil || diff != "" {
		t.Errorf("%q, written out again as %q: %v\n%s", text, format(once), err, diff)
	}
}
