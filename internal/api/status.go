package api

import (
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// SchemaStatus names the status document. Within a version fields are only added.
const SchemaStatus = "plimsoll.status/1"

// Status is the status document: all that is shown of a host, sorted by id. Unknown is null, ages and durations are
// seconds, times are RFC 3339 in UTC.
type Status struct {
	Schema   string             `json:"schema"`
	At       time.Time          `json:"at"`
	Version  string             `json:"version"`
	Started  time.Time          `json:"started"`
	Host     Host               `json:"host"`
	Mode     string             `json:"mode"`
	Status   *redundancy.Status `json:"status"` // null: no group here has a margin to lose
	Margin   *Bounds            `json:"margin"`
	Fleet    Fleet              `json:"fleet"`
	Groups   []Group            `json:"groups"`
	Coverage []Covered          `json:"coverage"` // null: what the host's filesystems and routes stand on is not known
	Lone     []Lone             `json:"components"`
	Sources  []Source           `json:"sources"`
	Held     []Held             `json:"held"`
	Offered  []Offer            `json:"offered"`
	Acting   []Work             `json:"acting"`
	Frozen   []string           `json:"frozen"` // by whom and why; empty: not frozen
	Rests    []Maintenance      `json:"maintenance"`
	Latched  *time.Time         `json:"latched"` // since when the daily cap holds everything; null: it does not
	Outbox   Outbox             `json:"outbox"`
	Log      Log                `json:"log"`
}

// Host is who it is about.
type Host struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	BootID   string            `json:"boot_id"`
	Labels   map[string]string `json:"labels"`
	Platform string            `json:"platform"`
	Kernel   string            `json:"kernel"`
	Arch     string            `json:"arch"`
	Virtual  string            `json:"virtualization"`
}

// Bounds is a margin: how many further failures are surely, and at the most, survived.
type Bounds struct {
	Least int `json:"least"`
	Most  int `json:"most"`
}

// Fleet is how the host stands to its fleet. Trusted says whether it can ask for leave to do what reaches others: it is counted in
// Pools, has read what it remembers of their ledgers, and is connected.
type Fleet struct {
	Name       string   `json:"name"`
	Configured bool     `json:"configured"`
	Connected  bool     `json:"connected"`
	Embedded   bool     `json:"embedded"`
	Trusted    bool     `json:"trusted"`
	URL        *string  `json:"url"`
	Problem    *string  `json:"problem"`
	Pools      []string `json:"pools"`
}

// Group is one group as it is judged and shown. Pending is a change that has been seen and has not lasted long enough.
type Group struct {
	ID       redundancy.ID            `json:"id"`
	Name     string                   `json:"name"`
	Kind     redundancy.Kind          `json:"kind"`
	Type     redundancy.Type          `json:"type"`
	Status   redundancy.Status        `json:"status"`
	Worst    redundancy.Status        `json:"worst"`
	Best     redundancy.Status        `json:"best"`
	Serving  redundancy.Tristate      `json:"serving"`
	Since    time.Time                `json:"since"`
	Margin   redundancy.Margin        `json:"margin"`
	Members  []Component              `json:"members"`
	Fates    []Fate                   `json:"fates"`
	Activity *Activity                `json:"activity"`
	Warnings []Warning                `json:"warnings"`
	Pending  *Pending                 `json:"pending"`
	Settings map[string]string        `json:"settings"`
	Source   string                   `json:"source"`
	AgeS     *float64                 `json:"age_s"`
	Evidence []Evidence               `json:"evidence"`
	Faults   map[redundancy.ID]string `json:"faults"` // ids of the events that told of what is wrong now, by subject
}

// Component is one part that can fail.
type Component struct {
	ID       redundancy.ID      `json:"id"`
	Name     string             `json:"name"`
	Device   *redundancy.ID     `json:"device"`
	State    redundancy.State   `json:"state"`
	Health   redundancy.Health  `json:"health"`
	Doubts   []redundancy.Doubt `json:"doubts"`
	StandsOn []redundancy.ID    `json:"stands_on"`
	Needed   bool               `json:"needed"` // whether the group counts on it; spares and removed devices are not
	Evidence []Evidence         `json:"evidence"`
}

