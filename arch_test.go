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
// listed and no longer there is an error, so the table never tells of a house that was. A package has one row.
func lattice(t *testing.T) map[string]reasons {
	t.Helper()
	rows := maps.Clone(houseRows)
	for dir, allowed := range labRows {
		if rows[dir] != nil {
			t.Errorf("%s stands in two rows of the lattice", dir)
		}
		rows[dir] = allowed
	}
	return rows
}

func TestPackagesImportOnlyWhatTheLatticeAllows(t *testing.T) {
	t.Parallel()
	rows := lattice(t)
	for dir, p := range house(t) {
		allowed, listed := rows[dir]
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
	for dir, allowed := range lattice(t) {
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
