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

// everyKey is a file that sets every key to something other than its default.
const everyKey = `
version: 1
mode: observe
host: {name: db1.example.net, labels: {rack: r12, feed.psu1: r12-a}}
nats:
  urls: ["tls://n1:4222", "nats://n2"]
  fleet: prod-2
  credentials: /etc/plimsoll/nats.creds
  tls: {ca: /ca.pem, cert: /cert.pem, key: /key.pem}
  create_stream: true
fleet: {register: true, pools: [db, web-1], domains: [rack], arbiter: true, arbiter_credentials: /etc/plimsoll/arbiter.creds, trust_peers: true}
listen: 127.0.0.1:0
signal: {listen: "127.0.0.1:9879", track_file: /tmp/signal, weight: 20}
status_page: true
metrics: {node_exporter: true}
web_config_file: /etc/plimsoll/web.yaml
socket: /tmp/s
state: /tmp/state
path: {sysfs: /tmp/sys, procfs: /tmp/proc}
looks: {raid: {every: 1m, deadline: 100ms}, bond: {every: 1s, deadline: 10m}, service: {every: 2s, deadline: 1s}, disk: {every: 3s, deadline: 2s}, lldp: {every: 24h, deadline: 1s}, topology: {every: 24h, deadline: 1s}, hwmon: {every: 2m, deadline: 1s}, multipath: {every: 5s, deadline: 1s}, power: {every: 15s, deadline: 1s}}
settle: {raid: {worse: 1s, better: 1h}, bond: {worse: 0s, better: 1500ms}, service: {worse: 0s, better: 1s}, disk: {worse: 1s, better: 2s}, hwmon: {worse: 0s, better: 2s}, multipath: {worse: 1s, better: 3s}, power: {worse: 3s, better: 0s}}
disk: {ask_nvme: 1s, ask_other: 24h, pcie_errors: true}
boot_grace: 0s
flap: {count: 0, within: 1h}
scrub: {interval: 0s}
power: {needed: 2, feeds: {psu1: r12-a}, names: {psu1: pfe3000 0058}, empty: [psu4]}
services:
- name: web
  members: [{unit: web@1.service}, {name: second, unit: web@2.service, check: {http: "http://h:80/", timeout: 1s}}]
policy:
- {name: leave, when: {group: ["bond1*", "raid:*"]}, do: none}
helper: {set_active: [bond0], packet_socket: [bond0, bond1], restart: [app.service], stop: [worker@1.service]}
log: {level: debug}
`

func TestEveryKeyCanBeSet(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("all.yaml", []byte(everyKey))
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
		Fleet: config.Fleet{
			Register: true, Pools: []string{"db", "web-1"}, Domains: []string{"rack"}, Arbiter: true,
			ArbiterCredentials: "/etc/plimsoll/arbiter.creds", TrustPeers: true,
		},
		Listen: "127.0.0.1:0", StatusPage: true, Metrics: config.Metrics{NodeExporter: true}, WebConfigFile: "/etc/plimsoll/web.yaml", Socket: "/tmp/s", State: "/tmp/state",
		Path: config.Path{Sysfs: "/tmp/sys", Procfs: "/tmp/proc"},
		Looks: config.Looks{
			Raid:      config.Look{Every: time.Minute, Deadline: 100 * time.Millisecond},
			Bond:      config.Look{Every: time.Second, Deadline: 10 * time.Minute},
			Service:   config.Look{Every: 2 * time.Second, Deadline: time.Second},
			Disk:      config.Look{Every: 3 * time.Second, Deadline: 2 * time.Second},
			LLDP:      config.Look{Every: 24 * time.Hour, Deadline: time.Second},
			Topology:  config.Look{Every: 24 * time.Hour, Deadline: time.Second},
			Hwmon:     config.Look{Every: 2 * time.Minute, Deadline: time.Second},
			Multipath: config.Look{Every: 5 * time.Second, Deadline: time.Second},
			Power:     config.Look{Every: 15 * time.Second, Deadline: time.Second},
		},
		Settle: config.Settle{
			Raid:      config.Hold{Worse: time.Second, Better: time.Hour},
			Bond:      config.Hold{Better: 1500 * time.Millisecond},
			Service:   config.Hold{Better: time.Second},
			Disk:      config.Hold{Worse: time.Second, Better: 2 * time.Second},
			Hwmon:     config.Hold{Better: 2 * time.Second},
			Multipath: config.Hold{Worse: time.Second, Better: 3 * time.Second},
			Power:     config.Hold{Worse: 3 * time.Second},
		},
		Flap:  config.Flap{Within: time.Hour},
		Disk:  config.Disk{AskNVMe: time.Second, AskOther: 24 * time.Hour, PCIeErrors: true},
		Power: config.Power{Needed: 2, Feeds: map[string]string{"psu1": "r12-a"}, Names: map[string]string{"psu1": "pfe3000 0058"}, Empty: []string{"psu4"}},
		Services: []config.Service{{Name: "web", Needed: 1, Members: []config.ServiceMember{
			{Unit: "web@1.service", Check: config.ServiceCheck{Timeout: 5 * time.Second, Interval: 10 * time.Second, Rise: 2, Fall: 3}},
			{
				Name: "second", Unit: "web@2.service",
				Check: config.ServiceCheck{HTTP: "http://h:80/", Timeout: time.Second, Interval: 10 * time.Second, Rise: 2, Fall: 3},
			},
		}}},
		Policy: []config.Rule{{
			Name: "leave", Do: "none", When: config.When{Group: config.Words{"bond1*", "raid:*"}}, Reach: "host",
			Limit: config.Limit{Max: 3, Per: time.Hour}, MigrationThreshold: 1, FailureTimeout: 24 * time.Hour,
			Failback: config.Failback{Mode: "manual", StableFor: 30 * time.Minute},
		}},
		Signal: config.Signal{Listen: "127.0.0.1:9879", TrackFile: "/tmp/signal", Weight: 20},
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

func TestOnlyServicesAndBondsCanBeListedForTheHelper(t *testing.T) {
	t.Parallel()
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
		c, err := config.Parse("f", []byte(text))
		if got := err == nil; got != want {
			t.Errorf("%q: %v", text, err)
		}
		if want && !strings.Contains(text, c.Mode) {
			t.Errorf("%q became mode %s", text, c.Mode)
		}
	}
}
