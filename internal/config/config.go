package config

import (
	"bytes"
	_ "embed" // default.yaml is part of the program and of the package alike
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Version is the only value that the key version can have. A later one means that keys changed their meaning.
const Version = 1

// The modes. In ModeObserve the agent reads, judges, and says what it would do; it touches nothing. In ModeEnforce it does what
// the policy calls for.
const (
	ModeObserve = "observe"
	ModeEnforce = "enforce"
)

// maxSize bounds a configuration file: hundreds of times what anyone writes by hand, and small enough to hold in memory
// when a wrong path names something huge.
const maxSize = 1 << 20

// Config is everything that can be configured. It is a plain value: copy it, change it, call [Config.Validate].
//
// The tags beside yaml are checked and documented: oneof lists the words allowed, min and max bound numbers and durations,
// form names a shape from forms.go.
type Config struct {
	Version       int           `yaml:"version" min:"1" max:"1"`
	Mode          string        `yaml:"mode" oneof:"observe enforce"`
	Host          Host          `yaml:"host"`
	NATS          NATS          `yaml:"nats"`
	Fleet         Fleet         `yaml:"fleet"`
	Listen        string        `yaml:"listen" form:"optional address"`
	StatusPage    bool          `yaml:"status_page"`
	Metrics       Metrics       `yaml:"metrics"`
	WebConfigFile string        `yaml:"web_config_file" form:"optional path"`
	Socket        string        `yaml:"socket" form:"socket path"`
	State         string        `yaml:"state" form:"path"`
	Path          Path          `yaml:"path"`
	Looks         Looks         `yaml:"looks"`
	Settle        Settle        `yaml:"settle"`
	BootGrace     time.Duration `yaml:"boot_grace" min:"0s" max:"1h"`
	Flap          Flap          `yaml:"flap"`
	Scrub         Scrub         `yaml:"scrub"`
	Disk          Disk          `yaml:"disk"`
	Power         Power         `yaml:"power"`
	Services      []Service     `yaml:"services" form:"group"`
	Probes        []Probe       `yaml:"probes" form:"probe"`
	Policy        []Rule        `yaml:"policy" form:"rule"`
	Hooks         Hooks         `yaml:"hooks" form:"hook"`
	Signal        Signal        `yaml:"signal"`
	Helper        Helper        `yaml:"helper"`
	Log           Log           `yaml:"log"`
}

// Host is what this host calls itself. An empty name is the system's host name.
type Host struct {
	Name   string            `yaml:"name" form:"optional host name"`
	Labels map[string]string `yaml:"labels"`
}

// NATS is where events go. Without URLs and without the embedded server they stay in the log.
type NATS struct {
	URLs         []string `yaml:"urls" form:"server URL"`
	Fleet        string   `yaml:"fleet" form:"fleet name"`
	Credentials  string   `yaml:"credentials" form:"optional path"`
	TLS          TLS      `yaml:"tls"`
	CreateStream bool     `yaml:"create_stream"`
	Embedded     bool     `yaml:"embedded"`
}

// Fleet is how this host takes part in what its fleet decides. Domains are the names of labels.
type Fleet struct {
	Register           bool     `yaml:"register"`
	Pools              []string `yaml:"pools" form:"pool name"`
	Domains            []string `yaml:"domains" form:"failure domain"`
	Arbiter            bool     `yaml:"arbiter"`
	ArbiterCredentials string   `yaml:"arbiter_credentials" form:"optional path"`
	TrustPeers         bool     `yaml:"trust_peers"`
}

// TLS names PEM files. CA replaces the system's certificate authorities; Cert and Key are this host's own.
type TLS struct {
	CA   string `yaml:"ca" form:"optional path"`
	Cert string `yaml:"cert" form:"optional path"`
	Key  string `yaml:"key" form:"optional path"`
}

// Metrics is what is served beside our own. NodeExporter adds what is known under names of node_exporter's.
type Metrics struct {
	NodeExporter bool `yaml:"node_exporter"`
}

// Path says where the kernel's file systems are mounted.
type Path struct {
	Sysfs  string `yaml:"sysfs" form:"path"`
	Procfs string `yaml:"procfs" form:"path"`
}

// Looks says when each kind of source is read.
type Looks struct {
	Raid      Look `yaml:"raid"`
	Bond      Look `yaml:"bond"`
	Service   Look `yaml:"service"`
	Disk      Look `yaml:"disk"`
	LLDP      Look `yaml:"lldp"`
	Topology  Look `yaml:"topology"`
	Hwmon     Look `yaml:"hwmon"`
	Multipath Look `yaml:"multipath"`
	Power     Look `yaml:"power"`
}

// Look is one kind's pace: how often a source is read when nothing hints at a change, and how long a look may take before
// the agent stops waiting for it. A shorter pace than a second costs more than it tells, since the kernel's hints come
// sooner anyway.
type Look struct {
	Every    time.Duration `yaml:"every" min:"1s" max:"24h"`
	Deadline time.Duration `yaml:"deadline" min:"100ms" max:"10m"`
}

// Settle says for each kind how long a change must last to count.
type Settle struct {
	Raid      Hold `yaml:"raid"`
	Bond      Hold `yaml:"bond"`
	Service   Hold `yaml:"service"`
	Disk      Hold `yaml:"disk"`
	Hwmon     Hold `yaml:"hwmon"`
	Multipath Hold `yaml:"multipath"`
	Power     Hold `yaml:"power"`
}

// Hold is how long a change must last to count, apart for worse and for better.
type Hold struct {
	Worse  time.Duration `yaml:"worse" min:"0s" max:"1h"`
	Better time.Duration `yaml:"better" min:"0s" max:"1h"`
}

// Flap is when a group that keeps changing is held at its worst: after Count turns for the worse within Within. A Count of
// 0 never holds.
type Flap struct {
	Count  int           `yaml:"count" min:"0" max:"100"`
	Within time.Duration `yaml:"within" min:"1s" max:"24h"`
}

// Power is what no look can find out about this host's power supplies. Needed 0 is not told.
type Power struct {
	Needed int               `yaml:"needed" min:"0" max:"64"`
	Feeds  map[string]string `yaml:"feeds"`
	Names  map[string]string `yaml:"names"`
	Empty  []string          `yaml:"empty" form:"bay"`
}

// Signal is where those who send this host work are told whether to. Weight is the share, in percent, that they are told while it
// wants less.
type Signal struct {
	Listen    string `yaml:"listen" form:"optional address"`
	TrackFile string `yaml:"track_file" form:"optional path"`
	Weight    int    `yaml:"weight" min:"1" max:"99"`
}

// Helper is what the privileged helper may be asked to do, and with what. An empty list is nothing.
type Helper struct {
	SetActive    []string `yaml:"set_active" form:"link name"`
	PacketSocket []string `yaml:"packet_socket" form:"link name"`
	Restart      []string `yaml:"restart" form:"service name"`
	Stop         []string `yaml:"stop" form:"service name"`
	Raid         Raid     `yaml:"raid"`
}

// Raid is which md arrays the privileged helper may change, by their UUIDs, and how; Pool is the disks that it may add.
type Raid struct {
	Readmit  []string `yaml:"readmit" form:"array UUID"`
	Replace  []string `yaml:"replace" form:"array UUID"`
	Evict    []string `yaml:"evict" form:"array UUID"`
	AddSpare []string `yaml:"add_spare" form:"array UUID"`
	Pool     []string `yaml:"pool" form:"worldwide name"`
}

// Scrub is within how long every array is to verify its copies; an Interval of 0 waits for none.
type Scrub struct {
	Interval time.Duration `yaml:"interval" min:"0s" max:"9600h"`
}

// Disk is how often disks are asked for what they say of their own health.
type Disk struct {
	AskNVMe  time.Duration `yaml:"ask_nvme" min:"1s" max:"24h"`
	AskOther time.Duration `yaml:"ask_other" min:"1s" max:"24h"`
	// PCIeErrors has the errors counted that the ports of NVMe controllers have reported (AER).
	PCIeErrors bool `yaml:"pcie_errors"`
	// AskSmartctl is how often smartctl is asked for a second opinion; 0: never. Behind are disks that it alone can reach.
	AskSmartctl time.Duration `yaml:"ask_smartctl" min:"0s" max:"24h"`
	Behind      []string      `yaml:"behind" form:"hidden disk"`
}

// Log is how much the agent says on standard error.
type Log struct {
	Level string `yaml:"level" oneof:"debug info warn error"`
}

// SlogLevel is the level for log/slog. A word that validation refuses counts as info.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}

// Default is what holds where the file says nothing. It equals what default.yaml parses to.
func Default() Config {
	return Config{
		Version: Version,
		Mode:    ModeObserve,
		NATS:    NATS{Fleet: "default"},
		// What a host has in common with others of its room, by the names that docs and examples use.
		Fleet:  Fleet{Domains: []string{"rack", "row", "room", "feed", "switch"}},
		Listen: ":9877",
		Signal: Signal{Weight: 50},
		Socket: "/run/plimsoll/plimsoll.sock",
		State:  "/var/lib/plimsoll",
		Path:   Path{Sysfs: "/sys", Procfs: "/proc"},
		Looks: Looks{
			// md is read as a whole in a few milliseconds, and POLLPRI tells of most changes sooner.
			Raid: Look{Every: 10 * time.Second, Deadline: 5 * time.Second},
			// rtnetlink does not announce every change of a bond, so polling has to find some of them.
			Bond: Look{Every: 5 * time.Second, Deadline: 3 * time.Second},
			// systemd announces changes, so polling is for when it was not heard.
			Service: Look{Every: 10 * time.Second, Deadline: 5 * time.Second},
			// The kernel announces most changes of a disk. It costs some calls for each.
			Disk: Look{Every: time.Minute, Deadline: 10 * time.Second},
			// Switches speak every 30 s; lldpcli is killed after 5 s.
			LLDP: Look{Every: 30 * time.Second, Deadline: 10 * time.Second},
			// Mounts, disks and cards announce that they come and go. Routes and the ports of bridges do not.
			Topology: Look{Every: time.Minute, Deadline: 10 * time.Second},
			// Chips measure anew once in a second or two, what they measure changes slowly, and their buses are slow and shared.
			Hwmon: Look{Every: 30 * time.Second, Deadline: 10 * time.Second},
			// Device-mapper announces a path that it gives up or takes back. What SCSI thinks of one it does not announce.
			Multipath: Look{Every: 30 * time.Second, Deadline: 10 * time.Second},
			// A reading takes the BMC some milliseconds and the host an interrupt or a busy wait for each byte.
			Power: Look{Every: 30 * time.Second, Deadline: 20 * time.Second},
		},
		Settle: Settle{
			// md does not flap by itself: a member that failed stays failed until somebody acts.
			Raid: Hold{},
			// A link that renegotiates is down for one to two seconds and means nothing.
			Bond: Hold{Worse: 2 * time.Second, Better: 2 * time.Second},
			// A unit that a person restarts is gone for a moment. What hangs has been asked several times before it is sick.
			Service: Hold{Worse: 2 * time.Second, Better: 2 * time.Second},
			// A controller that resets is neither well nor dead for some seconds.
			Disk: Hold{Worse: 5 * time.Second, Better: 30 * time.Second},
			// A bus that was busy answers the next look. What is close to a limit crosses it again and again.
			Hwmon: Hold{Worse: 30 * time.Second, Better: time.Minute},
			// A link that is trained anew blocks its paths for some seconds; multipathd tests a path every 5 to 20 s.
			Multipath: Hold{Worse: 5 * time.Second, Better: 30 * time.Second},
			// Three looks: a BMC restarts, and a supply that is plugged in says this and that before it is well.
			Power: Hold{Worse: time.Minute, Better: time.Minute},
		},
		// What boots with the host is there within seconds. What is late waits for a disk to spin up, for an enclosure, or for
		// udev's last resort: 30 s after the last member mdadm starts arrays that lack some.
		BootGrace: 2 * time.Minute,
		Flap:      Flap{Count: 5, Within: 10 * time.Minute},
		// Distributions scrub once a month, on a Sunday: a month and a few days for it to end.
		Scrub: Scrub{Interval: 35 * 24 * time.Hour},
		// One NVMe log page is nothing to a controller; an ATA disk stops what it does for a moment to answer.
		Disk: Disk{AskNVMe: time.Minute, AskOther: 30 * time.Minute},
		Log:  Log{Level: "info"},
	}
}

//go:embed default.yaml
var defaultYAML []byte

// DefaultYAML is the commented default file, as the package installs it.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// Load reads the file at path. An error is always an [*Error]; errors.Is(err, fs.ErrNotExist) tells an absent file.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, &Error{File: path, Cause: bare(err)}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return Config{}, &Error{File: path, Cause: bare(err)}
	}
	return Parse(path, text)
}

