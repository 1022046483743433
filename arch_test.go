package plimsoll_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// reasons are imports that are allowed, each with why.
type reasons map[string]string

// lattice is every package of the project with what it may import of the project. What is not listed is forbidden; what is
// listed and no longer there is an error, so the table never tells of a house that was.
//
// The order is the direction of DESIGN §3, L1: the language, the watch, the rooms and the neighbours, the head, the doors.
var lattice = map[string]reasons{
	".":          {},
	"redundancy": {}, // the language: everybody speaks it, it knows nobody

	"actions":    {"redundancy": "what is decided on are its groups"},
	"collectors": {"redundancy": "a look brings an observation"},

	"internal/sysfs":     {},
	"internal/uevent":    {},
	"internal/journal":   {},
	"internal/lockmem":   {},
	"internal/logsink":   {},
	"internal/config":    {"actions": "the words and the values of the policy", "redundancy": "the words of statuses and healths"},
	"internal/procrun":   {},
	"internal/testcount": {},
	"internal/priv":      {},
	"internal/priv/hands": {
		"internal/priv":  "is asked in its words",
		"internal/sysfs": "bonds are looked at and changed through attributes",
	},
	"internal/view":      {"redundancy": "what is published is what was judged"},
	"internal/hostfacts": {"internal/view": "says who this host is in the words that are published"},
	"internal/hosttest":  {"internal/sysfs": "a fixture is the root of an FS, with read errors put in"},
	"internal/blockid": {
		"redundancy":     "who a device is, is an ID",
		"internal/sysfs": "a device says who it is through attributes",
	},

	"raid": {
		"redundancy":       "arrays are told as groups",
		"internal/sysfs":   "md speaks through attributes, and announces changes of some",
		"internal/uevent":  "a pulled disk is announced by the block layer alone",
		"internal/blockid": "a slot's occupant is named as every block device is",
	},
	"internal/topology": {
		"redundancy":       "what stands on what is told as parts and uses",
		"internal/blockid": "a part is named as the rooms name it",
		"internal/linkid":  "so is a link",
		"internal/sysfs":   "devices and links speak through attributes, mounts and swap announce changes",
		"internal/uevent":  "devices announce that they come and go",
	},
	"internal/linkid": {
		"redundancy":     "a link's id is a part's",
		"internal/sysfs": "who a link is stands in sysfs",
	},
	"internal/lldp": {
		"redundancy":       "switches are told as parts",
		"internal/linkid":  "who a link is, told as netbond and topology tell it",
		"internal/procrun": "lldpd is asked by its own program",
		"internal/sysfs":   "links stand in sysfs, what networkd has heard in /run",
	},
	"netbond": {
		"redundancy":      "bonds are told as groups",
		"internal/linkid": "who a link is, told as topology and lldp tell it",
		"internal/sysfs":  "the kernel's reports on bonds, and what carries a link, stand in procfs and sysfs",
	},

	"fleet": {
		"redundancy":    "what is published are its events",
		"internal/view": "says how the connection and the outbox fare in the words that are published",
	},
	"fleet/embedded": {"fleet": "tells how to reach it in the words of those who connect"},
	"internal/metrics": {
		"redundancy":    "names the words of state sets",
		"internal/view": "serves it, and nothing else: a scrape does no I/O",
	},
	"internal/api": {
		"redundancy":    "serves its words, and asks what if",
		"internal/view": "serves it, and nothing else: a page does no I/O",
	},

	"internal/agent": {
		"redundancy":         "judges in the step",
		"collectors":         "starts the watch over each source",
		"raid":               "wired in as a source",
		"netbond":            "wired in as a source",
		"internal/topology":  "wired in as a source",
		"fleet":              "wired in as the publisher",
		"internal/api":       "serves the view",
		"internal/config":    "is told what to wire",
		"internal/hostfacts": "asks once who this host is",
		"internal/journal":   "makes records durable",
		"internal/lldp":      "wired in as a source",
		"internal/lockmem":   "keeps its own text in memory",
		"internal/metrics":   "serves the view",
		"internal/procrun":   "runs the embedded server beside it",
		"internal/sysfs":     "gives rooms the mount points",
		"internal/view":      "publishes it after every step",
	},
	"internal/cli": {
		"redundancy":      "words of statuses and events, for people",
		"internal/api":    "speaks with the agent through its client, in its documents",
		"internal/agent":  "replays a trace through the same step",
		"internal/config": "prints and checks configuration",
		"fleet/embedded":  "is the embedded server's process",
	},

	"cmd/plimsolld": {
		"internal/agent":   "starts it",
		"internal/config":  "reads the file, sets what flags say",
		"internal/logsink": "logs without waiting for the reader",
	},
	"cmd/plimsoll": {"internal/cli": "runs it"},
	"cmd/plimsoll-priv": {
		"internal/config":     "reads what is allowed",
		"internal/logsink":    "logs without waiting for the reader",
		"internal/priv":       "tells the time as deadlines do",
		"internal/priv/hands": "runs it",
		"internal/sysfs":      "gives it the mount points",
	},

	"lab/dm":          {},
	"lab/md":          {},
	"lab/cmd/askpriv": {"internal/priv": "asks as the agent would"},

	"lab/link":   {},
	"lab/script": {},
	"lab/story":  {"redundancy": "an act ends when the events it brings have come"},
	"lab":        {"lab/link": "speaks with the guest", "lab/script": "runs what scripts say"},
	"lab/cmd/demo": {
		"lab/story":    "plays it",
		"internal/api": "asks the agent through its client",
		"redundancy":   "tells which events have come",
	},
	"lab/cmd/lab":   {"lab": "runs it", "lab/script": "reads scripts"},
	"lab/cmd/guest": {"lab/link": "speaks with the lab", "lab/dm": "a root that can be made to hang", "lab/md": "a root on a mirror"},
	"lab/cmd/peers": {},
	"lab/cmd/oracle": {
		"lab/dm":         "disks that can be made to die",
		"raid":           "asks the room itself what it sees",
		"redundancy":     "asks what it says of that",
		"internal/sysfs": "gives the room the mount points",
	},
	"lab/bench":       {},
	"lab/cmd/bench":   {"lab": "boots the guest and the server", "lab/bench": "tells what was measured"},
	"lab/cmd/witness": {"lab/bench": "tells what it saw in its words"},
	"lab/cmd/bondoracle": {
		"netbond":        "asks the room, over the guest's own netlink",
		"redundancy":     "asks the judge, and what if",
		"internal/sysfs": "gives the room the kernel's reports",
	},

	"fleet/xtest": {},
	"internal/api/xtest": {
		"internal/api":  "an agent that knows what it is told, behind its interface",
		"internal/view": "what it is told",
		"redundancy":    "accepts in its words",
	},
	"internal/journal/xtest": {"internal/journal": "a disk that fails on command, behind its interface"},
	"internal/view/xtest":    {"internal/view": "one view that shows everything", "redundancy": "the view's words"},
}

