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

	"internal/sysfs":  {},
	"internal/uevent": {},
	"internal/announce": {
		"internal/sysfs":  "attributes announce changes",
		"internal/uevent": "so do devices",
	},
	"internal/journal": {},
	"internal/ipmi":    {},
	"internal/lockmem": {},
	"internal/logsink": {},
	"internal/config":  {"actions": "the words and the values of the policy", "redundancy": "the words of statuses and healths"},
	"internal/procrun": {},
	"internal/secret":  {},
	"internal/hook": {
		"actions":          "is the hand of one of its verbs",
		"internal/secret":  "a token that others can read is refused",
		"internal/procrun": "programs are started there",
	},
	"internal/freeze":    {},
	"internal/signal":    {"actions": "tells what they make of the host"},
	"internal/testcount": {},
	"internal/logind":    {},
	"internal/priv":      {},
	"internal/deed": {
		"actions":        "the helper's answer is told in the engine's words",
		"internal/priv":  "asks the helper in its words",
		"internal/sysfs": "procfs tells boots apart, which deadlines are of",
	},
	"internal/priv/hands": {
		"internal/priv":    "is asked in its words",
		"internal/sysfs":   "bonds and arrays are looked at and changed through attributes",
		"internal/blockid": "a device must be the one that the agent saw",
		"internal/udevdb":  "what udev took up a moment ago is udev's",
		"internal/procrun": "mdadm and smartctl are run there",
	},
	"internal/view": {
		"redundancy": "what is published is what was judged",
		"actions":    "and what is to be done",
	},
	"internal/hostfacts": {"internal/view": "says who this host is in the words that are published"},
	"internal/hosttest": {
		"redundancy":     "what a room saw of a fixture is judged, and both are compared",
		"internal/sysfs": "a fixture is the root of an FS, with read errors put in",
	},
	"internal/udevdb": {"internal/sysfs": "the database is a tree of files below a mount point"},
	"internal/fact": {
		"redundancy":     "a fact is cited as evidence",
		"internal/sysfs": "it is read from an attribute",
	},
	"internal/blockid": {
		"redundancy":     "who a device is, is an ID",
		"internal/sysfs": "a device says who it is through attributes",
	},

	"raid": {
		"redundancy":        "arrays are told as groups",
		"internal/sysfs":    "md speaks through attributes, and announces changes of some",
		"internal/uevent":   "a pulled disk is announced by the block layer alone",
		"internal/announce": "listens to md's attributes and to that at once",
		"internal/blockid":  "a slot's occupant is named as every block device is",
		"internal/fact":     "what an attribute says, or why that is not known",
		"internal/udevdb":   "udev has read the metadata of devices that md does not hold",
		"actions":           "its verbs are ways, and its hand an operator",
		"internal/priv":     "what changes an array is asked of the helper",
		"internal/deed":     "as every room asks it",
	},
	"internal/topology": {
		"internal/udevdb":   "udev knows the types of partitions",
		"redundancy":        "what stands on what is told as parts and uses",
		"internal/blockid":  "a part is named as the rooms name it",
		"internal/linkid":   "so is a link",
		"internal/rtnl":     "asks the kernel for default routes",
		"internal/sysfs":    "devices and links speak through attributes, mounts and swap announce changes",
		"internal/uevent":   "devices announce that they come and go",
		"internal/announce": "listens to them and to mounts and swap at once",
	},
	"power": {
		"redundancy":        "supplies are told as a group",
		"internal/ipmi":     "the BMC's records and readings are in its language",
		"internal/priv":     "the BMC is asked through the helper, whose words for a silent one are its",
		"internal/sysfs":    "supplies, lines and batteries speak through attributes, and so does whether there is a BMC",
		"internal/chipid":   "who a PMBus supply is, for good",
		"internal/patience": "a supply that does not answer holds nobody up",
		"internal/announce": "listens to lines and batteries",
		"internal/uevent":   "which the kernel announces so",
	},
	"internal/chipid":   {"internal/sysfs": "chips stand in sysfs"},
	"internal/rtnl":     {},
	"internal/patience": {},
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
		"actions":         "brings ways and operators",
		"internal/priv":   "asks the helper in its words",
		"internal/deed":   "asks for actions as every room does",
		"netbond/paths":   "asks which paths carry",
		"internal/linkid": "who a link is, told as topology and lldp tell it",
		"internal/rtnl":   "asks the kernel for bonds and their members",
		"internal/sysfs":  "the kernel's reports on bonds, and what carries a link, stand in procfs and sysfs",
	},
	"netbond/paths": {
		"redundancy":    "what is found has evidence, and may be unread",
		"internal/priv": "asks the helper for sockets in its words",
	},

	"multipath": {
		"redundancy":        "paths are told as groups",
		"internal/announce": "hears uevents as every room of the kernel's does",
		"internal/priv":     "asks the helper's senses for device-mapper's status in its words",
		"internal/sysfs":    "devices and paths speak through attributes",
		"internal/uevent":   "tells which events are of them",
	},
	"disk": {
		"redundancy":        "disks are told as lone components",
		"internal/announce": "hears uevents as every room of the kernel's does",
		"internal/blockid":  "disks are named as what stands on them names them",
		"internal/priv":     "asks the helper's senses for pages in its words",
		"internal/sysfs":    "the kernel's own view stands in sysfs",
		"internal/uevent":   "tells which events are of disks",
	},
	"service": {
		"actions":          "brings the ways to do its verbs, and the hands",
		"redundancy":       "services are told as groups",
		"internal/deed":    "asks for actions as every room does",
		"internal/priv":    "units are changed by the privileged helper",
		"internal/procrun": "a check may be a program",
		"internal/sysfs":   "procfs tells boots apart, which deadlines are of",
	},

	"hwmon": {
		"redundancy":        "sensors are told as components",
		"internal/chipid":   "who a chip is, and whether it is another room's",
		"internal/fact":     "what an attribute says, or why that is not known",
		"internal/patience": "a chip may not answer",
		"internal/sysfs":    "drivers speak through attributes",
		"internal/uevent":   "chips announce that they come and go, and some an alarm",
		"internal/announce": "listens to that",
	},

	"fleet/wire": {"fleet/ledger": "what is said of leave is in its words"},
	"fleet": {
		"fleet/wire":      "names stand in subjects as it has them",
		"redundancy":      "what is published are its events",
		"internal/secret": "credentials that others can read are refused",
		"internal/view":   "says how the connection and the outbox fare in the words that are published",
	},
	"fleet/ledger": {}, // who may act is decided on what was read, by nobody's clock, so that it can be checked in every order
	"fleet/arbiter": {
		"fleet":           "connects as the publisher does",
		"fleet/bootstrap": "finds the store by the names given there",
		"fleet/correlate": "what most of a failure domain sees is decided there",
		"fleet/ledger":    "what may be written is decided there",
		"fleet/wire":      "is asked and answers in its words",
		"redundancy":      "what is told of the fleet are events as hosts' are",
	},
	"fleet/member": {
		"actions":      "is asked for leave in its words",
		"fleet":        "goes over the publisher's connection",
		"fleet/ledger": "opinions and marks are in its words",
		"fleet/wire":   "speaks to arbiters in its words",
	},
	"fleet/correlate":    {}, // what most of a domain sees is told by what was heard, and by nobody's wall clock
	"fleet/ledger/model": {"fleet/ledger": "is checked with the ledger's own functions"},
	"fleet/embedded":     {"fleet": "tells how to reach it in the words of those who connect"},
	"fleet/person": {
		"fleet":      "connects as the publisher does",
		"fleet/wire": "asks in its words",
	},
	"fleet/bootstrap": {
		"fleet":      "knows the stream of events by its name",
		"fleet/wire": "permissions are written in its subjects",
	},
	"internal/metrics": {
		"actions":       "names verbs and how far actions come",
		"redundancy":    "names the words of state sets",
		"internal/view": "serves it, and nothing else: a scrape does no I/O",
	},
	"internal/layout": {"redundancy": "makes commands of what the baseline knows"},
	"internal/api": {
		"internal/layout": "tells by which commands a group is made again",
		"actions":         "takes orders in its words",
		"redundancy":      "serves its words, and asks what if",
		"internal/view":   "serves it, and nothing else: a page does no I/O",
	},

	"internal/agent": {
		"actions":            "decides in the step, and has it done",
		"redundancy":         "judges in the step",
		"collectors":         "starts the watch over each source",
		"raid":               "wired in as a source",
		"netbond":            "wired in as a source",
		"netbond/paths":      "tells whom to ask in its words",
		"service":            "wired in as a source",
		"disk":               "wired in as a source",
		"hwmon":              "wired in as a source",
		"multipath":          "wired in as a source, and told whom to ask",
		"power":              "wired in as a source, and told whom to ask",
		"internal/topology":  "wired in as a source",
		"fleet":              "wired in as the publisher",
		"fleet/arbiter":      "wired in where this host is one",
		"fleet/ledger":       "says of this host what an opinion rests on",
		"fleet/correlate":    "a fault that may be shared is told softly for as long as the rule there takes",
		"fleet/member":       "wired in as the host's part in its fleet",
		"fleet/wire":         "says how the host is in its words",
		"internal/api":       "serves the view",
		"internal/config":    "is told what to wire",
		"internal/freeze":    "reads it before every effect, and makes it",
		"internal/hook":      "wired in as the hand of hooks",
		"internal/hostfacts": "asks once who this host is",
		"internal/journal":   "makes records durable",
		"internal/lldp":      "wired in as a source",
		"internal/lockmem":   "keeps its own text in memory",
		"internal/logind":    "hears that the host is going down",
		"internal/metrics":   "serves the view",
		"internal/page":      "serves the view",
		"internal/priv":      "asks the helper for what takes privilege",
		"internal/procrun":   "runs the embedded server beside it",
		"internal/signal":    "tells those who send work to this host",
		"internal/sysfs":     "gives rooms the mount points",
		"internal/view":      "publishes it after every step",
	},
	"internal/phrase": {
		"internal/api": "puts its documents into words",
		"redundancy":   "and the words of statuses and members",
	},
	"internal/page": {
		"internal/api":    "shows its documents",
		"internal/phrase": "in words for people, as the command line has them",
		"internal/view":   "of the one value that the agent publishes: a page does no I/O",
		"redundancy":      "draws margins, and tells statuses apart",
	},
	"internal/cli": {
		"internal/layout":  "prints its commands",
		"internal/view":    "history is told in the agent's own words",
		"internal/phrase":  "words for people, as the page has them",
		"actions":          "words of verbs and outcomes, for people",
		"internal/freeze":  "makes it where the agent cannot be asked",
		"redundancy":       "words of statuses and events, for people",
		"internal/api":     "speaks with the agent through its client, in its documents",
		"internal/agent":   "replays a trace through the same step",
		"internal/config":  "prints and checks configuration",
		"internal/priv":    "looks for the helper's doors",
		"internal/procrun": "asks for the agent's part of the journal",
		"internal/secret":  "looks at who can read secrets",
		"fleet":            "tells it how to connect",
		"fleet/bootstrap":  "sets up a fleet",
		"fleet/person":     "asks the fleet for a person",
		"fleet/ledger":     "tells what was cleared from what counts",
		"fleet/wire":       "shows what arbiters say in its words",
		"fleet/embedded":   "is the embedded server's process",
	},

	"cmd/plimsolld": {
		"internal/agent":   "starts it",
		"internal/config":  "reads the file, sets what flags say",
		"internal/logsink": "logs without waiting for the reader",
	},
	"cmd/plimsoll": {"internal/cli": "runs it"},
	"cmd/plimsoll-priv": {
		"internal/config":     "reads what is allowed",
		"internal/blockid":    "people write UUIDs in more than one form",
		"internal/udevdb":     "gives it udev's clock",
		"internal/logsink":    "logs without waiting for the reader",
		"internal/priv":       "tells the time as deadlines do",
		"internal/priv/hands": "runs it",
		"internal/sysfs":      "gives it the mount points",
	},

	"packaging/sbom": {},

	"docs/subscribers": {}, // it knows of plimsoll what anybody can

	"lab/dm":         {},
	"lab/md":         {},
	"lab/cmd/stream": {},
	"lab/netns":      {},
	"lab/effector":   {"internal/priv": "tells the time as the helper's deadlines do"},
	"lab/history": {
		"fleet/ledger": "holds what was done against its revisions",
		"lab/effector": "reads what it has kept",
	},
	"lab/host": {
		"actions":       "asks for leave in its words",
		"fleet":         "connects as hosts do",
		"fleet/ledger":  "says how it is in the words of opinions",
		"fleet/member":  "is a member",
		"fleet/wire":    "registers in its words",
		"internal/view": "says who it is",
		"lab/site":      "of that fleet",
		"redundancy":    "names what is done something to",
	},
	"lab/cmd/powerloss": {
		"actions":         "gives leave back in its words",
		"fleet/arbiter":   "runs one",
		"fleet/bootstrap": "knows the roles",
		"fleet/ledger":    "tells why leave was refused",
		"fleet/member":    "likewise",
		"fleet/person":    "makes the pool",
		"lab/host":        "its hosts",
		"lab/netns":       "mounts and addresses that are nobody else's",
		"lab/site":        "its servers",
	},
	"lab/cmd/fleetsim": {
		"actions":         "gives leave back in its words",
		"fleet":           "has events published",
		"fleet/bootstrap": "knows the roles",
		"fleet/wire":      "says how hosts are in its words",
		"lab/host":        "its hosts",
		"lab/netns":       "addresses that are nobody else's",
		"lab/site":        "its servers and its arbiter",
		"redundancy":      "the words of statuses and events",
	},
	"lab/site": {
		"fleet":           "tells everybody how to connect, in its words",
		"fleet/bootstrap": "servers with the accounts, stream and buckets that it makes",
		"fleet/person":    "does what people do",
		"fleet/wire":      "people ask in its words, and answers are awaited where its names have it",
	},
	"lab/cmd/fleetchaos": {
		"actions":         "asks for leave in its words",
		"fleet":           "its agents connect as hosts do",
		"fleet/bootstrap": "knows the store by the names given there",
		"fleet/ledger":    "waits for what it wants to see in it",
		"fleet/member":    "its agents are members",
		"internal/priv":   "deadlines are told by the helper's clock",
		"lab/effector":    "has deeds done there",
		"lab/host":        "its agents are such hosts",
		"lab/history":     "which decides",
		"lab/netns":       "cuts links",
		"lab/site":        "starts, pauses and kills",
	},
	"lab/cmd/askpriv": {"internal/priv": "asks as the agent would"},

	"lab/link":   {},
	"lab/script": {},
	"lab/story":  {"redundancy": "an act ends when the events it brings have come"},
	"lab/acpi":   {},
	"lab/bmc":    {},
	"lab/tcmu":   {},
	"lab": {
		"lab/link":   "speaks with the guest",
		"lab/script": "runs what scripts say",
		"lab/acpi":   "gives the guest a battery",
		"lab/bmc":    "tells the simulated BMC what it is",
	},
	"lab/cmd/scenes": {
		"internal/api":        "posts views as the agent does",
		"internal/page":       "serves it",
		"internal/view":       "the states that it shows",
		"internal/view/xtest": "hosts that do not exist",
		"redundancy":          "the views' words",
	},
	"lab/cmd/demo": {
		"lab/story":    "plays it",
		"internal/api": "asks the agent through its client",
		"redundancy":   "tells which events have come",
	},
	"lab/cmd/lab":        {"lab": "runs it", "lab/script": "reads scripts"},
	"lab/cmd/guest":      {"lab/link": "speaks with the lab", "lab/dm": "a root that can be made to hang", "lab/md": "a root on a mirror"},
	"lab/cmd/peers":      {},
	"lab/cmd/atadisk":    {"lab/tcmu": "gets its commands from there"},
	"lab/cmd/strike":     {},
	"lab/cmd/crosscheck": {},
	"lab/cmd/bmclook":    {"internal/priv/hands": "opens the BMC as the helper does", "internal/priv": "asks the helper as the agent would", "internal/ipmi": "asks in its language"},
	"lab/cmd/disklook":   {"internal/priv": "asks as the agent would", "disk": "reads the answer as the agent does"},
	"lab/cmd/oracle": {
		"lab/dm":         "disks that can be made to die",
		"raid":           "asks the room itself what it sees",
		"redundancy":     "asks what it says of that",
		"internal/sysfs": "gives the room the mount points",
	},
	"lab/bench":       {},
	"lab/cmd/bench":   {"lab": "boots the guest and the server", "lab/bench": "tells what was measured", "lab/bmc": "names the sensors"},
	"lab/cmd/witness": {"lab/bench": "tells what it saw in its words"},
	"lab/cmd/bondoracle": {
		"netbond":        "asks the room, over the guest's own netlink",
		"redundancy":     "asks the judge, and what if",
		"internal/sysfs": "gives the room the kernel's reports",
	},

	"fleet/xtest": {},
	"fleet/bootstrap/xtest": {
		"fleet/bootstrap": "servers with the accounts that it makes",
		"fleet/wire":      "connects as its names have it",
	},
	"internal/api/xtest": {
		"actions":       "takes orders in its words",
		"internal/api":  "an agent that knows what it is told, behind its interface",
		"internal/view": "what it is told",
		"redundancy":    "accepts in its words",
	},
	"internal/journal/xtest": {"internal/journal": "a disk that fails on command, behind its interface"},
	"internal/view/xtest":    {"internal/view": "one view that shows everything", "actions": "the words of its plan", "redundancy": "the view's words"},
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
var rooms = []string{"raid", "netbond", "service", "disk", "power", "hwmon", "multipath"}

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
	{"os/exec", []string{"internal/procrun", "lab", "lab/cmd/atadisk", "lab/cmd/crosscheck", "lab/cmd/demo", "lab/cmd/fleetchaos", "lab/cmd/guest", "lab/cmd/oracle", "lab/cmd/powerloss", "lab/cmd/witness", "lab/netns", "lab/site"}, "a child needs an end, a bound on its output and an owner"},
	{"github.com/nats-io", []string{"fleet", "fleet/arbiter", "fleet/bootstrap", "fleet/bootstrap/xtest", "fleet/embedded", "fleet/member", "fleet/person", "lab", "lab/cmd/fleetchaos", "lab/cmd/fleetsim", "lab/cmd/witness", "lab/site", "docs/subscribers"}, "what the fleet promises is kept in one place"},
	{"github.com/cloudevents", nil, "the envelope is one struct of ours; tests of fleet let those who define the format read it"},
	{"github.com/prometheus/client_golang", nil, "every metric is written from one published view; tests of internal/metrics let it check ours"},
	{"github.com/prometheus/exporter-toolkit", []string{"internal/api"}, "TLS and authentication of the listener are the API's"},
	{"github.com/prometheus/procfs", []string{"raid", "lab/cmd/peers"}, "mdstat is a cross-check of md's attributes, nothing more"},
	{"github.com/vishvananda/netlink", []string{"netbond", "lab/cmd/bondoracle"}, "the kernel's words about links are netbond's; the lab makes bonds to ask about"},
	{"github.com/shirou/gopsutil", []string{"internal/hostfacts"}, "v3 is frozen; the move to v4 is then one package"},
	{"github.com/coreos/go-systemd/v22/daemon", []string{"internal/agent"}, "only the loop knows when it is ready and alive"},
	{"github.com/coreos/go-systemd/v22/dbus", []string{"internal/priv/hands"}, "units are changed by the privileged helper alone"},
	{"github.com/godbus/dbus", []string{"internal/logind", "service"}, "a signal counts only if it is known who sent it, which go-systemd does not tell"},
	{"github.com/coreos/go-systemd/v22/activation", []string{"cmd/plimsoll-priv"}, "the helper's socket is made by systemd"},
	{"github.com/spf13/cobra", []string{"cmd/plimsolld", "internal/cli"}, "commands and flags are the doors'"},
	{"go.yaml.in/yaml", []string{"internal/config"}, "YAML is for people's files, read strictly in one place"},
	{"log/slog", []string{
		"collectors", "fleet", "fleet/arbiter", "fleet/member", "internal/agent", "internal/api", "internal/api/xtest", "internal/config", "internal/logsink",
		"internal/priv/hands", "lab/cmd/fleetchaos", "lab/cmd/fleetsim", "lab/cmd/powerloss", "lab/host",
	}, "the pure packages have nothing to log: they return what happened"},
	{"log", nil, "logs go through an injected log/slog logger"},
	{"testing", []string{"internal/hosttest", "fleet/bootstrap/xtest", "fleet/xtest", "internal/api/xtest"}, "no test code in the binaries"},
	{"unsafe", []string{"lab/dm", "lab/md", "internal/priv/hands"}, "only where a system call takes a pointer"},
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