// bare is err without the path that [Error] already names.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// Parse reads text, which comes from the file called name, on top of [Default]. An error is always an [*Error] that holds
// every problem found; the Config returned beside it is empty.
func Parse(name string, text []byte) (Config, error) {
	c := Default()
	d := decoder{places: map[string]place{}}
	if root, ok := d.document(text); ok {
		d.root(root, &c)
	}
	for _, p := range c.problems() {
		d.report(d.nearestPlace(p.Key), p)
	}
	if len(d.problems) > 0 {
		return Config{}, newError(name, d.problems)
	}
	return c, nil
}

// Validate checks a Config that was changed after it was parsed, by command-line flags for instance. An error is an
// [*Error] whose problems name keys and no lines.
func (c Config) Validate() error {
	if problems := c.problems(); len(problems) > 0 {
		return newError("", problems)
	}
	return nil
}

// YAML is c as a file, every key given. Passwords and tokens within URLs are hidden, and so are the paths of webhooks, so that the text
// can be shown.
func (c Config) YAML() ([]byte, error) {
	c.NATS.URLs = slices.Clone(c.NATS.URLs)
	for i, raw := range c.NATS.URLs {
		c.NATS.URLs[i] = withoutCredential(raw)
	}
	c.Hooks = maps.Clone(c.Hooks)
	for name, h := range c.Hooks {
		h.URL = veiled(h.URL)
		c.Hooks[name] = h
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(c), enc.Close()); err != nil {
		return nil, fmt.Errorf("write config: %w", err)
	}
	return out.Bytes(), nil
}
