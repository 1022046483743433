package main

import (
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// maxDisks is how many members the largest array has.
const maxDisks = 6

// shape is what an array can be like.
type shape struct {
	level  string // as mdadm takes it: 1, 4, 5, 6, 10
	layout string // of raid10: n2, f2, o2, …; else empty
	disks  int
}

func (s shape) String() string {
	return strings.Join(strings.Fields(fmt.Sprintf("raid%s %s of %d", s.level, s.layout, s.disks)), " ")
}

// shapes are all: every level with a margin from its least number of members
// to six, raid10 with two and three copies in each of its layouts.
func shapes() []shape {
	var all []shape
	for _, l := range []struct {
		level, layout string
		least         int
	}{
		{"1", "", 2},
		{"4", "", 3},
		{"5", "", 3},
		{"6", "", 4},
		{"10", "n2", 2},
		{"10", "f2", 2},
		{"10", "o2", 2},
		{"10", "n3", 3},
		{"10", "f3", 3},
		{"10", "o3", 3},
	} {
		for n := l.least; n <= maxDisks; n++ {
			all = append(all, shape{l.level, l.layout, n})
		}
	}
	return all
}

// tellingShapes are those in which most can go wrong: small ones of each kind,
// and raid10 where its copies go round the end of the row.
func tellingShapes() []shape {
	return []shape{
		{"1", "", 2},
		{"1", "", 3},
		{"5", "", 3},
		{"6", "", 4},
		{"10", "n2", 4},
		{"10", "n2", 3},
		{"10", "f2", 3},
		{"10", "o2", 3},
	}
}

// set is a set of slots, one bit each.
type set uint

func one(slot int) set { return 1 << slot }

func (s set) has(slot int) bool { return s&one(slot) != 0 }
func (s set) with(slot int) set { return s | one(slot) }
func (s set) less(slot int) set { return s &^ one(slot) }
func (s set) within(o set) bool { return s&^o == 0 }
func (s set) size() int         { return bits.OnesCount(uint(s)) }
func (s set) String() string    { return fmt.Sprint(s.slots()) }

func (s set) slots() []int {
	all := []int{}
	for slot := range maxDisks {
		if s.has(slot) {
			all = append(all, slot)
		}
	}
	return all
}

// subsets is one more than the last set of an array's members; the first is 0,
// the empty one.
func (s shape) subsets() set { return one(s.disks) }

// orders are orders in which members fail: up to so many members every one,
// above that each rotation of the row, forth and back.
func (s shape) orders(every int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		if s.disks <= every {
			permute(nil, s.subsets()-1, yield)
			return
		}
		for first := range s.disks {
			forth, back := make([]int, s.disks), make([]int, s.disks)
			for i := range s.disks {
				forth[i], back[i] = (first+i)%s.disks, (first+s.disks-i)%s.disks
			}
			if !yield(forth) || !yield(back) {
				return
			}
		}
	}
}

func permute(head []int, rest set, yield func([]int) bool) bool {
	if rest == 0 {
		return yield(head)
	}
	for _, slot := range rest.slots() {
		if !permute(append(slices.Clip(head), slot), rest.less(slot), yield) {
			return false
		}
	}
	return true
}