func TestPackagesImportOnlyWhatTheLatticeAllows(t *testing.T) {
	t.Parallel()
	for dir, p := range house(t) {
		allowed, listed := lattice[dir]
		if !listed {
			t.Errorf("%s stands in no row of the lattice: say what it may import, and why", dir)
			continue
		}
		for _, imp := range p.imports() {
			own, ok := strings.CutPrefix(imp, "plimsoll/")
			if ok && allowed[own] == "" {
				t.Errorf("%s imports %s, which the lattice does not allow", dir, own)
			}
		}
	}
}

func TestLatticeTellsOfNothingThatIsGone(t *testing.T) {
	t.Parallel()
	packages := house(t)
	for dir, allowed := range lattice {
		p, ok := packages[dir]
		if !ok {
			t.Errorf("the lattice lists %s, which does not exist", dir)
			continue
		}
		for own := range allowed {
			if !slices.Contains(p.imports(), "plimsoll/"+own) {
				t.Errorf("the lattice lets %s import %s, which it does not", dir, own)
			}
		}
	}
}

// rooms are the packages of one kind of hardware each.
var rooms = []string{"raid", "netbond"}

func TestNoRoomKnowsAnother(t *testing.T) {
	t.Parallel()
	packages := house(t)
	for _, room := range rooms {
		for _, other := range rooms {
			if room != other && slices.Contains(packages[room].allImports(), "plimsoll/"+other) {
				t.Errorf("%s imports %s: what rooms share belongs to redundancy or to a small package in internal", room, other)
			}
		}
	}
}

// owner says to whom an import from outside belongs, itself and all below it. Tests may use it all the same.
type owner struct {
	path   string
	owners []string
	why    string
}

