package service

import "fmt"

// Health is what a check says.
type Health uint8

// The three answers. Unknown: it could not be asked, which says nothing of what it was to be asked about.
const (
	Unknown Health = iota
	Well
	Sick
)

// String is the word that stands in evidence.
func (h Health) String() string {
	switch h {
	case Unknown:
		return "unknown"
	case Well:
		return "well"
	case Sick:
		return "sick"
	default:
		return fmt.Sprintf("#%d", uint8(h))
	}
}

// Answer is what one question brought.
type Answer struct {
	Health Health
	Text   string // what was seen, for people
}

func well(format string, args ...any) Answer { return Answer{Well, fmt.Sprintf(format, args...)} }

func sick(format string, args ...any) Answer { return Answer{Sick, fmt.Sprintf(format, args...)} }

func unknown(format string, args ...any) Answer { return Answer{Unknown, fmt.Sprintf(format, args...)} }

// Streak is what answers so far add up to. The zero value has heard none.
type Streak struct {
	Health Health // what counts
	In     int    // how many answers in a row have said Next
	Next   Health // what they said, Unknown left out
	Blind  int    // how many in a row were Unknown
}

// After is s with one more answer. It takes rise answers in a row to be well and fall to be sick. An Unknown neither counts
// nor breaks a row; fall of them in a row, and nothing is known any more.
func (s Streak) After(h Health, rise, fall int) Streak {
	if h == Unknown {
		if s.Blind++; s.Blind >= fall {
			return Streak{Blind: s.Blind}
		}
		return s
	}
	if s.Blind = 0; s.Next != h {
		s.Next, s.In = h, 0
	}
	s.In++
	if enough := map[Health]int{Well: rise, Sick: fall}[h]; s.In >= enough {
		s.Health = h
	}
	return s
}
