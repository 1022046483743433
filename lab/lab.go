package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/lab/script"
)

// Config says where the lab finds and leaves its things.
type Config struct {
	Cache    string // built images and programs
	Out      string // runs
	Deb      string // the agent's package; a pattern, of which the newest counts; empty: none
	Before   string // an earlier package, to upgrade from; a pattern, as Deb; empty: none
	Bin      string // folder of binaries that replace those of the package; empty: none
	Timeout  time.Duration
	Guests   int       // how many run at once; each takes a processor and 1.5 GiB
	Again    int       // how many scripts that failed may be run once more
	Progress io.Writer // one line for each thing done
}

// DefaultConfig is for a run from the repository's root.
func DefaultConfig() Config {
	cache := "build/lab"
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		cache = filepath.Join(dir, "plimsoll-lab")
	}
	if dir := os.Getenv("PLIMSOLL_LAB_CACHE"); dir != "" {
		cache = dir
	}
	return Config{Cache: cache, Out: "build/lab", Deb: "build/plimsoll_*_amd64.deb", Before: "build/before/plimsoll_*_amd64.deb", Timeout: 15 * time.Minute, Guests: 1, Progress: os.Stdout}
}

// Lab is what all guests of one run share.
type Lab struct {
	config  Config
	image   Image
	program string // the guest's program
	deb     string // empty: none
	before  string // likewise
	dir     string // of this run

	mu sync.Mutex // one line of progress after the other
}

// New prepares a run: the image, the guest's program, the agent's package and
// a folder. ErrMissing and ErrNotRoot can be tested for.
func New(ctx context.Context, c Config) (*Lab, error) {
	l := &Lab{config: c}
	for _, dir := range []*string{&l.config.Cache, &l.config.Out, &l.config.Bin} {
		if *dir == "" {
			continue
		}
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return nil, err
		}
		*dir = abs
	}
	var err error
	if l.image, err = BuildImage(ctx, l.config.Cache, c.Progress); err != nil {
		return nil, err
	}
	if l.program, err = buildProgram(ctx, l.config.Cache); err != nil {
		return nil, err
	}
	if l.deb, err = newest(c.Deb); err != nil {
		return nil, err
	}
	if l.before, err = newest(c.Before); err != nil {
		return nil, err
	}
	l.dir = filepath.Join(l.config.Out, time.Now().UTC().Format("run-20060102-150405"))
	return l, os.MkdirAll(l.dir, 0o755)
}

// Dir is the folder in which this run leaves what it leaves behind.
func (l *Lab) Dir() string { return l.dir }

// buildProgram compiles the guest's program; Go's own cache makes it quick.
func buildProgram(ctx context.Context, cache string) (string, error) {
	to := filepath.Join(cache, "guest")
	return to, BuildStatic(ctx, "plimsoll/lab/cmd/guest", to)
}

// BuildStatic compiles a command of this module into a program that needs nothing of the guest it runs in.
func BuildStatic(ctx context.Context, command, to string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", to, command)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	return runCommand(c)
}

// newest is the newest file of a pattern, or nothing.
func newest(pattern string) (string, error) {
	if pattern == "" {
		return "", nil
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", pattern, err)
	}
	best, when := "", time.Time{}
	for _, f := range found {
		if st, err := os.Stat(f); err == nil && st.ModTime().After(when) {
			best, when = f, st.ModTime()
		}
	}
	return best, nil
}

func (l *Lab) say(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.config.Progress, format+"\n", v...)
}

// BootOf turns the words of a script's boot statement into a Boot.
func BootOf(words []string) Boot {
	var b Boot
	for _, w := range words {
		switch w {
		case "root-on-dm":
			b.RootOnDM = true
		case "root-on-md":
			b.RootOnMD = true
		case "masked-md-rules":
			b.MaskedMDRules = true
		case "second-card":
			b.SecondCard = true
		case "bmc":
			b.BMC = true
		case "drives":
			b.Drives = true
		case "battery":
			b.Battery = true
		}
	}
	return b
}

// Boot starts a guest with the agent installed and stopped.
func (l *Lab) Boot(ctx context.Context, b Boot) (machine *Machine, err error) {
	// Unix socket paths hold 108 bytes; a folder of the system's own is short.
	dir, err := os.MkdirTemp("", "plimsoll-lab-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, keep(filepath.Join(dir, "console.log"), filepath.Join(l.dir, "boot-console.log")), os.RemoveAll(dir))
		}
	}()
	share := filepath.Join(dir, "share")
	if err := l.fillShare(share); err != nil {
		return nil, err
	}
	began := time.Now()
	m, err := Start(ctx, l.image, l.program, b, dir, share, l.config.Progress)
	if err != nil {
		return nil, err
	}
	booted := time.Since(began)
	if err := l.install(ctx, m); err != nil {
		m.Stop()
		return nil, err
	}
	l.say("guest%s: up after %.0fs, agent installed after %.0fs", b, booted.Seconds(), time.Since(began).Seconds())
	return m, nil
}

