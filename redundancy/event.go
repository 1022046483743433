package redundancy

import "time"

// Event types, without the "plimsoll." prefix and the version that the envelope adds. docs/events.md says when each is sent.
const (
	RedundancyDegraded = "redundancy.degraded"
	RedundancyLost     = "redundancy.lost"
	RedundancyFailed   = "redundancy.failed"
	RedundancyRegained = "redundancy.regained" // back to full
	RedundancyUnknown  = "redundancy.unknown"
	RedundancyChanged  = "redundancy.changed" // margin or serving moved within one word

	GroupAdded   = "group.added"
	GroupRemoved = "group.removed"

	WarningRaised  = "warning.raised"
	WarningCleared = "warning.cleared"

	DataLost = "data.lost" // raises the warning WarnDataLost, instead of warning.raised

	ComponentAdded     = "component.added"
	ComponentRemoved   = "component.removed" // no part of the group any more, and no loss: a spare that took a slot
	ComponentFailed    = "component.failed"
	ComponentMissing   = "component.missing"
	ComponentPredicted = "component.predicted"
	ComponentReturned  = "component.returned"
	ComponentChanged   = "component.changed" // any other move: standby became active, a new device took the slot

	ActivityStarted    = "activity.started"
	ActivityProgressed = "activity.progressed"
	ActivityFinished   = "activity.finished"

	FateShared  = "fate.shared"
	FateCleared = "fate.cleared"

	CoverageChanged = "coverage.changed"

	BaselineLearned  = "baseline.learned"
	BaselineAccepted = "baseline.accepted"
	BaselineDrifted  = "baseline.drifted" // raises the warning WarnDrifted, instead of warning.raised

	CollectorBlind   = "collector.blind"
	CollectorSighted = "collector.sighted"

	ActionIntended = "action.intended"
	ActionHeld     = "action.held" // called for, and not done; told when what speaks against it changes
	ActionDone     = "action.done"
	ActionFailed   = "action.failed"
	ActionInDoubt  = "action.indoubt" // the agent ended while it was done; looks will tell
	ActionStuck    = "action.stuck"   // no look has told for long

	GrantMade    = "grant.made"    // the fleet has given leave for an action
	GrantRefused = "grant.refused" // it has not; told when what speaks against it changes
	GrantStuck   = "grant.stuck"   // leave is out for long, and nobody else of the pool gets it

	// These are told by the fleet's arbiters, of the fleet as a whole.
	CorrelationFound   = "correlation.found"   // most of a failure domain sees the same fault
	CorrelationCleared = "correlation.cleared" // few do any more, for long enough
	FleetFrozen        = "fleet.frozen"        // nothing that reaches others begins in a pool
	FleetThawed        = "fleet.thawed"

	FailoverDone    = "failover.done"
	FailoverRefused = "failover.refused" // called for, and impossible or unsafe as things are
	FailoverFailed  = "failover.failed"
	FailbackOffered = "failback.offered" // a person may ask for it
	FailbackDone    = "failback.done"

	DrillStarted   = "drill.started"
	DrillRehearsed = "drill.rehearsed" // what a fault would have told
	DrillFinished  = "drill.finished"

	AgentStarted = "agent.started"
	AgentStopped = "agent.stopped"
)

// EventTypes are all types that this version sends, in the order in which events of one step are sent: what explains a
// verdict, the verdict, and then what only describes (docs/decisions/0013-verdicts-early.md).
func EventTypes() []string {
	return []string{
		AgentStarted,
		CollectorBlind, CollectorSighted,
		GroupAdded, GroupRemoved,
		ComponentFailed, ComponentMissing, ComponentPredicted, ComponentReturned, ComponentRemoved,
		RedundancyDegraded, RedundancyLost, RedundancyFailed, RedundancyRegained, RedundancyUnknown, RedundancyChanged,
		DataLost, BaselineDrifted,
		ComponentAdded, ComponentChanged,
		WarningRaised, WarningCleared,
		FateShared, FateCleared,
		ActivityFinished, ActivityStarted, ActivityProgressed,
		CoverageChanged,
		BaselineLearned, BaselineAccepted,
		CorrelationFound, CorrelationCleared,
		FleetFrozen, FleetThawed,
		GrantMade, GrantRefused, GrantStuck,
		ActionIntended, ActionDone, ActionFailed, ActionInDoubt, ActionStuck,
		FailoverDone, FailoverFailed, FailbackDone,
		FailoverRefused, ActionHeld, FailbackOffered,
		DrillStarted, DrillRehearsed, DrillFinished,
		AgentStopped,
	}
}

// OfFleet says whether events of this type are told by arbiters alone, and by no host.
func OfFleet(eventType string) bool {
	switch eventType {
	case CorrelationFound, CorrelationCleared, FleetFrozen, FleetThawed:
		return true
	}
	return false
}

// Notify says whom an event is for. Every event is sent; only NotifyNow is meant to wake somebody.
type Notify string

// The values: NotifyNow by default; NotifyCaused where an event named as its cause has said it all (every group of a blind
// source becoming unknown); NotifyDeferred where the fleet may be about to tell of the same fault as one event of most of a
// failure domain. If it does not, the host tells again, with NotifyNow, what is still so.
const (
	NotifyNow      Notify = "now"
	NotifyCaused   Notify = "caused"
	NotifyDeferred Notify = "deferred"
)

