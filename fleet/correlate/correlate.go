package correlate

import (
	"slices"
	"time"
)

// Case is one fault in one failure domain.
type Case struct {
	Domain string `json:"domain"` // "feed:r12-a"
	Fault  string `json:"fault"`  // "power.input_lost"
}

// Report is what a host says of a fault under one of its domains, now.
type Report struct {
	Case   Case
	Stands bool
	Age    time.Duration // since it began, by the host's own steady clock
}

// Record is what the store keeps of a case. The zero value is that of one that has never been found.
type Record struct {
	Incident   uint64 `json:"incident"` // how many there have been
	Open       bool   `json:"open"`     // found, and not cleared
	Hurt       int    `json:"hurt"`     // how many saw it when this was written
	Registered int    `json:"registered"`
}

// Rules are when a case is found and cleared.
type Rules struct {
	// Window is within what time of one another faults begin that are one, and how long it has to be calm to be over.
	Window time.Duration
	// Silence is after what time a host that says nothing is silent.
	Silence time.Duration
	// Voters is how many have to be heard at least: with fewer, half of them are one or two hosts.
	Voters int
}

// DefaultRules have a window of three minutes, in which the slowest of our sources, power at three looks of thirty seconds, has
// noticed twice over; a host is silent after three heartbeats.
func DefaultRules() Rules { return Rules{Window: 3 * time.Minute, Silence: 3 * time.Minute, Voters: 5} }

// State is what a case is.
type State string

// The states. Quiet: nothing that the domain shares. TooFew: its domain has too few hosts to tell. Undetermined: the silent ones
// would decide, whether what most of the others see is shared, or whether what was found is over. Found: more than half of all that are registered see it. Calming: it
// was found, and fewer than a quarter see it now. Cleared: that has lasted.
const (
	Quiet        State = "quiet"
	TooFew       State = "too few"
	Undetermined State = "undetermined"
	Found        State = "found"
	Calming      State = "calming"
	Cleared      State = "cleared"
)

// Verdict is what a case is, and by whom.
type Verdict struct {
	State State
	// Next is the record to write in the place of the one that was judged; nil: that stands.
	Next       *Record
	Hurt       []string // who sees it and is heard, sorted
	Silent     int      // how many are not heard
	Registered int
	Began      time.Time // of the first of those that make it one; zero: it was not found now
}

// Watch is what one arbiter has heard. Its zero value has heard nothing. One goroutine owns it.
type Watch struct {
	heard  map[string]time.Time          // when each host was heard last
	faults map[Case]map[string]time.Time // when each that stands began
	calm   map[Case]time.Time            // since when fewer than a quarter see one that was found
}

// Hear notes that host is there, and sees what it has told of and no more: it has to say first what it sees.
func (w *Watch) Hear(now time.Time, host string) {
	if w.heard == nil {
		w.heard = map[string]time.Time{}
	}
	w.heard[host] = now
}

// Take notes what host says, and that it is there.
func (w *Watch) Take(now time.Time, host string, r Report, rules Rules) {
	w.Hear(now, host)
	of := w.faults[r.Case]
	if !r.Stands {
		delete(of, host)
		if len(of) == 0 {
			delete(w.faults, r.Case)
		}
		return
	}
	if of == nil {
		of = map[string]time.Time{}
		if w.faults == nil {
			w.faults = map[Case]map[string]time.Time{}
		}
		w.faults[r.Case] = of
	}
	began := now.Add(-max(r.Age, 0))
	// The same fault told again: what came through faster tells better when it began.
	if was, again := of[host]; again && was.Before(began) && began.Sub(was) < rules.Window {
		began = was
	}
	of[host] = began
}

// Forget drops all that was heard of a host that is retired.
func (w *Watch) Forget(host string) {
	delete(w.heard, host)
	for c, of := range w.faults {
		if delete(of, host); len(of) == 0 {
			delete(w.faults, c)
		}
	}
}

// Cases are those that somebody sees.
func (w *Watch) Cases() []Case {
	out := make([]Case, 0, len(w.faults))
	for c := range w.faults {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Case) int {
		return slices.Compare([]string{a.Domain, a.Fault}, []string{b.Domain, b.Fault})
	})
	return out
}

// Judge is what c is, of which the store has was, in a domain of these registered hosts.
func (w *Watch) Judge(now time.Time, c Case, registered []string, was Record, rules Rules) Verdict {
	v := Verdict{State: Quiet, Registered: len(registered)}
	var begins []time.Time
	for _, host := range registered {
		began, hurt := w.faults[c][host]
		at, known := w.heard[host]
		switch {
		case !known || now.Sub(at) > rules.Silence:
			v.Silent++
		case hurt:
			v.Hurt = append(v.Hurt, host)
			begins = append(begins, began)
		}
	}
	slices.Sort(v.Hurt)
	if was.Open {
		w.over(now, c, was, rules, &v)
		return v
	}
	delete(w.calm, c)
	one, first := together(begins, rules.Window)
	voters := v.Registered - v.Silent
	switch {
	case v.Registered < rules.Voters:
		v.State = TooFew
	case 2*one > v.Registered && voters >= rules.Voters:
		v.State, v.Began = Found, first
		v.Next = &Record{Incident: was.Incident + 1, Open: true, Hurt: one, Registered: v.Registered}
	case 2*one > voters && 2*(one+v.Silent) > v.Registered:
		v.State = Undetermined
	}
	return v
}

// over judges a case that was found: who is silent may still see it.
func (w *Watch) over(now time.Time, c Case, was Record, rules Rules, v *Verdict) {
	few := func(n int) bool { return 4*n < v.Registered || v.Registered == 0 }
	if !few(len(v.Hurt) + v.Silent) {
		v.State = Found
		if few(len(v.Hurt)) {
			v.State = Undetermined
		}
		delete(w.calm, c)
		return
	}
	since, calming := w.calm[c]
	if !calming {
		since = now
		if w.calm == nil {
			w.calm = map[Case]time.Time{}
		}
		w.calm[c] = now
	}
	if v.State = Calming; now.Sub(since) < rules.Window {
		return
	}
	v.State = Cleared
	v.Next = &Record{Incident: was.Incident, Hurt: len(v.Hurt), Registered: v.Registered}
}

// together is how many of begins lie within a window, at most, and the first of those.
func together(begins []time.Time, window time.Duration) (n int, first time.Time) {
	slices.SortFunc(begins, time.Time.Compare)
	from := 0
	for to := range begins {
		for begins[to].Sub(begins[from]) > window {
			from++
		}
		if to-from+1 > n {
			n, first = to-from+1, begins[from]
		}
	}
	return n, first
}
