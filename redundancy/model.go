package redundancy

import (
	"slices"
	"time"
)

// ID names a group or a component for good: it survives reboot, rename and replug ("raid:UUID", "raid:UUID/slot0",
// "bond:bond0", "disk:wwn:…"). Names for people are kept apart.
type ID string

// Kind is the room that a group or a lone component comes from: "raid", "bond", "power", "service", "disk", "hwmon",
// "multipath".
type Kind string

// The kinds that have rooms, "agent" for what the agent says of itself, "fleet" for what arbiters say of the fleet, and "drill" for what
// is only rehearsed.
const (
	KindRAID      Kind = "raid"
	KindBond      Kind = "bond"
	KindService   Kind = "service"
	KindPower     Kind = "power"
	KindDisk      Kind = "disk"
	KindHwmon     Kind = "hwmon"
	KindMultipath Kind = "multipath"
	KindAgent     Kind = "agent"
	KindFleet     Kind = "fleet"
	KindDrill     Kind = "drill"
)

// Evidence is where something was seen and what it said. Exactly one of Value and Err is meaningful: Err is the reason why
// the place could not be read.
type Evidence struct {
	Where string `json:"where"`           // a path, a netlink attribute, a sensor
	Value string `json:"value,omitempty"` // as the source spells it
	Err   string `json:"error,omitempty"`
	// At is when it was read, if that differs from the end of the look that carries it (a cached reading); zero otherwise.
	At time.Time `json:"at,omitzero"`
}

// Interval is a closed range of whole numbers, Low <= High.
type Interval struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// Exactly is the interval that holds n alone.
func Exactly(n int) Interval { return Interval{Low: n, High: n} }

// Need says how many of these members must work. Needed is an interval where the number itself is not known.
type Need struct {
	Members []ID     `json:"members"`
	Needed  Interval `json:"needed"`
	// Untold says that the number is one of Needed, always the same one, and that nobody has told which. Without it an interval
	// is a number that moves: what a rebuild has got to.
	Untold bool `json:"untold,omitempty"`
}

// Needs are the needs of a group: all of AllOf must be met, and, where AnyOf is not empty, at least one of AnyOf. The
// alternatives of AnyOf share no member (aggregators of a LAG); Needs.Check refuses others.
type Needs struct {
	AllOf []Need `json:"all_of,omitempty"`
	AnyOf []Need `json:"any_of,omitempty"`
}