// GroupFace is what events tell of a group as a whole.
type GroupFace struct {
	Status  Status   `json:"status"`
	Worst   Status   `json:"worst"`
	Best    Status   `json:"best"`
	Margin  Margin   `json:"margin"`
	Serving Tristate `json:"serving"`
}

// ComponentFace is what events tell of a component.
type ComponentFace struct {
	State  State   `json:"state"`
	Health Health  `json:"health"`
	Doubts []Doubt `json:"doubts"`
	Device ID      `json:"device"`
}

// TextFace is what events tell of a warning, or of why a source is blind.
type TextFace struct {
	Text string `json:"text"`
}

// ActivityFace is what events tell of an activity.
type ActivityFace struct {
	Activity string  `json:"activity"`
	Phase    string  `json:"phase"`
	Done     uint64  `json:"done"`
	Total    uint64  `json:"total"`
	Speed    float64 `json:"bytes_per_second"`
}

// FateFace is what events tell of a fate.
type FateFace struct {
	Domain     string `json:"domain"`
	Part       ID     `json:"part"`
	PartName   string `json:"part_name"`
	Members    []ID   `json:"members"`
	MarginLeft int    `json:"margin_left"` // if all of it fails
	Accepted   bool   `json:"accepted"`
}

// CoverageFace is what events tell of a use.
type CoverageFace struct {
	What     string `json:"what"`
	UseKind  string `json:"use_kind"`
	Coverage Cover  `json:"coverage"`
	By       []ID   `json:"by"`
	Why      string `json:"why"`
}

// ActionFace is what events tell of an action.
type ActionFace struct {
	Action  string   `json:"action"` // id of its log; empty: it has not been begun
	Verb    string   `json:"verb"`
	Hook    string   `json:"hook,omitempty"` // which, where the verb is hook
	Outcome string   `json:"outcome"`        // how far it came: intended, refused, granted, done, failed, abandoned, held, offered, in doubt, stuck, owing
	Rule    string   `json:"rule"`
	From    ID       `json:"from"`
	To      ID       `json:"to"`
	AskedBy string   `json:"asked_by"` // empty: policy
	HeldBy  []string `json:"held_by"`  // keys of what speaks against it, sorted
	Reasons []string `json:"reasons"`  // and that in words
}

// CaseFace is what events tell of one fault in one failure domain, which is their subject.
type CaseFace struct {
	Fault      string   `json:"fault"`
	Incident   uint64   `json:"incident"` // how many there have been of this case
	Hurt       int      `json:"hurt"`     // how many hosts see it
	Registered int      `json:"registered"`
	Silent     int      `json:"silent"` // how many of those have not been heard of lately
	Hosts      []string `json:"hosts"`  // who sees it, by name, sorted; the first of many
}

// Face is one side of a change; the part that fits the event's type is set.
type Face struct {
	*GroupFace
	*ComponentFace
	*ActivityFace
	*TextFace
	*FateFace
	*CoverageFace
	*ActionFace
	*CaseFace
}

// MemberFace is a member as group.added tells it.
type MemberFace struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
	ComponentFace
}

// lone says whether e is about a lone component.
func (e *Event) lone() bool { return e.Group == "" && e.Member != "" }

// Event is one change of what is judged, complete enough that folding all events gives the judged state again.
type Event struct {
	ID        string       `json:"id"`
	Type      string       `json:"type"`
	Time      time.Time    `json:"time"`
	Subject   ID           `json:"subject"` // the group's, the member's or the use's id; of a collector's event the source's name
	Kind      Kind         `json:"kind"`
	Group     ID           `json:"group,omitempty"`
	Name      string       `json:"name,omitempty"` // the group's or the use's, for people
	GroupType Type         `json:"group_type,omitempty"`
	Member    ID           `json:"member,omitempty"`
	Device    string       `json:"device_name,omitempty"` // the member's name for people
	Key       string       `json:"key,omitempty"`         // of a warning; of a fate the part that is shared
	Source    string       `json:"source,omitempty"`      // the collector that the group comes from
	Was       *Face        `json:"was"`
	Is        *Face        `json:"is"`
	Members   []MemberFace `json:"members,omitempty"` // of group.added
	Severity  Severity     `json:"severity"`
	Cause     string       `json:"cause,omitempty"` // an earlier event's id
	Count     int          `json:"count,omitempty"` // turns that this one event stands for, itself included; 0 where none was held back
	Notify    Notify       `json:"notify"`
	Text      string       `json:"text"` // one sentence for people
	Evidence  []Evidence   `json:"evidence,omitempty"`
	Drill     *Drill       `json:"drill,omitempty"` // of a drill's own events, which are about nothing that is so
}

// Drill is what a drill's event rehearses. Nothing of it has happened.
type Drill struct {
	Group     ID       `json:"group"`
	Member    ID       `json:"member"`
	Fault     string   `json:"fault"`     // failed, missing, predicted, silent; empty: a real one, of a bond that is moved and moved back
	Rehearses string   `json:"rehearses"` // the type of the event that the fault would have brought; empty: the drill's own
	Severity  string   `json:"severity"`  // of that
	Actions   []string `json:"actions"`   // of drill.finished: what would have been begun, or held and why
}
