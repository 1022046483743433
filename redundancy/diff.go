package redundancy

import (
	"cmp"
	"fmt"
	"slices"
)

// Diff tells what changed between two assessments, as events in the order of EventTypes; but all of a group comes before
// what stands on it, so that no event cites a later one. It is complete: folding the events over old gives what new shows
// (Fold, Public). id gives the id of the event at a place in the returned slice, so that events can cite each other.
func Diff(old, new Assessment, id func(i int) string) []Event {
	d := differ{old: old, new: new}
	d.sources()
	d.components()
	d.groups()
	d.coverage()
	order := map[string]int{}
	for i, t := range EventTypes() {
		order[t] = i
	}
	heights := d.heights()
	slices.SortStableFunc(d.drafts, func(a, b draft) int {
		return cmp.Or(cmp.Compare(heights[a.Group], heights[b.Group]), cmp.Compare(order[a.Type], order[b.Type]),
			cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Key, b.Key))
	})
	if len(d.drafts) == 0 {
		return nil
	}
	told, open := map[ID]string{}, d.openFaults()
	events := make([]Event, len(d.drafts))
	for i, dr := range d.drafts {
		dr.ID = id(i)
		events[i] = dr.citing(told, open)
		if _, twice := told[dr.Subject]; !twice && opensOrClosesFault(dr.Type) {
			told[dr.Subject] = dr.ID
		}
	}
	return events
}

// draft is an event whose cause is still a list of subjects; the first that has an event is cited.
type draft struct {
	Event
	because []ID
}

type differ struct {
	old, new Assessment
	drafts   []draft
	faulty   map[ID]bool // of new; filled when first asked for
}

func (d *differ) add(e Event, because ...ID) {
	e.Time = d.new.At
	if e.Notify == "" {
		e.Notify = NotifyNow
	}
	d.drafts = append(d.drafts, draft{Event: e, because: because})
}

// SourceID is the subject of events about a source.
func SourceID(name string) ID { return ID("collector:" + name) }

func (d *differ) sources() {
	for _, is := range d.new.Sources {
		was, _ := d.old.Source(is.Name)
		if was.Blind != is.Blind {
			d.sight(was, is)
		}
	}
	for _, was := range d.old.Sources {
		if _, still := d.new.Source(was.Name); !still && was.Blind {
			d.sight(was, SourceState{Name: was.Name, Why: "no longer watched"})
		}
	}
}

func (d *differ) sight(was, is SourceState) {
	e := Event{
		Type: CollectorSighted, Subject: SourceID(is.Name), Kind: KindAgent, Source: is.Name, Severity: SeverityInfo,
		Was: &Face{TextFace: &TextFace{was.Why}}, Is: &Face{TextFace: &TextFace{is.Why}},
		Text: fmt.Sprintf("%s can be read again", is.Name),
	}
	if is.Blind {
		e.Type, e.Severity = CollectorBlind, SeverityWarning
		e.Text = fmt.Sprintf("%s cannot be read: %s", is.Name, is.Why)
		e.Evidence = []Evidence{{Where: is.Name, Err: is.Why}}
	}
	d.add(e)
}

func (d *differ) groups() {
	for _, is := range d.new.Groups {
		was, known := d.old.Group(is.Group.ID)
		if !known {
			d.groupAdded(is)
			was = Assessed{Group: Group{ID: is.Group.ID}}
		}
		if !sameSlice(was.Group.Members, is.Group.Members) {
			d.members(was, is, known)
		}
		d.warnings(was.Group.Warnings, is.Group.Warnings, func(kind string, s Severity, text string) Event {
			return is.event(kind, is.Group.ID, s, text)
		})
		d.fates(was.Group, is)
		d.activity(was.Group, is)
		d.verdict(was, is, known)
	}
	for _, was := range d.old.Groups {
		if _, still := d.new.Group(was.Group.ID); !still {
			e := was.event(GroupRemoved, was.Group.ID, SeverityWarning, was.Group.Name+" is no longer there")
			e.Was = was.face()
			d.add(e)
		}
	}
}

// event is an event about g with all that is common to them filled in.
func (g Assessed) event(kind string, subject ID, s Severity, text string) Event {
	return Event{
		Type: kind, Subject: subject, Kind: g.Group.Kind, Group: g.Group.ID, Name: g.Group.Name, GroupType: g.Group.Type,
		Source: g.Source, Severity: s, Text: text,
	}
}