// Component is one part that can fail. For an array it is the slot; Device is then the slot's present occupant. For a service
// it is the unit, and Device the run of it that goes on. One that is in no group is a lone component (a disk, a fan): nothing
// covers for it, and it has no margin.
type Component struct {
	ID     ID      `json:"id"`
	Kind   Kind    `json:"kind,omitempty"`   // the room of a lone component; empty: it is in a group, which has one
	Name   string  `json:"name"`             // for people: sda, eth0
	Device ID      `json:"device,omitempty"` // the occupant's stable identity: wwn:…, serial:…, mac:…, invocation:…
	State  State   `json:"state"`
	Health Health  `json:"health"`
	Doubts []Doubt `json:"doubts,omitempty"` // sorted, each once
	// Proven says of what stands by whether it has been seen to do the work: Yes, it has; No, it was tried and has not yet;
	// Unread, nobody tries. It costs no margin and is no news by itself (WarnUnproven tells of a No); but what would put work
	// on it asks for a Yes first.
	Proven   Tristate   `json:"proven,omitempty"`
	StandsOn []ID       `json:"stands_on,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Undermined are the lone components that a member of a group stands on and that are broken or predicted to fail, sorted.
	// Assess fills it in.
	Undermined []ID `json:"undermined,omitempty"`
	// Warnings are those on a lone component, sorted by key, each key once, none with a member. A member's are its group's.
	Warnings []Warning `json:"warnings,omitempty"`
	// Against is what this look found to speak against doing something to it: it is changing by itself, or was changed a
	// moment ago. It costs no margin and events do not carry it. It stands here because whoever decides what is done goes by
	// what one look found, and has neither clock nor memory.
	Against []Objection `json:"against,omitempty"`
}

// Objection is why something must not be done to a component as it is.
type Objection struct {
	Verb string `json:"verb,omitempty"` // what must not be done; empty: anything
	Text string `json:"text"`           // one clause for people, which stays the same while it holds
	// Until is when time alone does away with it; zero: it does not. A later look shows whether it has.
	Until time.Time `json:"until,omitzero"`
}

// Candidate is a device that is in no place of a group and may be taken into one. Who decides goes by what one look found, so
// what speaks against it stands beside it.
type Candidate struct {
	Verb   string `json:"verb"`             // what would take it in
	Device ID     `json:"device"`           // its stable identity, as that of a component's occupant
	Name   string `json:"name"`             // for people: sda1
	Member ID     `json:"member,omitempty"` // the place that it would take; empty: one that is there for it alone
	// Stayed says that it has not left the host since it had a place in the group: a person may have taken it out.
	Stayed bool `json:"stayed,omitempty"`
	// Tried is what became of an attempt to take it in, since it came: nobody but a person tries again. Empty: there was none.
	Tried   string      `json:"tried,omitempty"`
	Against []Objection `json:"against,omitempty"`
}

// Warning is something a person should know of that costs no margin: a missing spare, a failed device still attached, a
// misconfiguration. Within a group it is identified by Key and Member.
type Warning struct {
	Key      string     `json:"key"`              // kebab-case, documented: "spare-missing"
	Member   ID         `json:"member,omitempty"` // empty: the group as a whole
	Text     string     `json:"text"`             // one sentence for people
	Evidence []Evidence `json:"evidence,omitempty"`
}

// WarnDataLost is the key of the warning that data of a group can't be read from any of its copies. It is no matter of
// margin (the group may serve all the rest, whole), and worse than most that is: raising it is the event DataLost, critical.
const WarnDataLost = "data-lost"

// WarnUnproven is the key of the warning that what stands by has not been seen to do the work yet. It may only never have had
// the occasion, so the event that tells of it is info.
const WarnUnproven = "unproven"

// Activity is work that a group does on itself, in md's words. Phase is "delayed" or "pending" where it waits.
type Activity struct {
	Kind  string  `json:"kind"` // recover, resync, check, repair, reshape
	Phase string  `json:"phase,omitempty"`
	Done  uint64  `json:"done"`  // sectors of 512 bytes
	Total uint64  `json:"total"` // 0: not known
	Speed float64 `json:"bytes_per_second,omitempty"`
}

// Progress is the part done, 0 to 1, and false where the total is not known.
func (a Activity) Progress() (float64, bool) {
	if a.Total == 0 {
		return 0, false
	}
	return float64(a.Done) / float64(a.Total), true
}

// ETA is how long the rest takes at the present speed, and false where that can't be said.
func (a Activity) ETA() (time.Duration, bool) {
	if a.Total <= a.Done || a.Speed <= 0 {
		return 0, false
	}
	const sector = 512
	return time.Duration(float64(a.Total-a.Done) * sector / a.Speed * float64(time.Second)), true
}

// Fate is a failure domain that members share, and the margin that is left if all of it fails.
type Fate struct {
	ID       ID     `json:"id"`     // of the part that it is
	Domain   string `json:"domain"` // disk, controller, card, switch, feed, rack
	Name     string `json:"name"`
	Members  []ID   `json:"members"` // sorted; of those that needs count
	Margin   int    `json:"margin"`
	Accepted bool   `json:"accepted,omitempty"` // a person has said that it is meant to be so
}

// Group is a set of components that cover for one another, as one look found it.
type Group struct {
	ID      ID          `json:"id"`
	Name    string      `json:"name"`
	Kind    Kind        `json:"kind"`
	Type    Type        `json:"type"`
	Members []Component `json:"members"`         // sorted by ID; spares and failed devices still attached are in no need
	Slots   bool        `json:"slots,omitempty"` // members are places that are listed while empty too
	Needs   Needs       `json:"needs"`
	Serving Tristate    `json:"serving"`
	// Declared says that a person lists it and its members in the configuration. That is its baseline: nothing is learned of
	// it, and it is not missed once it is no longer listed there.
	Declared bool `json:"declared,omitempty"`
	// Unstarted says that it is put together and does not run. While the host boots, its members may still be coming.
	Unstarted bool              `json:"unstarted,omitempty"`
	Fates     []Fate            `json:"fates,omitempty"`
	Activity  *Activity         `json:"activity,omitempty"`
	Scrub     Scrub             `json:"scrub,omitempty"`
	Warnings  []Warning         `json:"warnings,omitempty"` // sorted by key, then member
	Settings  map[string]string `json:"settings,omitempty"` // what a baseline keeps: level, layout, mode
	Evidence  []Evidence        `json:"evidence,omitempty"`
	// Against is what this look found to speak against changing the group at all, as a component's Against does of one of its
	// members, and Candidates what may be taken into it, sorted by verb, then device. Neither costs margin, and events carry none.
	Against    []Objection `json:"against,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	// Unsought says that this look had no time to look for candidates: there may be others.
	Unsought bool `json:"unsought,omitempty"`
}

