package cli

import (
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

func TestRangesAlertAsTheGuidelinesSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		alerts []int
		not    []int
	}{ // the table of the guidelines, and what follows from it
		{"10", []int{-1, 11}, []int{0, 10}},
		{"10:", []int{9, -5}, []int{10, 11}},
		{"~:10", []int{11}, []int{10, 0, -100}},
		{"10:20", []int{9, 21}, []int{10, 20}},
		{"@10:20", []int{10, 20}, []int{9, 21}},
		{"@1", []int{0, 1}, []int{-1, 2}},
		{"-2:0", []int{-3, 1}, []int{-2, 0}},
		{"0.5:", []int{0}, []int{1}},
		{":3", []int{-1, 4}, []int{0, 3}},
	} {
		r, err := parseThreshold(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		for _, n := range c.alerts {
			if !r.alerts(n) {
				t.Errorf("%s does not alert on %d", c.text, n)
			}
		}
		for _, n := range c.not {
			if r.alerts(n) {
				t.Errorf("%s alerts on %d", c.text, n)
			}
		}
	}
	for _, text := range []string{"", "@", "x", "1:x", "2:1", "~", "1:2:3", "nan:", "1:~"} {
		if _, err := parseThreshold(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestWhatSurelyAlertsPerhapsAlerts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.IntRange(-3, 3).Draw(t, "low")
		r := threshold{low: float64(low), high: float64(low + rapid.IntRange(0, 3).Draw(t, "width")), inside: rapid.Bool().Draw(t, "inside")}
		least := rapid.IntRange(-3, 3).Draw(t, "least")
		m := redundancy.Margin{Least: least, Most: least + rapid.IntRange(0, 3).Draw(t, "doubt")}
		switch {
		case r.surely(m) && !r.perhaps(m):
			t.Fatalf("%+v surely alerts on %+v, and not perhaps", r, m)
		case m.Least == m.Most && (r.surely(m) != r.perhaps(m) || r.surely(m) != r.alerts(m.Least)):
			t.Fatalf("%+v is in doubt about %+v, which is not", r, m)
		}
	})
}
