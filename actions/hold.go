package actions

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// doubt is why too little is known of g to act on r.
func (d *decision) doubt(g *redundancy.Assessed, r *Rule) []Reason {
	var out []Reason
	if v := g.Verdict; v.Status == redundancy.StatusUnknown {
		out = append(out, Reason{Key: whyUnknown, Text: fmt.Sprintf("nobody knows how %s is: from %s to %s", g.Group.Name, v.Worst, v.Best)})
	} else if !r.When.sure(v) {
		out = append(out, Reason{
			Key:  whyStatus,
			Text: fmt.Sprintf("%s may be anything from %s to %s, and the rule wants both", g.Group.Name, v.Worst, v.Best),
		})
	}
	if p := g.Pending; p != nil && d.now.Before(p.Due) {
		out = append(out, Reason{Key: whySettles, Text: "what is seen now differs, and has not lasted", Until: p.Due})
	}
	switch src, known := d.a.Source(g.Source); {
	case !known || src.At.IsZero():
		out = append(out, Reason{Key: whySource, Text: "it has not been looked at since the agent started"})
	case src.Blind:
		out = append(out, Reason{Key: whySource, Text: fmt.Sprintf("%s cannot be read: %s", src.Name, src.Why)})
	}
	if slices.Contains(r.Unless, UnlessCorrelated) && slices.Contains(d.c.Correlated, g.Group.ID) {
		out = append(out, Reason{Key: whyUnless, Text: "the fleet sees this fault on many hosts: it is not this one's to mend"})
	}
	if r.reach() == ReachFleet {
		if why := d.c.unasked(r.Pool); why != "" {
			out = append(out, Reason{Key: whyReach, Text: why})
		}
	}
	return out
}

// failures are what a rule goes by in one group.
type failures struct {
	count int
	since time.Time // when the newest of those that stand began
	event string    // and what told of it
}

// failures finds what r calls a failure of the member from, or of any member where from is empty. What comes back within
// settle.better of its end has not ended. One that stands counts however old it is, each other for failure_timeout.
func (h *History) failures(now time.Time, g *redundancy.Assessed, r *Rule, from redundancy.ID) failures {
	out := failures{since: g.Since}
	stands := false
	faults := h.Faults[g.Group.ID]
	for i, f := range faults {
		if !r.counts(f, from) {
			continue
		}
		began, continued := began(faults, i, r.Settle.Better)
		if f.stands() && (!stands || began.After(out.since)) {
			out.since, out.event, stands = began, f.Event, true
		}
		if f.stands() || now.Sub(f.Began) < r.Failures.Timeout && !continued {
			out.count++
		}
	}
	out.count = max(out.count, 1) // what calls for the action is one, whether or not anybody told of it
	return out
}

// counts says whether f is what r goes by.
func (r *Rule) counts(f Fault, from redundancy.ID) bool {
	if from != "" && f.Member != "" && f.Member != from {
		return false
	}
	if len(r.When.Event) > 0 {
		return slices.Contains(r.When.Event, f.Level)
	}
	return f.Member != ""
}

// began is when the fault at i began, counted from the first of those that each came back within better of the end of the
// one before; continued says that another one goes on where it ended.
func began(faults []Fault, i int, better time.Duration) (at time.Time, continued bool) {
	f := faults[i]
	same := func(o Fault) bool { return o.Member == f.Member && o.Level == f.Level }
	for k := i + 1; k < len(faults); k++ {
		if o := faults[k]; same(o) {
			continued = !f.stands() && o.Began.Sub(f.Ended) < better
			break
		}
	}
	at = f.Began
	for k := i - 1; k >= 0; k-- {
		o := faults[k]
		if !same(o) {
			continue
		}
		if at.Sub(o.Ended) >= better {
			break
		}
		at = o.Began
	}
	return at, continued
}

// limits are what r's own numbers say against acting.
func (h *History) limits(now time.Time, r *Rule, group redundancy.ID, f failures) []Reason {
	var out []Reason
	if lasted := now.Sub(f.since); lasted < r.Settle.Worse {
		out = append(out, Reason{
			Key: whySettle, Text: fmt.Sprintf("for %s now, counts after %s", span(lasted), span(r.Settle.Worse)),
			Until: f.since.Add(r.Settle.Worse),
		})
	}
	if f.count < r.Failures.Threshold {
		out = append(out, Reason{
			Key:  whyThreshold,
			Text: fmt.Sprintf("%d of %d failures within %s", f.count, r.Failures.Threshold, span(r.Failures.Timeout)),
		})
	}
	if why, held := h.limit(now, r, group); held {
		out = append(out, why)
	}
	return out
}

func (h *History) limit(now time.Time, r *Rule, group redundancy.ID) (Reason, bool) {
	n := 0
	var free time.Time
	for _, s := range slices.Backward(h.Starts) {
		if s.Group != group || s.Rule != r.Name || now.Sub(s.At) >= r.Limit.Per {
			continue
		}
		n++
		if n <= r.Limit.Max {
			free = s.At.Add(r.Limit.Per)
		}
	}
	if n < r.Limit.Max {
		return Reason{}, false
	}
	return Reason{Key: whyLimit, Text: fmt.Sprintf("%d of %d within %s", n, r.Limit.Max, span(r.Limit.Per)), Until: free}, true
}

// left is how many actions the daily cap still allows, those on their way to their start counted.
func (h *History) left(now time.Time) int {
	if !h.Latched.IsZero() {
		return 0
	}
	n := DailyCap - h.startedToday(now)
	for _, r := range h.Open {
		if r.Phase != Started && r.Action.By == "" {
			n--
		}
	}
	return max(n, 0)
}

// turn says why it is not c's turn.
func (d *decision) turn(c *candidate, taken map[redundancy.ID]Verb, left int) (Reason, bool) {
	id := c.action.Group
	if open, busy := d.h.Open[id]; busy {
		return busyWith(open), true
	}
	if verb, busy := taken[id]; busy {
		return Reason{Key: whyBusy, Text: fmt.Sprintf("%s comes first", verb)}, true
	}
	if v, vain := (*d.h.vain(c.action.Verb))[id]; vain && c.offer.IsZero() && d.now.Sub(v.At) < RetryAfter {
		return Reason{
			Key: whyVain, Text: fmt.Sprintf("%s was %s %s ago: %s", v.Action.Verb, v.Phase, span(d.now.Sub(v.At)), v.Why),
			Until: v.At.Add(RetryAfter),
		}, true
	}
	if left > 0 || !c.offer.IsZero() || len(c.why) > 0 && d.h.Latched.IsZero() {
		return Reason{}, false
	}
	return d.capped, true
}

// busyWith says what is under way.
func busyWith(open Record) Reason {
	return Reason{Key: whyBusy, Text: fmt.Sprintf("%s is %s", open.Action.Verb, open.Phase)}
}

// capped is what the daily cap says.
func (h *History) capped() Reason {
	text := fmt.Sprintf("%d actions within %s", DailyCap, span(CapWithin))
	if h.Latched.IsZero() {
		return Reason{Key: whyCap, Text: text + ", those planned counted"}
	}
	return Reason{Key: whyCap, Text: text + ": nothing more is done until a person releases it"}
}