func (d *differ) groupAdded(g Assessed) {
	e := g.event(GroupAdded, g.Group.ID, SeverityInfo,
		fmt.Sprintf("%s is watched: %s, margin %s", g.Group.Name, g.Verdict.Status, g.Verdict.Margin))
	e.Is = g.face()
	e.Evidence = g.Group.Evidence
	for _, c := range g.Group.Members {
		e.Members = append(e.Members, MemberFace{ID: c.ID, Name: c.Name, ComponentFace: c.face()})
	}
	d.add(e)
}

func (d *differ) members(was, is Assessed, known bool) {
	var needed map[ID]bool // asked for a group that is told of for the first time
	if !known {
		needed = is.Group.needed()
	}
	for _, c := range is.Group.Members {
		before, listed := was.Group.Member(c.ID)
		if listed && before.sameFace(&c) {
			continue
		}
		if !listed && !known && !needed[c.ID] {
			continue // a spare, or a failed device still attached: group.added and a warning have said it
		}
		kind := componentChange(before, listed, c, known)
		if listed && is.Group.stopped() {
			kind = ComponentChanged // nothing has failed
		}
		if kind != "" {
			d.component(is, kind, before, listed, c)
		}
	}
	for _, before := range was.Group.Members {
		if is.Group.find(before.ID) != nil {
			continue
		}
		s := SeverityInfo
		if before.Works() {
			s = SeverityWarning
		}
		e := is.event(ComponentRemoved, before.ID, s, fmt.Sprintf("%s is no longer part of %s", label(before), is.Group.Name))
		e.Member, e.Device = before.ID, before.Name
		e.Was = before.facePointer()
		d.add(e, d.below(before)...)
	}
}

// componentChange is the type of event for a member that is now c, and empty where group.added has said it.
func componentChange(was Component, listed bool, c Component, known bool) string {
	predicted := slices.Contains(c.Doubts, DoubtPredicted)
	broken := c.failed()
	if !listed {
		switch {
		case known:
			return ComponentAdded
		case broken && c.State == Absent:
			return ComponentMissing
		case broken:
			return ComponentFailed
		case predicted:
			return ComponentPredicted
		default:
			return ""
		}
	}
	switch {
	case !was.failed() && broken && c.State == Absent:
		return ComponentMissing
	case !was.failed() && broken, !was.Broken() && c.Broken():
		return ComponentFailed
	case was.Broken() && !c.Broken():
		return ComponentReturned
	case predicted && !slices.Contains(was.Doubts, DoubtPredicted):
		return ComponentPredicted
	case !predicted && slices.Contains(was.Doubts, DoubtPredicted) && !c.Broken():
		return ComponentReturned
	default:
		return ComponentChanged
	}
}

// failed says whether c is broken and not on its way to work, as a spare and a recovering member are.
func (c Component) failed() bool {
	return c.Broken() && c.State != Spare && c.State != Recovering
}

func (d *differ) component(g Assessed, kind string, was Component, listed bool, c Component) {
	s := SeverityInfo
	switch kind {
	case ComponentFailed, ComponentMissing, ComponentPredicted:
		s = SeverityWarning
	}
	e := g.event(kind, c.ID, s, fmt.Sprintf("%s: %s is %s", g.Group.Name, label(c), c.words()))
	e.Member, e.Device, e.Is, e.Evidence = c.ID, c.Name, c.facePointer(), c.Evidence
	if listed {
		e.Was = was.facePointer()
		if g.Group.Slots && kind == ComponentFailed && c.Device != "" && was.Device != "" && c.Device != was.Device {
			e.Text = fmt.Sprintf("%s: %s", g.Group.Name, occupied(was, c))
		}
	}
	because, undermined := d.below(c), slices.Concat(c.Undermined, was.Undermined)
	if len(because) > 0 || len(undermined) > 0 && kind != ComponentFailed && kind != ComponentMissing {
		e.Notify = NotifyCaused // what is below has said it; but for a disk that was predicted to fail and has
	}
	because = append(because, undermined...)
	if src, _ := d.new.Source(g.Source); src.Blind {
		because, e.Notify = []ID{SourceID(g.Source)}, NotifyCaused
	}
	d.add(e, because...)
}

// faulty are the members that are broken and the groups that surely have failed.
func (a Assessment) faulty() map[ID]bool {
	ids := map[ID]bool{}
	for _, g := range a.Groups {
		if g.Verdict.Best == Failed {
			ids[g.Group.ID] = true
		}
		for i := range g.Group.Members {
			if c := &g.Group.Members[i]; c.Broken() {
				ids[c.ID] = true
			}
		}
	}
	return ids
}

