package plimsoll_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/config"
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
		"Environment": "GOTRACEBACK=crash GOMAXPROCS=1",
	} {
		if !slices.Equal(got[name], []string{want}) {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if got["WatchdogSec"] == nil || got["LimitMEMLOCK"] == nil {
		t.Error("the unit has no watchdog, or does not let the agent lock its text")
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
	unit, socket := directives(t, "packaging/plimsoll-priv.service"), directives(t, "packaging/plimsoll-priv.socket")
	for name, want := range map[string]string{
		"NoNewPrivileges":         "yes",
		"AmbientCapabilities":     "",
		"ProtectSystem":           "strict",
		"ProtectKernelTunables":   "yes",
		"ReadWritePaths":          "/sys/devices/virtual/net",
		"PrivateDevices":          "yes",
		"RestrictAddressFamilies": "AF_UNIX AF_PACKET",
		"IPAddressDeny":           "any",
		"NoExecPaths":             "/",
	} {
		if !slices.Equal(unit[name], []string{want}) {
			t.Errorf("%s is %q, want %q", name, unit[name], want)
		}
	}
	page := readFile(t, "docs/security.md")
	var said []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(CAP_[A-Z_]+)` \\|").FindAllStringSubmatch(page, -1) {
		said = append(said, m[1])
	}
	if has := strings.Fields(strings.Join(unit["CapabilityBoundingSet"], " ")); !slices.Equal(has, said) {
		t.Errorf("the unit has %v, docs/security.md gives reasons for %v", has, said)
	}
	for name, want := range map[string]string{"SocketUser": "plimsoll", "SocketMode": "0600", "ListenSequentialPacket": "/run/plimsoll-priv.sock"} {
		if !slices.Equal(socket[name], []string{want}) {
			t.Errorf("%s is %q, want %q", name, socket[name], want)
		}
	}
	if !strings.Contains(page, socket["ListenSequentialPacket"][0]) {
		t.Error("docs/security.md does not name the socket")
	}
}

func TestPackageTakesOnlyFilesThatExistOrAreBuilt(t *testing.T) {
	t.Parallel()
	spec := readFile(t, "nfpm.yaml")
	if !strings.Contains(spec, "{src: internal/config/default.yaml, dst: /etc/plimsoll/plimsoll.yaml, type: config|noreplace,") {
		t.Error("the packaged configuration is not the program's own default, or dpkg would overwrite what a person changed")
	}
	files := regexp.MustCompile(`(?:src|postinstall|preremove|postremove): "?([^",\s]+)`).FindAllStringSubmatch(spec, -1)
	if len(files) == 0 {
		t.Fatal("nfpm.yaml names no file")
	}
	for _, m := range files {
		if strings.HasPrefix(m[1], "build/") {
			continue
		}
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("nfpm.yaml: %v", err)
		}
	}
}

func TestReadmeShowsWhatStatusPrints(t *testing.T) {
	t.Parallel()
	if status := readFile(t, "internal/cli/testdata/status-80.txt"); !strings.Contains(readFile(t, "README.md"), strings.TrimSpace(status)) {
		t.Error("README.md shows a status that is not the one in internal/cli/testdata/status-80.txt")
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
