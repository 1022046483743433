package disk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

// Second is what can have smartctl look at a disk: the privileged helper. It may take until ctx ends, and longer. What it gives is
// what smartctl wrote, nothing for a disk that sleeps.
type Second interface {
	Smartctl(ctx context.Context, device string) ([]byte, error)
}

// secondTime is how long smartctl may take before nobody waits for it any more. The helper ends it sooner, if it can be ended.
const secondTime = 45 * time.Second

// opinion is what smartctl says of a disk that says something itself.
type opinion struct {
	due     time.Time // when it is asked again; zero: it never was to be
	at      time.Time // when it said what it says; zero: it has said nothing
	said    Smartctl
	report  Report
	why     string   // why it said nothing when it was last asked
	differs []string // the facts of which it said something else than the disk, then
	owes    bool     // it has not ended, and a command of its may be under way still
}

// seconded is report, which d has just given, with what smartctl adds. That is asked where its turn has come, and where it differs
// in another way than when it was asked: then one of the two has changed since.
func (a *asker) seconded(ctx context.Context, d Drive, p Path, report Report) Report {
	if a.second == nil {
		return report
	}
	o, now := a.opinion(d.ID), time.Now()
	switch {
	case o.due.IsZero(): // the disks come first
		o.due = now.Add(a.jittered(min(a.pace.Smartctl, time.Minute)))
	case !o.due.After(now), !o.at.IsZero() && !slices.Equal(o.differs, report.differs(o.report)):
		o = a.opine(ctx, p, o, report)
		a.rebase(d, p) // some of its commands were counted as errors
	}
	a.keep(d.ID, o)
	return report.with(p.Name, o)
}

func (a *asker) opinion(id redundancy.ID) opinion {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.courses[id]; c != nil {
		return c.second
	}
	return opinion{}
}

func (a *asker) keep(id redundancy.ID, o opinion) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.courses[id]; c != nil {
		c.second = o
	}
}

// opine asks smartctl.
func (a *asker) opine(ctx context.Context, p Path, was opinion, report Report) opinion {
	s, err := a.smartctl(ctx, p.Name)
	now := time.Now()
	is := opinion{due: now.Add(a.jittered(a.pace.Smartctl))}
	switch {
	case errors.Is(err, errNobody): // told once, not for every disk
	case hangs(err):
		is.why, is.owes, is.due = "smartctl has not ended", true, now.Add(holdTime)
	case err != nil:
		is.why = err.Error()
	case s.Asleep(): // it fell asleep a moment ago
		was.due = is.due
		return was
	default:
		is.at, is.said, is.report = now, s, s.report(p.Name)
		is.differs = report.differs(is.report)
	}
	return is
}

// hangs says whether err is that smartctl has not ended: now, or since it was asked before.
func hangs(err error) bool {
	r, refused := errors.AsType[*priv.RefusedError](err)
	return errors.Is(err, context.DeadlineExceeded) || refused && (r.Reason == priv.ReasonUnderWay || r.Reason == priv.ReasonBusy)
}

// errNobody is that smartctl can be asked for no disk at all.
var errNobody = errors.New("smartctl cannot be asked")

// smartctl has smartctl look at a disk. A Smartctl that is asleep may be of a disk that was not even asked.
func (a *asker) smartctl(ctx context.Context, device string) (Smartctl, error) {
	within, cancel := context.WithTimeout(ctx, secondTime)
	defer cancel()
	text, err := a.second.Smartctl(within, device)
	if err != nil && within.Err() == nil && !ofDisk(err) {
		a.absent(err.Error())
		return Smartctl{}, fmt.Errorf("%w: %w", errNobody, err)
	}
	a.absent("")
	switch {
	case err != nil:
		return Smartctl{}, err
	case len(text) == 0:
		return Smartctl{Exit: exitAsleep}, nil
	}
	return ParseSmartctl(text)
}

// ofDisk says whether err is why one disk was not asked, and says nothing of others.
func ofDisk(err error) bool {
	r, refused := errors.AsType[*priv.RefusedError](err)
	return refused && r.Reason != priv.ReasonMissing && r.Reason != priv.ReasonNotAllowed
}

// absent notes why smartctl can be asked for no disk; empty: it can.
func (a *asker) absent(why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nobody = why
}