// Rebuilding says whether an array is being made whole, which takes as long as a disk is large. A service or a link that comes up
// takes moments, or will never be there.
func (g Group) Rebuilding() bool {
	return g.Kind == KindRAID && slices.ContainsFunc(g.Members, func(m Component) bool { return m.State == Recovering })
}

// Member is the member with this id, and false where there is none.
func (g Group) Member(id ID) (Component, bool) {
	if c := g.find(id); c != nil {
		return *c, true
	}
	return Component{}, false
}

// find is the member with this id, to be read only, and nil where there is none.
func (g *Group) find(id ID) *Component {
	for i := range g.Members {
		if g.Members[i].ID == id {
			return &g.Members[i]
		}
	}
	return nil
}

// Part is a thing that others stand on and that is itself no member of a group: a disk, a partition, a logical volume, a
// controller, a card, a switch.
type Part struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`                // for people: sda, vg0/root, 0000:03:00.0
	Domain   string `json:"domain,omitempty"`    // the failure domain it is: disk, controller, card, switch, …; empty: none
	StandsOn []ID   `json:"stands_on,omitempty"` // sorted; all of them must work for it to work
	// Opaque is why it can't be judged by what it stands on: it may survive the loss of a part of that, in a way that is not
	// understood ("btrfs over 2 devices"). Empty: it is what StandsOn says.
	Opaque string            `json:"opaque,omitempty"`
	Labels map[string]string `json:"labels,omitempty"` // what it is and where: serial, wwn, model, slot, enclosure
}

// Use is what people rely on and nobody covers for: a mounted filesystem, swap, the EFI system partition, a default route.
type Use struct {
	ID       ID         `json:"id"`
	What     string     `json:"what"`                // for people: /, swap on sda2, default route
	Kind     string     `json:"kind"`                // filesystem, swap, esp, route
	StandsOn []ID       `json:"stands_on,omitempty"` // sorted; all of them must work
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Observation is what one look at one source found. A look that read only a part returns that part, the rest Unknown with
// evidence, and no error.
type Observation struct {
	Groups     []Group     `json:"groups,omitempty"`     // sorted by ID
	Components []Component `json:"components,omitempty"` // sorted by ID; those in no group, each with its kind
	Parts      []Part      `json:"parts,omitempty"`      // sorted by ID; two sources may tell of one, each what it knows
	Uses       []Use       `json:"uses,omitempty"`       // sorted by ID
	Notes      []string    `json:"notes,omitempty"`      // what is not here and why, for people: "this kernel has no md driver"
	// Kept are the groups that this look did not read anew, sorted: they stand as a look before left them.
	Kept []ID `json:"kept,omitempty"`
}

// Source is the last that is known from one source.
type Source struct {
	Name        string        `json:"name"`
	Observation Observation   `json:"observation"`       // of the last look that came back without an error
	At          time.Time     `json:"at,omitzero"`       // when that look ended; zero: none yet
	Failing     string        `json:"failing,omitempty"` // why the newest look brought nothing; empty: it did
	Overdue     bool          `json:"overdue,omitempty"` // a look is out and past its deadline
	Since       time.Time     `json:"since,omitzero"`    // when we began to watch it
	StaleAfter  time.Duration `json:"stale_after"`       // older than this, what it says is doubtful
}

// Snapshot is all that is known of the host at one moment, by source, sorted by name.
type Snapshot struct {
	Sources []Source `json:"sources"`
}