// Lone is a component in no group: a disk, a fan. Pending is a change that has been seen and has not lasted long enough.
type Lone struct {
	Component
	Kind     redundancy.Kind `json:"kind"`
	Since    time.Time       `json:"since"`
	Warnings []Warning       `json:"warnings"`
	Pending  *Turn           `json:"pending"`
	Source   string          `json:"source"`
	AgeS     *float64        `json:"age_s"`
	Fault    *string         `json:"fault"` // id of the event that told of what is wrong now
}

// Turn is a change of a lone component that is not shown yet.
type Turn struct {
	Since  time.Time          `json:"since"`
	Due    time.Time          `json:"due"`
	Worse  bool               `json:"worse"`
	State  redundancy.State   `json:"state"`
	Health redundancy.Health  `json:"health"`
	Doubts []redundancy.Doubt `json:"doubts"`
}

// Evidence is where something was seen, what it said or why it could not be read, and how old that is.
type Evidence struct {
	Where string   `json:"where"`
	Value *string  `json:"value"`
	Error *string  `json:"error"`
	AgeS  *float64 `json:"age_s"`
}

// Fate is a failure domain that members share, and the margin that is left if all of it fails. Accepted says that a person
// has accepted it.
type Fate struct {
	ID       redundancy.ID   `json:"id"`
	Domain   string          `json:"domain"`
	Name     string          `json:"name"`
	Members  []redundancy.ID `json:"members"`
	Margin   int             `json:"margin"`
	Accepted bool            `json:"accepted"`
}

// Activity is work that a group does on itself.
type Activity struct {
	Kind     string   `json:"kind"`
	Phase    *string  `json:"phase"`
	Progress *float64 `json:"progress"` // 0 to 1
	ETAS     *float64 `json:"eta_s"`
	Speed    *float64 `json:"bytes_per_second"`
}

// Warning is something a person should know of that costs no margin.
type Warning struct {
	Key      string         `json:"key"`
	Member   *redundancy.ID `json:"member"`
	Text     string         `json:"text"`
	Evidence []Evidence     `json:"evidence"`
}

// Pending is a change that is not shown yet.
type Pending struct {
	Since  time.Time         `json:"since"`
	Due    time.Time         `json:"due"`
	Worse  bool              `json:"worse"`
	Status redundancy.Status `json:"status"`
	Margin redundancy.Margin `json:"margin"`
}

// Source is how one source fares. AgeS is the age of the last look that brought something, null if none did.
type Source struct {
	Name      string   `json:"name"`
	AgeS      *float64 `json:"age_s"`
	DurationS *float64 `json:"duration_s"`
	Overdue   bool     `json:"overdue"`
	Blind     bool     `json:"blind"`
	Error     *string  `json:"error"`
	Notes     []string `json:"notes"`
}

// Covered is what stands between a filesystem, swap or route of the host and the next failure. By is the id of the group
// that covers for it (several, joined by a comma and a space), or one of the words "unprotected" and "not understood".
type Covered struct {
	ID     redundancy.ID    `json:"id"`
	What   string           `json:"what"`
	Kind   string           `json:"kind"`
	Cover  redundancy.Cover `json:"coverage"`
	By     string           `json:"by"`
	Groups []redundancy.ID  `json:"groups"`
	Why    *string          `json:"why"`
	Since  time.Time        `json:"since"`
}

// Held is an action that is not done, and why.
type Held struct {
	Rule  string        `json:"rule"`
	Verb  actions.Verb  `json:"verb"`
	Group redundancy.ID `json:"group"`
	Name  string        `json:"name"`
	Why   []string      `json:"why"`
}

// Outbox is what waits to be published.
type Outbox struct {
	Pending int    `json:"pending"`
	Dropped uint64 `json:"dropped"`
	Durable bool   `json:"durable"`
}

// Log is how the agent's own log fares.
type Log struct {
	ID        *string `json:"id"`
	Problem   *string `json:"problem"`
	Records   uint64  `json:"records"`
	LinesLost uint64  `json:"lines_lost"`
}
