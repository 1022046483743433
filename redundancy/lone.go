package redundancy

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Lone is one lone component as it is shown: settled, doubts of age added. It has no verdict: its state, health and doubts say
// all, and what that means for the groups above it is in their verdicts.
type Lone struct {
	Component Component `json:"component"`
	Source    string    `json:"source"`
	SeenAt    time.Time `json:"seen_at,omitzero"` // when the look ended that Component comes from
	Since     time.Time `json:"since"`            // when it began to be shown as it is
	// Carried says that it is shown as it was before the agent started: nobody has seen it since.
	Carried bool  `json:"carried,omitempty"`
	Pending *Turn `json:"pending,omitempty"`
	// Worsened and Held are as those of a group.
	Worsened []time.Time `json:"worsened,omitempty"`
	Held     int         `json:"held,omitempty"`
	Fault    string      `json:"fault,omitempty"` // id of the event that told of what is wrong now
}

// Turn is a change of a lone component that has been seen and has not lasted long enough to be shown.
type Turn struct {
	Since time.Time     `json:"since"`
	Due   time.Time     `json:"due"` // when it will be shown, if it lasts
	Worse bool          `json:"worse"`
	Is    ComponentFace `json:"is"`
}

// findLone is where the lone component with this id is among all, which are sorted by id, or where it would be. A step looks for
// every disk and every sensor of the host, so it copies none of them on the way.
func findLone(all []Lone, id ID) (int, bool) {
	return sort.Find(len(all), func(i int) int { return cmp.Compare(id, all[i].Component.ID) })
}

// Component is the lone component with this id, and false where there is none.
func (a Assessment) Component(id ID) (Lone, bool) {
	i, found := findLone(a.Components, id)
	if !found {
		return Lone{}, false
	}
	return a.Components[i], true
}

// Predicted says whether c is expected to fail.
func (c Component) Predicted() bool { return slices.Contains(c.Doubts, DoubtPredicted) }

// undermines says whether c is a reason to doubt what stands on it. That nothing is heard of it is none.
func (c *Component) undermines() bool { return c.standing() == bad || c.Predicted() }

// fitness orders lone components from bad to good.
func (c *Component) fitness() int {
	switch {
	case c.standing() == bad:
		return 0
	case c.Predicted():
		return 1
	case c.standing() == doubtful:
		return 2
	case c.Health == HealthWarning:
		return 3
	default:
		return 4
	}
}

// aged is c as an old look told it.
func (c Component) aged() Component {
	if c.standing() != bad && !slices.Contains(c.Doubts, DoubtStale) {
		c.Doubts = append(slices.Clone(c.Doubts), DoubtStale)
		slices.Sort(c.Doubts)
	}
	return c
}

// carried is l of the time before the agent started, while its source has not told of it yet.
func (l Lone) carried(blind bool, now time.Time) Lone {
	l.Carried = true
	if !blind {
		return l
	}
	if old := l.Component.aged(); !l.Component.sameFace(&old) {
		return l.show(old, now)
	}
	return l
}

// settle decides whether c, which is what the lone component is now, is shown yet. It is the rule of groups.
func (l Lone) settle(known bool, c Component, now time.Time, r Rules) Lone {
	was := l
	l.Worsened = recent(was.Worsened, now, r.Flap)
	if !known {
		l.Component, l.Since, l.Pending = c, now, nil
		return l
	}
	flapping := r.Flap.Count > 0 && len(l.Worsened) >= r.Flap.Count
	if was.Component.sameFace(&c) {
		if p := was.Pending; p != nil && !p.Worse {
			l.Held++
			l.Worsened = append(l.Worsened, now)
		}
		l.Component, l.Pending = c, nil
		return l
	}
	better := c.fitness() > was.Component.fitness()
	wait := r.wait(c.Kind, better, flapping)
	since, due := now, now.Add(wait)
	if p := was.Pending; p != nil && p.Worse == !better {
		since, due = p.Since, later(p.Due, p.Since.Add(wait)) // a hold that was begun is kept to its end
	}
	if now.Before(due) {
		l.Pending = &Turn{Since: since, Due: due, Worse: !better, Is: c.face()}
		l.Component.Warnings = c.Warnings // these need no settling
		return l
	}
	return l.show(c, now)
}

// show makes a change visible and remembers a turn for the worse.
func (l Lone) show(c Component, now time.Time) Lone {
	if c.fitness() < l.Component.fitness() {
		l.Worsened = append(slices.Clone(l.Worsened), now)
	}
	l.Component, l.Since, l.Pending, l.Held = c, now, nil, 0
	return l
}

// lone are the lone components of a source that has looked, by its last look, its age and the baseline, on to all. The baseline's
// that the last look did not list are missing, unless they may be on their way.
func (a *Assessor) lone(all []Lone, expected roll, r Rules) []Lone {
	src := expected.src
	all = slices.Grow(all, len(a.sources[src.Name].components))
	for _, c := range a.sources[src.Name].components {
		was, known := expected.prev.Component(c.ID)
		was.Source, was.SeenAt, was.Carried = src.Name, src.At, false
		all = append(all, was.settle(known, c, expected.now, r))
	}
	for id, known := range r.Baseline.Groups {
		if !known.Lone || known.Source != src.Name || listsLone(src.Observation.Components, id) {
			continue
		}
		was, shown := expected.prev.Component(id)
		switch silent := expected.early || expected.blind; {
		case !silent || shown && !was.Carried:
			was.Source, was.SeenAt, was.Carried = src.Name, src.At, false
			all = append(all, was.settle(shown, known.absent(id, src.Name), expected.now, r))
		case shown:
			all = append(all, was.carried(expected.blind, expected.now))
		}
	}
	return all
}

