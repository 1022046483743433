package bench

import (
	"slices"
	"time"
)

// Event is one message of the agent's stream. Seq is its place in the agent's log.
type Event struct {
	Type  string
	Array string
	Seq   uint64
	At    time.Time
}

// Told is what everybody told of all faults, each in the order of time.
type Told struct {
	Lines  []Line
	Watch  []Heard
	Floor  []Heard
	Alerts []Heard
	Events []Event
}

// Way is how one fault was told. All but Fault are moments; those that nobody told are zero.
type Way struct {
	Fault Fault

	Witness time.Time // poll returned on md/degraded
	Floor   time.Time // the bare loop's acknowledgement
	Alert   time.Time // the first line of mdadm --monitor's program
	Ours    time.Time // the agent has the acknowledgement of redundancy.lost

	Looked  time.Time // the look that saw it began
	Seen    time.Time // it ended
	Judged  time.Time // the event's own time
	Durable time.Time // the agent knows that its log holds the event
	First   time.Time // the agent has the acknowledgement of the first event of this fault
	Count   int       // events through redundancy.lost
}

// Faults are the ways of all faults that everybody told of, and how many were made.
type Faults struct {
	Ways []Way
	Made int
}

// Pair puts together what was told of the same fault: each telling after its command began and before the next one did.
func (t Told) Pair() Faults {
	var faults []Fault
	var inputs []Input
	for _, l := range t.Lines {
		if l.Fault != nil {
			faults = append(faults, *l.Fault)
		}
		if l.Input != nil {
			inputs = append(inputs, *l.Input)
		}
	}
	out := Faults{Made: len(faults)}
	for i, f := range faults {
		end := f.Began.Add(time.Hour)
		if i+1 < len(faults) {
			end = faults[i+1].Began
		}
		during := func(at time.Time) bool { return at.After(f.Began) && at.Before(end) }
		w := Way{Fault: f}
		w.Witness = heard(t.Watch, f.Array, "1", during)
		w.Floor = heard(t.Floor, f.Array, "1", during)
		w.Alert = heard(t.Alerts, f.Array, "", during)
		w.follow(t.Events, inputs, during)
		if !w.Witness.IsZero() && !w.Floor.IsZero() && !w.Ours.IsZero() {
			out.Ways = append(out.Ways, w)
		}
	}
	return out
}

// heard is when somebody first told of an array, during a time; value "" is any.
func heard(all []Heard, array, value string, during func(time.Time) bool) time.Time {
	i := slices.IndexFunc(all, func(h Heard) bool {
		return h.Array == array && (value == "" || h.Value == value) && during(h.At)
	})
	if i < 0 {
		return time.Time{}
	}
	return all[i].At
}

// follow finds the agent's part in the inputs of its step.
func (w *Way) follow(events []Event, inputs []Input, during func(time.Time) bool) {
	var first, lost Event
	for _, e := range events {
		if !during(e.At) {
			continue
		}
		if first.Seq == 0 {
			first = e
		}
		if e.Array == w.Fault.Array && e.Type == "redundancy.lost" {
			lost = e
			break
		}
	}
	if lost.Seq == 0 {
		return
	}
	w.Judged, w.Count = lost.At, int(lost.Seq-first.Seq)+1
	for _, in := range inputs {
		switch {
		case in.Look != nil && in.Look.Source == "raid" && !in.Look.Same && !in.At.After(lost.At):
			w.Looked, w.Seen = in.Look.Began, in.Look.Ended
		case in.Log != nil && w.Durable.IsZero() && in.Log.Durable >= lost.Seq:
			w.Durable = in.At
		case in.Stream != nil && in.Stream.Cursor != nil:
			if w.First.IsZero() && in.Stream.Cursor.Seq >= first.Seq {
				w.First = in.Stream.Taken
			}
			if w.Ours.IsZero() && in.Stream.Cursor.Seq >= lost.Seq {
				w.Ours = in.Stream.Taken
			}
		}
	}
}

// since is how long after the witness the moment of each way was.
func (f Faults) since(moment func(Way) time.Time) Sample {
	return f.between(func(w Way) time.Time { return w.Witness }, moment)
}

// between is how long it took from one moment of each way to another, where both were told.
func (f Faults) between(from, to func(Way) time.Time) Sample {
	var s Sample
	for _, w := range f.Ways {
		if a, b := from(w), to(w); !a.IsZero() && !b.IsZero() {
			s = append(s, b.Sub(a))
		}
	}
	return s
}

// beforeAlert is how often the agent's event was acknowledged before mdadm --monitor's program ran. An alert that never came
// came later.
func (f Faults) beforeAlert() int {
	n := 0
	for _, w := range f.Ways {
		if w.Alert.IsZero() || w.Ours.Before(w.Alert) {
			n++
		}
	}
	return n
}