// warnings tells what changed of the warnings on something that event makes events of.
func (d *differ) warnings(was, is []Warning, event func(kind string, s Severity, text string) Event) {
	if sameSlice(was, is) {
		return
	}
	about := func(e Event, w Warning) Event {
		e.Key = w.Key
		if w.Member != "" {
			e.Member = w.Member
		}
		return e
	}
	for _, w := range is {
		before, raised := findWarning(was, w)
		if raised && before.Text == w.Text {
			continue
		}
		kind, severity := WarningRaised, SeverityWarning
		switch w.Key {
		case WarnDataLost:
			kind, severity = DataLost, SeverityCritical
		case WarnDrifted:
			kind = BaselineDrifted
		case WarnUnproven:
			severity = SeverityInfo
		}
		e := about(event(kind, severity, w.Text), w)
		e.Is, e.Evidence = &Face{TextFace: &TextFace{w.Text}}, w.Evidence
		if raised {
			e.Was = &Face{TextFace: &TextFace{before.Text}}
		}
		d.add(e)
	}
	for _, w := range was {
		if _, still := findWarning(is, w); still {
			continue
		}
		e := about(event(WarningCleared, SeverityInfo, "no longer: "+w.Text), w)
		e.Was = &Face{TextFace: &TextFace{w.Text}}
		d.add(e)
	}
}

func findWarning(all []Warning, like Warning) (Warning, bool) {
	for _, w := range all {
		if compareWarnings(w, like) == 0 {
			return w, true
		}
	}
	return Warning{}, false
}

func compareWarnings(a, b Warning) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Member, b.Member))
}

func (d *differ) activity(was Group, is Assessed) {
	before, now := was.Activity, is.Group.Activity
	if before != nil && (now == nil || now.Kind != before.Kind) {
		e := is.event(ActivityFinished, is.Group.ID, SeverityInfo, fmt.Sprintf("%s: %s ended", is.Group.Name, before.Kind))
		e.Was, e.Is = before.face(), is.finished(before, d.new.At)
		if e.Is != nil {
			e.Text += ", " + e.Is.Phase
		}
		d.add(e)
	}
	if now == nil {
		return
	}
	kind := ActivityStarted
	if before != nil && before.Kind == now.Kind {
		if before.step() == now.step() && before.Phase == now.Phase {
			return
		}
		kind = ActivityProgressed
	}
	e := is.event(kind, is.Group.ID, SeverityInfo, fmt.Sprintf("%s: %s", is.Group.Name, now.words()))
	e.Is = now.face()
	if kind == ActivityProgressed {
		e.Was = before.face()
	}
	d.add(e)
}

// progressSteps is how many events of progress one activity gives at the most; five is what mdadm --monitor does by default
// (RebuildNN every 20 %).
const progressSteps = 5

func (a Activity) step() int {
	p, known := a.Progress()
	if !known {
		return 0
	}
	return min(int(p*progressSteps), progressSteps)
}

func (d *differ) verdict(was, is Assessed, known bool) {
	quiet := is.Verdict.Status == FullyRedundant || is.Verdict.Status == NotRedundant || is.Group.undecided()
	if known && was.Verdict == is.Verdict || !known && quiet {
		return
	}
	e := is.event(RedundancyChanged, is.Group.ID, SeverityInfo,
		fmt.Sprintf("%s is %s, margin %s", is.Group.Name, is.Verdict.Status, is.Verdict.Margin))
	e.Is, e.Evidence = is.face(), is.Group.Evidence
	if known {
		e.Was = was.face()
	}
	worse := known && is.Verdict.Worse(was.Verdict)
	shrunk := worse && is.Verdict.Status == NotRedundant // nothing is back to full: there is less to lose than there was
	if !known || was.Verdict.Status != is.Verdict.Status && !shrunk {
		e.Type, e.Severity = statusEvent(is.Verdict.Status)
	} else if worse {
		e.Severity = SeverityWarning
	}
	e.Count = flaps(was.Held, is.Held)
	because, notify := d.reasons(is)
	e.Notify = notify
	d.add(e, because...)
}

// flaps is how many turns an event stands for that shows a change: itself and those that were held back before it. It is 0 where
// none was.
func flaps(held, now int) int {
	if held <= now {
		return 0
	}
	return held + 1
}

func statusEvent(s Status) (string, Severity) {
	switch s {
	case FullyRedundant, NotRedundant:
		return RedundancyRegained, SeverityInfo
	case Degraded:
		return RedundancyDegraded, SeverityWarning
	case Lost:
		return RedundancyLost, SeverityCritical
	case Failed:
		return RedundancyFailed, SeverityCritical
	case StatusUnknown:
		return RedundancyUnknown, SeverityWarning
	default:
		return RedundancyUnknown, SeverityWarning
	}
}