// String is empty for the plain guest.
func (b Boot) String() string {
	s := ""
	if b.RootOnDM {
		s += " root-on-dm"
	}
	if b.RootOnMD {
		s += " root-on-md"
	}
	if b.MaskedMDRules {
		s += " masked-md-rules"
	}
	if b.SecondCard {
		s += " second-card"
	}
	if b.BMC {
		s += " bmc"
	}
	if b.Drives {
		s += " drives"
	}
	if b.Battery {
		s += " battery"
	}
	return s
}

// keep copies a log to a place that lasts, and says where as an error to be
// joined with the one it explains.
func keep(from, to string) error {
	switch err := copyFile(to, from); {
	case errors.Is(err, fs.ErrNotExist):
		return nil // there is none yet
	case err != nil:
		return err
	}
	return fmt.Errorf("its console: %s", to)
}

func (l *Lab) fillShare(share string) error {
	if err := os.MkdirAll(filepath.Join(share, "bin"), 0o755); err != nil {
		return err
	}
	for name, from := range map[string]string{"plimsoll.deb": l.deb, "before.deb": l.before} {
		if from == "" {
			continue
		}
		if err := copyFile(filepath.Join(share, name), from); err != nil {
			return err
		}
	}
	if l.config.Bin == "" {
		return nil
	}
	for _, name := range []string{"plimsolld", "plimsoll"} {
		to := filepath.Join(share, "bin", name)
		if err := copyFile(to, filepath.Join(l.config.Bin, name)); err != nil {
			return err
		}
		if err := os.Chmod(to, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// install puts the agent into the guest as a person would, and leaves it
// stopped. Binaries without a package get the least unit that runs them.
func (l *Lab) install(ctx context.Context, m *Machine) error {
	if l.deb == "" && l.config.Bin == "" {
		l.say("no package and no binaries: the guest has no agent")
		return nil
	}
	_, err := m.MustRun(ctx, `set -e
if [ -e /lab/plimsoll.deb ]; then
	DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i /lab/plimsoll.deb
fi
if [ -e /lab/bin/plimsolld ]; then
	cp --remove-destination /lab/bin/* /usr/bin/
fi
if ! systemctl cat plimsolld >/dev/null 2>&1; then
	mkdir -p /etc/plimsoll
	id plimsoll >/dev/null 2>&1 || adduser --quiet --system --group --no-create-home plimsoll
	cat >/etc/systemd/system/plimsolld.service <<'END'
[Service]
Type=notify
ExecStart=/usr/bin/plimsolld
User=plimsoll
StateDirectory=plimsoll
RuntimeDirectory=plimsoll
Restart=always
RestartSec=1
END
	systemctl daemon-reload
fi
systemctl stop plimsolld`)
	if err != nil {
		return fmt.Errorf("install the agent: %w", err)
	}
	return nil
}

// end stops a guest, if there is one, and removes its folder.
func (l *Lab) end(m *Machine) {
	if m == nil {
		return
	}
	m.Stop()
	_ = os.RemoveAll(m.Dir)
}

// runScript runs one script and leaves its transcript and stream behind, and
// if it failed everything else that helps to see why.
func (l *Lab) runScript(ctx context.Context, m *Machine, s script.Script) bool {
	dir := filepath.Join(l.dir, s.Name)
	began := time.Now()
	l.say("--- %s: %s", s.Name, s.Title)
	ctx, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	var second *Machine
	var err error
	if s.Two {
		if second, err = l.Boot(ctx, BootOf(s.Boot)); err != nil {
			l.say("FAIL %s: no second guest: %v", s.Name, err)
			return false
		}
		defer l.end(second)
	}
	run, err := l.open(ctx, m, second, dir)
	if err == nil {
		err = run.build(ctx, s)
		if err == nil {
			err = run.steps(ctx, s)
		}
		if err == nil {
			err = run.expectSchema(ctx)
		}
		if err == nil {
			err = run.expectLimits(ctx)
		}
		if err != nil {
			run.collect(ctx)
		}
		err = errors.Join(err, run.close())
	}
	if err != nil {
		l.say("FAIL %s (%.0fs): %v\n     left behind: %s", s.Name, time.Since(began).Seconds(), err, dir)
		return false
	}
	l.say("ok   %s (%.0fs)", s.Name, time.Since(began).Seconds())
	return true
}

// transcript writes what a script did to a file and, shorter, to the
// progress.
type transcript struct {
	mu    sync.Mutex
	began time.Time
	file  io.Writer
}

func (t *transcript) line(format string, v ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.file, "%8.3f  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, v...))
}
