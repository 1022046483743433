package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sample is a set of durations of one thing.
type Sample []time.Duration

// Quantile is the least duration that at least this share of the sample does not exceed (nearest rank); 0 for an empty one.
func (s Sample) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(q*float64(len(sorted)) + 0.999999) // up, whatever the last bit says
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median is the quantile of one half.
func (s Sample) Median() time.Duration { return s.Quantile(0.5) }

// quantiles is a row of a table.
func (s Sample) quantiles() string {
	cells := make([]string, 0, 4)
	for _, q := range []float64{0.5, 0.9, 0.99, 1} {
		cells = append(cells, ms(s.Quantile(q)))
	}
	return strings.Join(cells, " | ")
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

// histogram shows samples beside each other, in the same classes.
func histogram(names []string, samples []Sample) string {
	const bars, widest = 10, 40
	low, high := samples[0].Quantile(0), samples[0].Quantile(0)
	for _, s := range samples {
		low, high = min(low, s.Quantile(0)), max(high, s.Quantile(0.99))
	}
	step := classWidth((high - low) / bars)
	low = low.Truncate(step)
	var out strings.Builder
	fmt.Fprintf(&out, "%18s", "")
	for _, n := range names {
		fmt.Fprintf(&out, "  %-*s", widest, n)
	}
	out.WriteByte('\n')
	for from := low; from <= high; from += step {
		last := from+step > high
		fmt.Fprintf(&out, "%8s to %7s", ms(from), upper(from+step, last))
		for _, s := range samples {
			n := 0
			for _, d := range s {
				if d >= from && (d < from+step || last) {
					n++
				}
			}
			fmt.Fprintf(&out, "  %-*s", widest, fmt.Sprintf("%s %d", strings.Repeat("#", n*(widest-4)/max(len(s), 1)), n))
		}
		out.WriteByte('\n')
	}
	return strings.ReplaceAll(out.String(), " \n", "\n")
}

func upper(d time.Duration, last bool) string {
	if last {
		return "more"
	}
	return ms(d)
}

// classWidth is the round duration next above d: 1, 2 or 5 times a power of ten of milliseconds.
func classWidth(d time.Duration) time.Duration {
	for step := time.Millisecond; ; step *= 10 {
		for _, factor := range []time.Duration{1, 2, 5} {
			if step*factor >= d {
				return step * factor
			}
		}
	}
}
