package history

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"plimsoll/fleet/ledger"
	"plimsoll/lab/effector"
)

// Revision is the ledger as it was from one write to the next. At is when the store took the write up, which is before it was
// committed; the next one was decided on this one, and is later than that.
type Revision struct {
	At     time.Time
	Ledger ledger.Ledger
}

// step is one thing that happened: the ledger became another, or a deed began or settled.
type step struct {
	what    string
	nonce   string
	started string // nonces, each followed by a space
	counted int    // entries that count against the budget
	budget  int
}

// became is the step by which the ledger is another.
const became = "became"

// world is what is so at one moment: nonces that the ledger has as started, and deeds that are open; each followed by a space.
type world struct {
	started, open string
	budget        int
}

func has(list, nonce string) bool { return slices.Contains(strings.Fields(list), nonce) }

// next is the world after s; false: s cannot happen in it.
func (w world) next(s step) (world, bool) {
	open := strings.Fields(w.open)
	switch s.what {
	case became:
		for _, nonce := range open {
			if !has(s.started, nonce) {
				return w, false
			}
		}
		w.started, w.budget = s.started, s.budget
		return w, s.counted <= s.budget
	case effector.Began:
		fits := len(open) < w.budget && has(w.started, s.nonce) && !has(w.open, s.nonce)
		w.open = join(append(open, s.nonce))
		return w, fits
	case effector.Settled:
		fits := has(w.open, s.nonce)
		w.open = join(slices.DeleteFunc(open, func(n string) bool { return n == s.nonce }))
		return w, fits
	case effector.Refused:
		return w, true // nothing was done
	default:
		return w, false
	}
}

func join(nonces []string) string {
	slices.Sort(nonces)
	var b strings.Builder
	for _, n := range nonces {
		b.WriteString(n + " ")
	}
	return b.String()
}

// patience bounds the search for an order.
const patience = 5 * time.Minute

// Check looks for an order that fits. It answers with an error where there is none; a picture of the history is then in the file
// picture.
func Check(revisions []Revision, lines []effector.Line, picture string) error {
	model := porcupine.Model{
		Init: func() any { return world{} },
		Step: func(state, input, _ any) (bool, any) {
			w, s := state.(world), input.(step) //nolint:errcheck // they are what Init and operations make
			next, fits := w.next(s)
			return fits, next
		},
		DescribeOperation: func(input, _ any) string {
			s := input.(step) //nolint:errcheck // it is what operations makes
			return s.what + " " + s.nonce + s.started
		},
		DescribeState: func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	result, info := porcupine.CheckOperationsVerbose(model, operations(revisions, lines), patience)
	if result == porcupine.Ok {
		return nil
	}
	err := fmt.Errorf("check the history: %s: no order of %d revisions and %d lines fits", result, len(revisions), len(lines))
	if pictured := porcupine.VisualizePath(model, info, picture); pictured != nil {
		return fmt.Errorf("%w; no picture: %w", err, pictured)
	}
	return fmt.Errorf("%w; see %s", err, picture)
}

// operations are the steps with when each can have happened.
func operations(revisions []Revision, lines []effector.Line) []porcupine.Operation {
	var out []porcupine.Operation
	for i, r := range revisions {
		s := step{what: became, budget: r.Ledger.Budget, counted: len(r.Ledger.Open())}
		var started []string
		for _, e := range r.Ledger.Entries {
			if e.Phase == ledger.Started {
				started = append(started, e.Nonce)
			}
		}
		s.started = join(started)
		until := int64(math.MaxInt64)
		if i+1 < len(revisions) {
			until = revisions[i+1].At.UnixNano()
		}
		out = append(out, porcupine.Operation{Input: s, Call: r.At.UnixNano(), Return: until})
	}
	clients := map[string]int{}
	for _, l := range lines {
		if _, known := clients[l.Host]; !known {
			clients[l.Host] = len(clients) + 1
		}
		at := l.At.UnixNano()
		out = append(out, porcupine.Operation{ClientId: clients[l.Host], Input: step{what: l.What, nonce: l.Nonce}, Call: at, Return: at})
	}
	return out
}

// Count is how many deeds there were, and how many were open at once.
func Count(lines []effector.Line) (deeds, most int) {
	open := 0
	for _, l := range lines {
		switch l.What {
		case effector.Began:
			deeds++
			open++
			most = max(most, open)
		case effector.Settled:
			open--
		}
	}
	return deeds, most
}
