package config_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func TestDefaultFileSaysExactlyWhatTheCodeDefaultsTo(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("default.yaml", config.DefaultYAML())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("default.yaml differs from Default() (-want +got):\n%s", diff)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	if err := config.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryKeyCanBeSet(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("all.yaml", []byte(`
version: 1
mode: observe
host: {name: db1.example.net, labels: {rack: r12, feed.psu1: r12-a}}
nats:
  urls: ["tls://n1:4222", "nats://n2"]
  fleet: prod-2
  credentials: /etc/plimsoll/nats.creds
  tls: {ca: /ca.pem, cert: /cert.pem, key: /key.pem}
  create_stream: true
listen: 127.0.0.1:0
web_config_file: /etc/plimsoll/web.yaml
socket: /tmp/s
state: /tmp/state
path: {sysfs: /tmp/sys, procfs: /tmp/proc}
looks: {raid: {every: 1m, deadline: 100ms}, bond: {every: 1s, deadline: 10m}, lldp: {every: 24h, deadline: 1s}, topology: {every: 24h, deadline: 1s}}
settle: {raid: {worse: 1s, better: 1h}, bond: {worse: 0s, better: 1500ms}}
boot_grace: 0s
flap: {count: 0, within: 1h}
scrub: {interval: 0s}
policy:
- {name: leave, when: {group: ["bond1*", "raid:*"]}, do: none}
helper: {set_active: [bond0], packet_socket: [bond0, bond1], restart: [app.service], stop: [worker@1.service]}
log: {level: debug}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Version: 1,
		Mode:    config.ModeObserve,
		Host:    config.Host{Name: "db1.example.net", Labels: map[string]string{"rack": "r12", "feed.psu1": "r12-a"}},
		NATS: config.NATS{
			URLs: []string{"tls://n1:4222", "nats://n2"}, Fleet: "prod-2", Credentials: "/etc/plimsoll/nats.creds",
			TLS: config.TLS{CA: "/ca.pem", Cert: "/cert.pem", Key: "/key.pem"}, CreateStream: true,
		},
		Listen: "127.0.0.1:0", WebConfigFile: "/etc/plimsoll/web.yaml", Socket: "/tmp/s", State: "/tmp/state",
		Path: config.Path{Sysfs: "/tmp/sys", Procfs: "/tmp/proc"},
		Looks: config.Looks{
			Raid:     config.Look{Every: time.Minute, Deadline: 100 * time.Millisecond},
			Bond:     config.Look{Every: time.Second, Deadline: 10 * time.Minute},
			LLDP:     config.Look{Every: 24 * time.Hour, Deadline: time.Second},
			Topology: config.Look{Every: 24 * time.Hour, Deadline: time.Second},
		},
		Settle: config.Settle{
			Raid: config.Hold{Worse: time.Second, Better: time.Hour},
			Bond: config.Hold{Better: 1500 * time.Millisecond},
		},
		Flap: config.Flap{Within: time.Hour},
		Policy: []config.Rule{{
			Name: "leave", Do: "none", When: config.When{Group: config.Words{"bond1*", "raid:*"}}, Reach: "host",
			Limit: config.Limit{Max: 3, Per: time.Hour}, MigrationThreshold: 1, FailureTimeout: 24 * time.Hour,
			Failback: config.Failback{Mode: "manual", StableFor: 30 * time.Minute},
		}},
		Helper: config.Helper{
			SetActive: []string{"bond0"}, PacketSocket: []string{"bond0", "bond1"}, Restart: []string{"app.service"}, Stop: []string{"worker@1.service"},
		},
		Log: config.Log{Level: "debug"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Log.SlogLevel() != slog.LevelDebug {
		t.Errorf("log level %v, want debug", got.Log.SlogLevel())
	}
}

func TestKeysWithoutValuesBelowThemKeepTheDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("f", []byte("\uFEFFversion: 1\r\nlooks:\r\n  # raid: {every: 1m}\r\nnats:\r\n  urls:\r\nhost: {labels: }\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEffectiveConfigurationReadsBackAsItself(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Host.Labels = map[string]string{"rack": "12", "yes": "no"}
	want.NATS.URLs = []string{"nats://h:1"}
	text, err := want.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("shown", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPasswordsAreNeverShown(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.NATS.URLs = []string{"nats://agent:s3cret@h:1"}
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cret") || c.NATS.URLs[0] != "nats://agent:s3cret@h:1" {
		t.Errorf("YAML shows or changes the password: %s\n%s", c.NATS.URLs[0], text)
	}
	c.NATS.URLs = []string{"http://agent:s3cret@h:1"}
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("want an error without the password, got %v", err)
	}
}

func TestFlagsAreCheckedLikeTheFile(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Listen, c.State = "9877", "state"
	err := c.Validate()
	want := `config: listen: "9877"; want an address with a port, such as ":9877" or "127.0.0.1:9877"; or "" for none
config: state: "state"; want an absolute path`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAbsentFileIsToldApartAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := config.Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want one that is fs.ErrNotExist", err)
	}
	if want := "read config " + path + ": no such file or directory"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	hinter, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok || !strings.Contains(hinter.Hint(), "plimsoll config default") {
		t.Errorf("no hint at plimsoll config default: %v", hinter)
	}
}

func TestFileOnDiskIsReadWithItsName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plimsoll.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nmod: observe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(path)
	if want := path + ":2:1: mod: unknown key; did you mean mode?"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.WriteFile(path, config.DefaultYAML(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path); err != nil {
		t.Error(err)
	}
}

func TestHelperKnowsModeEnforceAndNothingElseThatTheAgentRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plimsoll.yaml")
	for text, want := range map[string]bool{
		"version: 1\nmode: enforce\n":                                  true,
		"version: 1\nmode: observe\n":                                  true,
		"version: 1\nmode: always\n":                                   false,
		"version: 1\nmode: enforce\nhelper: {restart: [app]}\n":        false,
		"version: 1\nmode: enforce\nhelper: {restart: [w@.service]}\n": false,
		"version: 1\nmode: enforce\nhelper: {set_active: [a/b]}\n":     false,
		"version: 1\nmode: enforce\nhelper: {set_active: [..]}\n":      false,
		"version: 1\nmode: enforce\nhelper: {reboot: [now]}\n":         false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.LoadForHelper(path)
		if got := err == nil; got != want {
			t.Errorf("%q: %v", text, err)
		}
		if want && !strings.Contains(text, c.Mode) {
			t.Errorf("%q became mode %s", text, c.Mode)
		}
		if _, err := config.Load(path); err == nil && strings.Contains(text, "enforce") {
			t.Errorf("%q: the agent takes it", text)
		}
	}
}
