package script_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/script"
)

func parseOne(t *testing.T, statement string) script.Statement {
	t.Helper()
	s, err := script.Parse("test", "# A test.\n"+statement+"\n")
	if err != nil {
		t.Fatalf("parse %q: %v", statement, err)
	}
	if len(s.Steps) != 1 {
		t.Fatalf("parse %q: %d steps", statement, len(s.Steps))
	}
	return s.Steps[0].Do
}

func TestEveryStatementMeansWhatItSays(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]script.Statement{
		"array md0 raid1 sda sdb spare sdc":             script.Array{Name: "md0", Level: "raid1", Disks: []string{"sda", "sdb"}, Spares: []string{"sdc"}},
		"bond bond0 active-backup miimon 100 eth1 eth2": script.Bond{Name: "bond0", Mode: "active-backup", Options: []string{"miimon", "100"}, NICs: []string{"eth1", "eth2"}},
		"fail md0 sdb":                   script.MD{Verb: "fail", Array: "md0", Disk: "sdb"},
		"remove md0 sdb":                 script.MD{Verb: "remove", Array: "md0", Disk: "sdb"},
		"add md0 sdb":                    script.MD{Verb: "add", Array: "md0", Disk: "sdb"},
		"unplug sdb":                     script.Unplug{Disk: "sdb"},
		"plug sdb":                       script.Plug{Disk: "sdb"},
		"plug sdb blank":                 script.Plug{Disk: "sdb", Blank: true},
		"cable eth1 down":                script.Cable{NIC: "eth1"},
		"cable eth2 up":                  script.Cable{NIC: "eth2", Up: true},
		"partner sw1 lacp veth0 veth1":   script.Partner{Name: "sw1", Kind: "lacp", Cables: []string{"veth0", "veth1"}},
		"bond bond1 802.3ad veth0 veth1": script.Bond{Name: "bond1", Mode: "802.3ad", NICs: []string{"veth0", "veth1"}},
		"cable veth1 down":               script.Cable{NIC: "veth1"},
		"port veth1 out":                 script.Port{Cable: "veth1"},
		"port veth1 in":                  script.Port{Cable: "veth1", In: true},
		"vlan bond0 7":                   script.VLAN{Link: "bond0", ID: 7},
		"bridge br0 bond0.7 veth5":       script.Bridge{Name: "br0", Links: []string{"bond0.7", "veth5"}},
		"default route br0":              script.DefaultRoute{Link: "br0"},
		"move veth1 away":                script.Move{Link: "veth1"},
		"move veth1 back":                script.Move{Link: "veth1", Back: true},
		"hang root 20s":                  script.HangRoot{For: 20 * time.Second},
		"reset guest":                    script.Reset{},
		"switch guest off":               script.SwitchOff{},
		"switch guest on":                script.SwitchOn{},
		"switch guest on without vdb":    script.SwitchOn{HalfRoot: true},
		"start agent":                    script.Agent{Verb: "start"},
		"stop agent":                     script.Agent{Verb: "stop"},
		"restart agent":                  script.Agent{Verb: "restart"},
		"kill agent":                     script.Agent{Verb: "kill"},
		"nats start":                     script.NATSState{Verb: "start"},
		"nats stop":                      script.NATSState{Verb: "stop"},
		"nats kill":                      script.NATSState{Verb: "kill"},
		"nats cut-acks 3":                script.NATSCut{Acks: 3},
		"nats stream window 1s":          script.NATSWindow{Window: time.Second},
		`guest echo "a  b" | cat`:        script.Guest{Command: `echo "a  b" | cat`},
		"guest-fails false":              script.Guest{Command: "false", Fails: true},
		"background sleep 3":             script.Background{Command: "sleep 3"},
		"wait background":                script.WaitBackground{},
		"program bondoracle -long":       script.Program{Name: "bondoracle", Args: []string{"-long"}},
		"wait 1m":                        script.Wait{For: time.Minute},
		"mark":                           script.Mark{},
		"5 times restart agent":          script.Times{N: 5, Do: script.Agent{Verb: "restart"}},
		"on second unplug sdb":           script.Second{Do: script.Unplug{Disk: "sdb"}},
		"2 times on both mark":           script.Times{N: 2, Do: script.Second{Do: script.Mark{}, Both: true}},
		"watch metrics":                  script.WatchMetrics{},
		"array md6 raid6 sda1 sdb1 sdc1 sdd1 journal sde": script.Array{Name: "md6", Level: "raid6", Disks: []string{"sda1", "sdb1", "sdc1", "sdd1"}, Journal: "sde"},
		"expect what-if sda sdb leaves md0 failed within 1s": script.ExpectWhatIf{
			Lost: []string{"sda", "sdb"}, Leaves: script.ExpectGroup{Name: "md0", Status: "failed", Within: time.Second},
		},
		"expect coverage /mnt/data covered by md0": script.ExpectCoverage{What: "/mnt/data", Coverage: "covered", By: "md0", Within: time.Minute},
		"unplug card":                   script.UnplugCard{},
		"second path sda":               script.SecondPath{Disk: "sda"},
		"unplug path":                   script.UnplugPath{},
		"unplug nvme1n1":                script.Unplug{Disk: "nvme1n1"},
		"bmc start 1 2 4":               script.BMCStart{Supplies: []int{1, 2, 4}},
		"bmc add 3":                     script.BMCAdd{Supply: 3},
		"bmc freeze":                    script.BMCProcess{Verb: "freeze"},
		"bmc thaw":                      script.BMCProcess{Verb: "thaw"},
		"bmc kill":                      script.BMCProcess{Verb: "kill"},
		"bmc supply 2 input-lost":       script.BMCSupply{Supply: 2, Is: "input-lost"},
		"bmc watts 1 400":               script.BMCWatts{Supply: 1, Watts: 400},
		"bmc redundancy lost":           script.BMCRedundancy{Is: "lost"},
		"bmc bit unit 4 on":             script.BMCBit{Sensor: "unit", Bit: 4, On: true},
		"bmc bit ps1 1 off":             script.BMCBit{Sensor: "ps1", Bit: 1},
		"nvme nvme0 warns spare backup": script.NVMeWarns{Disk: "nvme0", Of: []string{"spare", "backup"}},
		"mains offline 40":              script.Mains{Percent: 40},
		"mains online":                  script.Mains{Online: true, Percent: 100},
		"nvme nvme1 warns nothing":      script.NVMeWarns{Disk: "nvme1"},
		"nvme nvme0 warns read-only toggling 60 every 800ms": script.NVMeToggles{
			NVMeWarns: script.NVMeWarns{Disk: "nvme0", Of: []string{"read-only"}}, N: 60, Every: 800 * time.Millisecond,
		},
		"config <<END\nmode: observe\n\nnats: {}\nEND": script.Config{Text: "mode: observe\n\nnats: {}\n"},
		"guest <<END\nset -e\ntrue\nEND":               script.Guest{Command: "set -e\ntrue"},
		"expect event component.missing md0/sdb within 2s of fault": script.ExpectEvent{
			Event: script.Event{Type: "component.missing", About: "md0/sdb"}, Within: 2 * time.Second, OfFault: true,
		},
		"expect event redundancy.* md0 with durable=false is.status=Lost count 1 cites component.missing": script.ExpectEvent{
			Event: script.Event{Type: "redundancy.*", About: "md0", With: []string{"durable=false", "is.status=Lost"}}, Count: 1, Cites: "component.missing", Within: time.Minute,
		},
		"expect event redundancy.lost md0 from lab2 count 1": script.ExpectEvent{
			Event: script.Event{Type: "redundancy.lost", About: "md0", From: "lab2"}, Count: 1, Within: time.Minute,
		},
		"expect event agent.started":                       script.ExpectEvent{Event: script.Event{Type: "agent.started"}, Within: time.Minute},
		"expect no event redundancy.* for 5s":              script.ExpectNoEvent{Event: script.Event{Type: "redundancy.*"}, For: 5 * time.Second},
		"expect md0 lost margin 0 within 30s":              script.ExpectGroup{Name: "md0", Status: "lost", Least: new(0), Most: new(0), Within: 30 * time.Second},
		"expect md0 unknown least 0 most 1":                script.ExpectGroup{Name: "md0", Status: "unknown", Least: new(0), Most: new(1), Within: time.Minute},
		"expect member bond0/eth2 standby health ok":       script.ExpectMember{Group: "bond0", Member: "eth2", State: "standby", Health: "ok", Within: time.Minute},
		"expect warning spare-missing on md0":              script.ExpectWarning{Key: "spare-missing", Group: "md0", Within: time.Minute},
		"expect no warning spare-missing on md0 within 1s": script.ExpectWarning{Key: "spare-missing", Group: "md0", Not: true, Within: time.Second},
		`expect evidence "permission denied" on md0`:       script.ExpectEvidence{Text: "permission denied", Group: "md0", Within: time.Minute},
		`expect metric "^plimsoll_nats_connected 1$"`:      script.ExpectMetric{Pattern: "^plimsoll_nats_connected 1$", Within: time.Minute},
		"page open": script.Page{},
		"expect page redundancy.lost md0 within 1s of fault": script.ExpectPage{Type: "redundancy.lost", Text: "md0", Within: time.Second},
		"prometheus start": script.Prometheus{},
		"expect alert PlimsollNoMargin on md0 within 3m": script.ExpectAlert{Name: "PlimsollNoMargin", Group: "md0", Within: 3 * time.Minute},
		"expect no alert PlimsollNoMargin":               script.ExpectAlert{Name: "PlimsollNoMargin", Not: true, Within: time.Minute},
		"expect metrics answered":                        script.ExpectMetricsAnswered{},
		"expect delivered within 1m":                     script.ExpectDelivered{Within: time.Minute},
		"expect stream once and in order":                script.ExpectStream{},
		"expect fold equals kernel":                      script.ExpectFold{Within: time.Minute},
		"expect trace replays to stream":                 script.ExpectReplay{},
	} {
		if diff := cmp.Diff(want, parseOne(t, statement)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", statement, diff)
		}
	}
}

func TestParseNamesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"start agent\n":                           "test:1: the first line must be a comment that says what the script shows",
		"# t\nbegin agent\n":                      `test:2: unknown statement "begin agent"`,
		"# t\n\narray md0 raid1\n":                "test:3: an array needs disks (written: array NAME LEVEL DISK... [journal DISK] [spare DISK...])",
		"# t\narray md0 raid1 sda sdb extra\n":    `test:2: unexpected "extra" (written: array NAME LEVEL DISK... [journal DISK] [spare DISK...])`,
		"# t\ncable eth1 sideways\n":              `test:2: "sideways" is not up or down (written: cable CABLE up|down)`,
		"# t\npartner sw1 lacp eth1\n":            "test:2: a partner needs cables (written: partner NAME lacp|static|bridge CABLE...)",
		"# t\nbmc start 1 1\n":                    "test:2: supply 1 is named twice (written: bmc start SUPPLY...)",
		"# t\nbmc start\n":                        "test:2: supply, 1 to 4 is missing (written: bmc start SUPPLY...)",
		"# t\nbmc watts 1 2000\n":                 "test:2: watts are 0 to 1020 (written: bmc watts SUPPLY WATTS)",
		"# t\nmains offline 101\n":                "test:2: percent are 0 to 100 (written: mains online|offline [PERCENT])",
		"# t\nbmc bit ps1 9 on\n":                 "test:2: bits are 0 to 7 (written: bmc bit SENSOR BIT on|off)",
		"# t\nwait 5\n":                           `test:2: "5" is no duration for wait, such as 10s (written: wait DURATION)`,
		"# t\nconfig <<END\nmode: observe\n":      "test:2: no line END ends the block",
		"# t\nmark\nboot with root-on-dm\n":       "test:3: boot must be the first statement, and the only one of its kind",
		"# t\nexpect md0 fine\n":                  `test:2: "fine" is not fully-redundant or degraded or lost or failed or not-redundant or unknown (written: expect GROUP STATUS [margin N] [least N] [most N] [within D])`,
		"# t\nmark <<END\nEND\n":                  "test:2: takes no block (written: mark)",
		"# t\n3 times boot with root-on-dm\n":     "test:2: cannot be repeated (written: boot with [root-on-dm] [root-on-md] [masked-md-rules] [second-card] [bmc] [drives] [battery])",
		"# t\non both boot with bmc\n":            "test:2: both guests of a script are booted alike (written: boot with [root-on-dm] [root-on-md] [masked-md-rules] [second-card] [bmc] [drives] [battery])",
		"# t\nguest\n":                            "test:2: the command is missing (written: guest COMMAND)",
		"# t\nexpect metric \"(\"\n":              "test:2: error parsing regexp: missing closing ): `(` (written: expect metric REGEXP [within D])",
		"# t\nexpect event redundancy.lost md0 a": `test:2: unexpected "a" (written: expect event TYPE [ABOUT] [from HOST] [with PATH=VALUE...] [count N] [cites TYPE] [within D [of fault]])`,
	} {
		_, err := script.Parse("test", text)
		if _, ok := errors.AsType[*script.SyntaxError](err); !ok {
			t.Errorf("parse %q: want a SyntaxError, got %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("parse %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestTitleAndBootAreReadFromTheTop(t *testing.T) {
	t.Parallel()
	s, err := script.Parse("x", "# Shows a thing,\n# and another.\n\n# Not this.\nboot with root-on-dm masked-md-rules\nmark\n")
	if err != nil {
		t.Fatal(err)
	}
	want := script.Script{
		Name: "x", Title: "Shows a thing, and another.", Boot: []string{"root-on-dm", "masked-md-rules"},
		Steps: []script.Step{{Line: 6, Text: "mark", Do: script.Mark{}}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAScriptNeedsASecondGuestWhereAStatementIsAboutOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"mark": false, "3 times mark": false, "on second mark": true, "3 times on both mark": true} {
		s, err := script.Parse("x", "# t\nmark\n"+text+"\nmark\n")
		if err != nil || s.Two != want {
			t.Errorf("%s: %v, needs a second guest: %v", text, err, s.Two)
		}
	}
}

// TestEveryScriptParses keeps the scripts right without a guest.
func TestEveryScriptParses(t *testing.T) {
	t.Parallel()
	files := scripts(t)
	if len(files) < 10 {
		t.Fatalf("only %d scripts found", len(files))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := script.Parse(filepath.Base(f), string(b)); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryFormIsFoundByItsLeadingWords(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, f := range script.Forms() {
		if seen[f.Words] {
			t.Errorf("two forms begin with %q", f.Words)
		}
		seen[f.Words] = true
		if !strings.HasPrefix(f.Usage, f.Words) {
			t.Errorf("the usage %q does not begin with %q", f.Usage, f.Words)
		}
		if f.Help == "" {
			t.Errorf("%q has no help", f.Words)
		}
	}
}

func scripts(tb testing.TB) []string {
	tb.Helper()
	var files []string
	for _, pattern := range []string{"../scripts/*.lab", "../scripts/*/*.lab", "../testdata/self/*.lab"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// FuzzParse holds that parsing never panics, that it says where it stumbles,
// and that the text a step keeps is enough to parse it again, blocks aside.
func FuzzParse(f *testing.F) {
	for _, name := range scripts(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("# t\nconfig <<E\nE\n2 times 3 times mark\nexpect metric \"\\x41\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := script.Parse("fuzz", text)
		if err != nil {
			var syntax *script.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 {
				t.Fatalf("not a SyntaxError with a line: %v", err)
			}
			return
		}
		if strings.Contains(text, "<<") {
			return
		}
		for _, step := range s.Steps {
			again, err := script.Parse("again", "# again\n"+step.Text)
			if err != nil || len(again.Steps) != 1 {
				t.Fatalf("parse %q again: %v", step.Text, err)
			}
			if diff := cmp.Diff(step.Do, again.Steps[0].Do); diff != "" {
				t.Fatalf("parse %q again (-first +second):\n%s", step.Text, diff)
			}
		}
	})
}
