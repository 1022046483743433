package service

import (
	"testing"

	"pgregory.net/rapid"
)

func after(rise, fall int, all ...Health) Streak {
	var s Streak
	for _, h := range all {
		s = s.After(h, rise, fall)
	}
	return s
}

func TestItTakesSeveralAnswersInARowToChangeWhatCounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		all  []Health
		want Health
	}{
		{"nothing heard", nil, Unknown},
		{"one is not enough", []Health{Well}, Unknown},
		{"two in a row are", []Health{Well, Well}, Well},
		{"one failure is forgiven", []Health{Well, Well, Sick, Sick, Well}, Well},
		{"three are not", []Health{Well, Well, Sick, Sick, Sick}, Sick},
		{"ignorance breaks no row", []Health{Sick, Unknown, Sick, Unknown, Unknown, Sick}, Sick},
		{"nor is it a part of one", []Health{Well, Well, Sick, Sick, Unknown}, Well},
		{"until it has lasted", []Health{Well, Well, Unknown, Unknown, Unknown}, Unknown},
		{"and then all begins anew", []Health{Well, Well, Unknown, Unknown, Unknown, Well}, Unknown},
		{"recovered", []Health{Sick, Sick, Sick, Well, Well}, Well},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			diff(t, "counts", tt.want, after(2, 3, tt.all...).Health)
		})
	}
}

func TestNothingIsSickWithoutAsManyFailuresAsItTakes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rise, fall := rapid.IntRange(1, 5).Draw(t, "rise"), rapid.IntRange(1, 5).Draw(t, "fall")
		all := rapid.SliceOfN(rapid.SampledFrom([]Health{Well, Sick, Unknown}), 0, 40).Draw(t, "answers")
		var s Streak
		row := map[Health]int{}
		for _, h := range all {
			was := s.Health
			s = s.After(h, rise, fall)
			switch h {
			case Unknown:
				if s.Health != was && s.Health != Unknown {
					t.Fatalf("%v became %v by not knowing", was, s.Health)
				}
				if row[Unknown]++; row[Unknown] >= fall && s.Health != Unknown {
					t.Fatalf("%v is still known after %d answers of unknown", s.Health, row[Unknown])
				}
				continue
			case Well:
				row[Sick] = 0
			case Sick:
				row[Well] = 0
			}
			row[Unknown] = 0
			row[h]++
			if s.Health != was && (s.Health != h || row[h] < map[Health]int{Well: rise, Sick: fall}[h]) {
				t.Fatalf("%v became %v after %d in a row", was, s.Health, row[h])
			}
		}
	})
}