func listsLone(all []Component, id ID) bool {
	_, found := slices.BinarySearchFunc(all, id, func(c Component, id ID) int { return cmp.Compare(c.ID, id) })
	return found
}

// absent is the lone component that k tells of and that its source does not list.
func (k Known) absent(id ID, source string) Component {
	return Component{ID: id, Kind: k.Kind, Name: k.Name, State: Absent, Health: Critical, Evidence: []Evidence{
		{Where: "baseline " + string(id), Value: k.Name}, {Where: source, Value: "does not list " + string(id)},
	}}
}

// known is what the baseline keeps of l.
func (c Component) known(source string) Known {
	return Known{Name: c.Name, Kind: c.Kind, Source: source, Lone: true}
}

// healthy says whether l was surely seen to be as it should: it works, and nothing is expected of it. Its health need not be
// known: not everything that is there can say.
func (l Lone) healthy() bool {
	return l.Component.Works() && l.Component.Health != HealthWarning && l.Pending == nil && !l.Carried
}

// event is an event about l with all that is common to them filled in.
func (l Lone) event(kind string, s Severity, text string) Event {
	c := &l.Component
	return Event{
		Type: kind, Subject: c.ID, Kind: c.Kind, Member: c.ID, Device: c.Name, Source: l.Source, Severity: s, Text: text,
	}
}

// components tells what changed of lone components.
func (d *differ) components() {
	if sameSlice(d.old.Components, d.new.Components) {
		return
	}
	for _, is := range d.new.Components {
		was, known := d.old.Component(is.Component.ID)
		if !known || !was.Component.sameFace(&is.Component) {
			d.lone(was, is, known)
		}
		d.warnings(was.Component.Warnings, is.Component.Warnings, is.event)
	}
	for _, was := range d.old.Components {
		if _, still := d.new.Component(was.Component.ID); !still {
			e := was.event(ComponentRemoved, SeverityInfo, label(was.Component)+" is no longer there, and nobody misses it")
			e.Was = was.Component.facePointer()
			d.add(e)
		}
	}
}

func (d *differ) lone(was, is Lone, known bool) {
	c := is.Component
	kind := componentChange(was.Component, known, c, false)
	if kind == "" {
		kind = ComponentAdded
	}
	s := SeverityInfo
	text := fmt.Sprintf("%s is %s", label(c), c.words())
	switch kind {
	case ComponentAdded:
		text = fmt.Sprintf("%s is watched: %s", label(c), c.words())
	case ComponentMissing:
		s, text = SeverityWarning, fmt.Sprintf("%s (%s) is no longer there", label(c), c.ID)
	case ComponentFailed, ComponentPredicted:
		s = SeverityWarning
	}
	e := is.event(kind, s, text)
	e.Is, e.Evidence = c.facePointer(), c.Evidence
	if known {
		e.Was = was.Component.facePointer()
	}
	e.Count = flaps(was.Held, is.Held)
	if src, _ := d.new.Source(is.Source); src.Blind {
		e.Notify = NotifyCaused
		d.add(e, SourceID(is.Source))
		return
	}
	d.add(e)
}

// citeLone notes the open fault of a lone component.
func (a *Assessment) citeLone(e Event) {
	i, found := findLone(a.Components, e.Member)
	if !found {
		return
	}
	switch e.Type {
	case ComponentFailed, ComponentMissing, ComponentPredicted:
		a.Components[i].Fault = e.ID
	case ComponentReturned, ComponentRemoved:
		a.Components[i].Fault = ""
	}
}

// foldLone applies an event about a lone component.
func (a *Assessment) foldLone(e Event) {
	i, found := findLone(a.Components, e.Member)
	switch e.Type {
	case ComponentRemoved:
		if found {
			a.Components = slices.Delete(a.Components, i, i+1)
		}
	case WarningRaised, DataLost, WarningCleared:
		if found {
			c := &a.Components[i].Component
			c.Warnings = withWarning(c.Warnings, Event{Type: e.Type, Key: e.Key, Is: e.Is})
		}
	case ComponentAdded, ComponentFailed, ComponentMissing, ComponentPredicted, ComponentReturned, ComponentChanged:
		if e.Is == nil || e.Is.ComponentFace == nil {
			return
		}
		c := MemberFace{ID: e.Member, Name: e.Device, ComponentFace: *e.Is.ComponentFace}.component()
		c.Kind = e.Kind
		if !found {
			a.Components = slices.Insert(a.Components, i, Lone{Component: c, Source: e.Source, Since: e.Time})
			return
		}
		c.Warnings = a.Components[i].Component.Warnings
		a.Components[i] = a.Components[i].show(c, e.Time)
	}
}

// public is the part of l that events carry.
func (l Lone) public() Lone {
	f := l.Component.face()
	pub := Lone{Source: l.Source, Component: Component{
		ID: l.Component.ID, Kind: l.Component.Kind, Device: f.Device, State: f.State, Health: f.Health, Doubts: f.Doubts,
	}}
	if len(f.Doubts) == 0 {
		pub.Component.Doubts = nil
	}
	for _, w := range l.Component.Warnings {
		pub.Component.Warnings = append(pub.Component.Warnings, Warning{Key: w.Key, Text: w.Text})
	}
	return pub
}
