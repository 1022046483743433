package plimsoll_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/config"
	"plimsoll/internal/priv"
)

// directives are the settings of a unit by name; a setting given several times has several values.
func directives(t *testing.T, unit string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for line := range strings.Lines(readFile(t, unit)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			out[name] = append(out[name], value)
		}
	}
	return out
}

func TestUnitHasWhatTheAgentCountsOn(t *testing.T) {
	t.Parallel()
	got := directives(t, "packaging/plimsolld.service")
	for name, want := range map[string]string{
		"Type":                  "notify",
		"Restart":               "always",
		"StartLimitIntervalSec": "0",
		"User":                  "plimsoll",
		"CapabilityBoundingSet": "",
		"AmbientCapabilities":   "",
		"NoNewPrivileges":       "yes",
		"MemorySwapMax":         "0",
		"ProcSubset":            "all",
		// RestartPreventExitStatus=2 is for a wrong configuration; without this a panic would end with 2 too.
		"Environment": "GOTRACEBACK=crash GOMAXPROCS=1 GOGC=50",
		// Without it Go's own supervision is a fifth of what an idle agent costs.
		"TimerSlackNSec": "1ms",
	} {
		if !slices.Equal(got[name], []string{want}) {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if got["WatchdogSec"] == nil || got["LimitMEMLOCK"] == nil {
		t.Error("the unit has no watchdog, or does not let the agent lock its text")
	}
}

func TestEveryUnitHasLimits(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("packaging/*.service")
	if err != nil || len(units) != len([]priv.Part{priv.Hands, priv.Senses, priv.Arrays, priv.Second})+1 {
		t.Fatalf("units %v, %v: one for the agent and one for each part of the helper", units, err)
	}
	page := readFile(t, "docs/decisions/0055-limits.md")
	for _, path := range units {
		unit := directives(t, path)
		for name, want := range map[string]string{"MemorySwapMax": "0", "LimitCORE": "0"} {
			if !slices.Equal(unit[name], []string{want}) {
				t.Errorf("%s: %s is %q, want %q", path, name, unit[name], want)
			}
		}
		limits := strings.Join(slices.Concat(unit["MemoryMax"], unit["TasksMax"], unit["OOMScoreAdjust"]), " | ")
		row := regexp.MustCompile("(?m)^\\|.*`" + strings.TrimSuffix(filepath.Base(path), ".service") + "`.* \\| " + regexp.QuoteMeta(limits) + " \\|")
		if len(unit["MemoryMax"]) != 1 || len(unit["TasksMax"]) != 1 || len(unit["OOMScoreAdjust"]) != 1 || !row.MatchString(page) {
			t.Errorf("%s: docs/decisions/0055-limits.md has no row with its limits, %s", path, limits)
		}
	}
}

func TestUnitAndDefaultConfigurationNameTheSamePlaces(t *testing.T) {
	t.Parallel()
	unit, def := directives(t, "packaging/plimsolld.service"), config.Default()
	if want := "/var/lib/" + strings.Join(unit["StateDirectory"], ""); def.State != want {
		t.Errorf("state is %s, the unit makes %s", def.State, want)
	}
	if want := "/run/" + strings.Join(unit["RuntimeDirectory"], ""); filepath.Dir(def.Socket) != want {
		t.Errorf("socket is %s, the unit makes %s", def.Socket, want)
	}
	if got := unit["RuntimeDirectoryPreserve"]; !slices.Equal(got, []string{"yes"}) {
		t.Errorf("RuntimeDirectoryPreserve is %q: a freeze would end with the agent", got)
	}
	if users := readFile(t, "packaging/plimsoll.sysusers"); !strings.Contains(users, "\nu "+unit["User"][0]+" ") {
		t.Errorf("no user %s in plimsoll.sysusers", unit["User"][0])
	}
}

func TestHelperHasNoMoreThanSecuritySaysItNeeds(t *testing.T) {
	t.Parallel()
	hands, rest, ok := strings.Cut(readFile(t, "docs/security.md"), "| capability of plimsoll-sense |")
	senses, second, both := strings.Cut(rest, "| capability of plimsoll-smart |")
	if !ok || !both {
		t.Fatal("docs/security.md has no table for plimsoll-sense, or none for plimsoll-smart")
	}
	senses, arrays, ok := strings.Cut(senses, "| capability of plimsoll-raid |")
	if !ok {
		t.Fatal("docs/security.md has no table for plimsoll-raid")
	}
	for part, tt := range map[priv.Part]struct {
		page     string
		own      map[string][]string
		notThere []string
	}{
		priv.Hands: {page: hands, own: map[string][]string{
			"ExecStart":               {"/usr/bin/plimsoll-priv"},
			"ReadWritePaths":          {"/sys/devices/virtual/net"},
			"PrivateDevices":          {"yes"},
			"RestrictAddressFamilies": {"AF_UNIX AF_PACKET"},
		}, notThere: []string{"DeviceAllow"}},
		priv.Senses: {page: senses, own: map[string][]string{
			"ExecStart":               {"/usr/bin/plimsoll-priv --part senses"},
			"PrivateNetwork":          {"yes"},
			"DevicePolicy":            {"closed"},
			"DeviceAllow":             {"block-sd r", "char-nvme r", "char-ipmidev r", "/dev/mapper/control r"},
			"RestrictAddressFamilies": {"AF_UNIX"},
		}, notThere: []string{"ReadWritePaths"}},
		priv.Second: {page: second, own: map[string][]string{
			"ExecStart":               {"/usr/bin/plimsoll-priv --part second"},
			"ExecPaths":               {"/usr/bin/plimsoll-priv -/usr/sbin/smartctl /usr/lib -/usr/lib64"},
			"PrivateNetwork":          {"yes"},
			"DevicePolicy":            {"closed"},
			"DeviceAllow":             {"block-sd rw", "char-nvme r", "char-megaraid_sas_ioctl rwm"},
			"RestrictAddressFamilies": {"AF_UNIX"},
		}, notThere: []string{"ReadWritePaths"}},
		priv.Arrays: {page: arrays, own: map[string][]string{
			"ExecStart":      {"/usr/bin/plimsoll-priv --part arrays"},
			"ReadWritePaths": {"/sys/devices/virtual/block"},
			"PrivateNetwork": {"yes"},
			"DevicePolicy":   {"closed"},
			"DeviceAllow": {
				"block-md rw", "block-mdp rw", "block-sd rw", "block-virtblk rw", "block-blkext rw", "block-device-mapper rw",
			},
			"ExecPaths":               {"/usr/bin/plimsoll-priv -/usr/sbin/mdadm /usr/lib -/usr/lib64"},
			"RestrictAddressFamilies": {"AF_UNIX"},
		}},
	} {
		unit, socket := directives(t, "packaging/"+part.Unit()+".service"), directives(t, "packaging/"+part.Unit()+".socket")
		maps.Copy(tt.own, map[string][]string{
			"NoNewPrivileges": {"yes"}, "AmbientCapabilities": {""}, "ProtectSystem": {"strict"}, "ProtectKernelTunables": {"yes"},
			"IPAddressDeny": {"any"}, "NoExecPaths": {"/"},
		})
		for name, want := range tt.own {
			if !slices.Equal(unit[name], want) {
				t.Errorf("%s: %s is %q, want %q", part, name, unit[name], want)
			}
		}
		for _, name := range tt.notThere {
			if unit[name] != nil {
				t.Errorf("%s: %s is %q", part, name, unit[name])
			}
		}
		if has, said := strings.Fields(strings.Join(unit["CapabilityBoundingSet"], " ")), capabilities(tt.page); !slices.Equal(has, said) {
			t.Errorf("%s: the unit has %v, docs/security.md gives reasons for %v", part, has, said)
		}
		for name, want := range map[string]string{"SocketUser": "plimsoll", "SocketMode": "0600", "ListenSequentialPacket": part.Socket()} {
			if !slices.Equal(socket[name], []string{want}) {
				t.Errorf("%s: %s is %q, want %q", part, name, socket[name], want)
			}
		}
		if !strings.Contains(hands, part.Socket()) {
			t.Errorf("docs/security.md does not name %s", part.Socket())
		}
	}
}

// capabilities are those that a page gives reasons for.
func capabilities(page string) []string {
	var said []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(CAP_[A-Z_]+)` \\|").FindAllStringSubmatch(page, -1) {
		said = append(said, m[1])
	}
	return said
}

func TestPackageTakesOnlyFilesThatExistOrAreBuilt(t *testing.T) {
	t.Parallel()
	spec := readFile(t, "nfpm.yaml")
	if !strings.Contains(spec, "{src: internal/config/default.yaml, dst: /etc/plimsoll/plimsoll.yaml, type: config|noreplace,") {
		t.Error("the packaged configuration is not the program's own default, or dpkg would overwrite what a person changed")
	}
	files := regexp.MustCompile(`(?:src|preinstall|postinstall|preremove|postremove): "?([^",\s]+)`).FindAllStringSubmatch(spec, -1)
	if len(files) == 0 {
		t.Fatal("nfpm.yaml names no file")
	}
	for _, m := range files {
		if strings.HasPrefix(m[1], "build/") {
			continue
		}
		if found, err := filepath.Glob(m[1]); err != nil || len(found) == 0 {
			t.Errorf("nfpm.yaml: %s names no file", m[1])
		}
	}
}

func TestPackageTakesNothingTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(readFile(t, "nfpm.yaml")) {
		if entry := strings.TrimSpace(line); strings.HasPrefix(entry, "- {") && seen[entry] {
			t.Errorf("nfpm.yaml twice: %s", entry)
		} else {
			seen[entry] = true
		}
	}
}

func TestTheTourShowsWhatStatusPrints(t *testing.T) {
	t.Parallel()
	if status := readFile(t, "internal/cli/testdata/status-80.txt"); !strings.Contains(readFile(t, "docs/tour.md"), strings.TrimSpace(status)) {
		t.Error("docs/tour.md shows a status that is not the one in internal/cli/testdata/status-80.txt")
	}
}

// A new user has the README and nothing else.
func TestReadmesFirstStepsAreTheOnesThatAreTriedInAGuest(t *testing.T) {
	t.Parallel()
	_, steps, ok := strings.Cut(readFile(t, "README.md"), "## Five minutes\n")
	steps, _, more := strings.Cut(steps, "\n## ")
	if !ok || !more {
		t.Fatal("README.md has no first steps")
	}
	tried := readFile(t, "lab/scripts/new-user.lab")
	for _, m := range regexp.MustCompile("(?s)```(sh|yaml)\n(.*?)```").FindAllStringSubmatch(steps, -1) {
		if m[1] == "yaml" {
			if _, err := config.Parse("README.md", []byte(m[2])); err != nil {
				t.Error(err)
			}
			m[2] = strings.Replace(m[2], "nats://nats.example.net:4222", "${NATS}", 1)
		}
		for line := range strings.Lines(m[2]) {
			if !strings.Contains(tried, line) {
				t.Errorf("README.md says %q, which lab/scripts/new-user.lab does not try", strings.TrimSpace(line))
			}
		}
	}
}

func TestPagesLinkOnlyToWhatExists(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)
	for _, page := range slices.Concat([]string{"README.md", "CHANGELOG.md"}, pages, decisions) {
		for _, m := range link.FindAllStringSubmatch(readFile(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			}
		}
	}
}