func (o owner) covers(imp string) bool {
	if o.path == "log" {
		return imp == o.path // log/slog is another package altogether
	}
	return imp == o.path || strings.HasPrefix(imp, o.path+"/")
}

var owned = []owner{
	{"os/exec", []string{"internal/procrun", "lab", "lab/cmd/demo", "lab/cmd/guest", "lab/cmd/oracle", "lab/cmd/witness"}, "a child needs an end, a bound on its output and an owner"},
	{"github.com/nats-io", []string{"fleet", "fleet/embedded", "lab", "lab/cmd/witness"}, "what the fleet promises is kept in one place"},
	{"github.com/prometheus/client_golang", nil, "every metric is written from one published view; tests of internal/metrics let it check ours"},
	{"github.com/prometheus/exporter-toolkit", []string{"internal/api"}, "TLS and authentication of the listener are the API's"},
	{"github.com/prometheus/procfs", []string{"raid", "lab/cmd/peers"}, "mdstat is a cross-check of md's attributes, nothing more"},
	{"github.com/vishvananda/netlink", []string{"netbond", "internal/topology", "lab/cmd/bondoracle"}, "the kernel's words about links are netbond's, those about routes topology's; the lab makes bonds to ask about"},
	{"github.com/shirou/gopsutil", []string{"internal/hostfacts"}, "v3 is frozen; the move to v4 is then one package"},
	{"github.com/coreos/go-systemd/v22/daemon", []string{"internal/agent"}, "only the loop knows when it is ready and alive"},
	{"github.com/coreos/go-systemd/v22/dbus", []string{"internal/priv/hands"}, "units are changed by the privileged helper alone"},
	{"github.com/coreos/go-systemd/v22/activation", []string{"cmd/plimsoll-priv"}, "the helper's socket is made by systemd"},
	{"github.com/spf13/cobra", []string{"cmd/plimsolld", "internal/cli"}, "commands and flags are the doors'"},
	{"go.yaml.in/yaml", []string{"internal/config"}, "YAML is for people's files, read strictly in one place"},
	{"log/slog", []string{
		"collectors", "fleet", "internal/agent", "internal/api", "internal/api/xtest", "internal/config", "internal/logsink",
		"internal/priv/hands",
	}, "the pure packages have nothing to log: they return what happened"},
	{"log", nil, "logs go through an injected log/slog logger"},
	{"testing", []string{"internal/hosttest", "fleet/xtest", "internal/api/xtest"}, "no test code in the binaries"},
	{"unsafe", []string{"lab/dm", "lab/md"}, "only where a system call takes a pointer"},
	{"plugin", nil, "what runs is what was built"},
}

func TestImportsFromOutsideStayWithTheirOwners(t *testing.T) {
	t.Parallel()
	packages := house(t)
	for _, o := range owned {
		for _, dir := range o.owners {
			if !slices.ContainsFunc(packages[dir].imports(), o.covers) {
				t.Errorf("%s may import %s, and does not", dir, o.path)
			}
		}
		for dir, p := range packages {
			for _, imp := range p.imports() {
				if o.covers(imp) && !slices.Contains(o.owners, dir) {
					t.Errorf("%s imports %s, which belongs to %v: %s", dir, imp, o.owners, o.why)
				}
			}
		}
	}
}

func TestEveryPackageSaysOnceWhatItIsFor(t *testing.T) {
	t.Parallel()
	for dir, p := range house(t) {
		var where []string
		for _, f := range p.files {
			if f.ast.Doc != nil {
				where = append(where, f.name)
			}
		}
		want := []string{"doc.go"}
		if p.files[0].ast.Name.Name == "main" && slices.Equal(where, []string{"main.go"}) {
			continue // a command's comment is its usage, and may stand with its main
		}
		if !slices.Equal(where, want) {
			t.Errorf("%s has its package comment in %v, want it in %v alone", dir, where, want)
		}
	}
}

func TestEveryPackageHasItsParagraphInTheTour(t *testing.T) {
	t.Parallel()
	tour := readFile(t, "docs/architecture.md")
	for _, dir := range slices.Sorted(maps.Keys(house(t))) {
		if dir != "." && !strings.Contains(tour, "`"+dir+"`") {
			t.Errorf("docs/architecture.md has no paragraph on `%s`", dir)
		}
	}
}
