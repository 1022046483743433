package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHardwareIsComparedByMedians(t *testing.T) {
	t.Parallel()
	p := Page{Hardware: []Against{
		{What: "a look", Peer: "tool -x", Goal: 20, Ours: Sample{1 * time.Millisecond, 90 * time.Millisecond, 2 * time.Millisecond}, Theirs: Sample{50 * time.Millisecond}},
		{What: "another", Peer: "tool -y", Goal: 20, Ours: Sample{5 * time.Millisecond}, Theirs: Sample{50 * time.Millisecond}},
	}}
	var out strings.Builder
	p.hardwareGoals(&out)
	want := "| a look, median | at most 1/20 of `tool -x` | 1/25.0 | met |\n| another, median | at most 1/20 of `tool -y` | 1/10.0 | **not met** |\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheFloorStandsBetweenUsAndThePeer(t *testing.T) {
	t.Parallel()
	one := Sample{time.Millisecond}
	p := Page{Hardware: []Against{{What: "a look", Peer: "tool -x", Goal: 20, Ours: one, Theirs: one, Bare: "five questions", Floor: one, Asked: one}}}
	var out strings.Builder
	p.hardware(&out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var first []string
	for _, l := range lines[len(lines)-4:] {
		cell, _, _ := strings.Cut(strings.TrimPrefix(l, "| "), " |")
		first = append(first, cell)
	}
	if diff := cmp.Diff([]string{"plimsolld: a look", "the floor: five questions", "the same through the helper", "tool -x"}, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNanosecondsAreReadALine(t *testing.T) {
	t.Parallel()
	got, err := ParseNanos("1000\n2000000\n")
	if diff := cmp.Diff(Sample{time.Microsecond, 2 * time.Millisecond}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := ParseNanos("soon"); err == nil {
		t.Error("no error")
	}
}
