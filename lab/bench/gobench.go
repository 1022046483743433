package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Benchmark is one benchmark of a package: the medians of its runs. Bytes and Allocs are per operation.
type Benchmark struct {
	Package, Name         string
	Nanos, Bytes, Allocs  float64
	Runs                  int
	nanos, bytes, allocs_ []float64
}

// ParseBenchmarks reads what go test -bench -benchmem -count prints.
func ParseBenchmarks(text string) ([]Benchmark, error) {
	var all []Benchmark
	pkg := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == "pkg:" {
			pkg = strings.TrimPrefix(fields[1], "plimsoll/")
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") || fields[3] != "ns/op" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
		i := slices.IndexFunc(all, func(b Benchmark) bool { return b.Package == pkg && b.Name == name })
		if i < 0 {
			i, all = len(all), append(all, Benchmark{Package: pkg, Name: name})
		}
		if err := all[i].add(fields[2:]); err != nil {
			return nil, fmt.Errorf("parse %q: %w", strings.TrimSpace(line), err)
		}
	}
	for i := range all {
		b := &all[i]
		b.Nanos, b.Bytes, b.Allocs, b.Runs = middle(b.nanos), middle(b.bytes), middle(b.allocs_), len(b.nanos)
	}
	return all, nil
}

// add takes in one run: pairs of a value and its unit.
func (b *Benchmark) add(fields []string) error {
	for ; len(fields) >= 2; fields = fields[2:] {
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return err
		}
		switch fields[1] {
		case "ns/op":
			b.nanos = append(b.nanos, v)
		case "B/op":
			b.bytes = append(b.bytes, v)
		case "allocs/op":
			b.allocs_ = append(b.allocs_, v)
		}
	}
	return nil
}

func middle(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