// report is what smartctl says of the disk of this name, put as the disk itself would.
func (s Smartctl) report(name string) Report {
	r := reporter{name: name}
	switch {
	case s.Protocol == priv.NVMe && s.Speaks:
		r.nvme(s.NVMe)
	case s.Protocol == priv.ATA:
		r.ata(s.ATA)
	case s.Protocol == priv.SCSI:
		r.scsi(s.SCSI)
	}
	r.Model = s.Model
	return r.Report
}

// with is r with what smartctl says beside it: makers' names of attributes, what r has not read, and where both have read the same
// and differ a warning. What the disk itself says stands.
func (r Report) with(name string, o opinion) Report {
	if o.at.IsZero() {
		if o.why != "" {
			r.Evidence = append(slices.Clone(r.Evidence), redundancy.Evidence{Where: name + " smartctl", Err: o.why})
		}
		return r
	}
	r.Evidence, r.Warnings = slices.Clone(r.Evidence), slices.Clone(r.Warnings)
	read := map[string]bool{}
	for i, e := range r.Evidence {
		read[e.Where] = e.Err == ""
		r.Evidence[i].Where = named(e.Where, o.said.Names)
	}
	for _, e := range o.report.Evidence {
		if !read[e.Where] {
			r.Evidence = append(r.Evidence, o.word(e))
		}
	}
	if o.said.Exit != 0 {
		r.Evidence = append(r.Evidence, redundancy.Evidence{Where: name + " smartctl", Value: strings.Join(o.said.Exit.Words(), "; "), At: o.at})
	}
	for _, w := range o.report.Warnings {
		if !slices.ContainsFunc(w.Evidence, func(e redundancy.Evidence) bool { return read[e.Where] }) {
			r.Warnings = append(r.Warnings, w)
		}
	}
	differ := r.against(name, o)
	if differ != nil {
		r.Warnings = append(r.Warnings, *differ)
	}
	r.Predicts = r.Predicts || o.report.Predicts && differ == nil
	r.Speaks = r.Speaks || o.report.Speaks
	return r
}

// named is where with the name of the attribute that it is of.
func named(where string, names map[uint8]string) string {
	_, number, ok := strings.Cut(where, " SMART attribute ")
	id, err := strconv.ParseUint(number, 10, 8)
	if name := names[uint8(id)]; ok && err == nil && name != "" {
		return where + " " + name
	}
	return where
}

// word is e as smartctl's.
func (o opinion) word(e redundancy.Evidence) redundancy.Evidence {
	e.Where, e.At = named(e.Where, o.said.Names)+", says smartctl", o.at
	return e
}

// against is the warning that smartctl says something else than the disk; nil: it does not.
func (r Report) against(name string, o opinion) *redundancy.Warning {
	facts := r.differs(o.report)
	if len(facts) == 0 {
		return nil
	}
	w := redundancy.Warning{Key: WarnSecond, Text: name + ": smartctl reads something else than we do of " + strings.Join(facts, ", ")}
	for _, fact := range facts {
		for _, e := range r.Evidence {
			if factOf(e) == fact {
				w.Evidence = append(w.Evidence, e)
			}
		}
		for _, e := range o.report.Evidence {
			if factOf(e) == fact {
				w.Evidence = append(w.Evidence, o.word(e))
			}
		}
	}
	return &w
}

// differs are the facts that both have read, and differently: whether it is failing; whether there are any at all of what is counted,
// since a count may grow between two readings.
func (r Report) differs(second Report) []string {
	theirs := map[string]string{}
	for _, e := range second.Evidence {
		if e.Err == "" {
			theirs[factOf(e)] = e.Value
		}
	}
	var out []string
	for _, e := range r.Evidence {
		fact := factOf(e)
		value, both := theirs[fact]
		if !both || e.Err != "" {
			continue
		}
		switch fact {
		case "SMART status", "critical_warning", "informational exceptions":
			if value != e.Value {
				out = append(out, fact)
			}
		case "reallocated_sectors", "pending_sectors", "uncorrectable_sectors", "media_errors", "grown defects",
			"uncorrected reads", "uncorrected writes", "uncorrected verifies":
			if (value == "0") != (e.Value == "0") {
				out = append(out, fact)
			}
		}
	}
	return out
}

// factOf is what a reading is of, without the disk's name before it.
func factOf(e redundancy.Evidence) string {
	_, fact, _ := strings.Cut(e.Where, " ")
	return fact
}
