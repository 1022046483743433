package signal_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/signal"
)

// told is a signal that a test sets.
type told struct {
	mu   sync.Mutex
	is   actions.Signal
	news chan struct{}
}

func newTold() *told { return &told{news: make(chan struct{})} }

func (s *told) set(is actions.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.is = is
	close(s.news)
	s.news = make(chan struct{})
}

func (s *told) signal() actions.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.is
}

func (s *told) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// serve tells s until the test ends, or until end is called.
func serve(t *testing.T, s *told, cfg signal.Config) (addr net.Addr, end func()) {
	t.Helper()
	srv, err := signal.Listen(t.Context(), cfg, s.signal, s.changed)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { srv.Serve(ctx, func(err error) { t.Errorf("not told: %v", err) }) })
	end = func() {
		stop()
		serving.Wait()
	}
	t.Cleanup(end)
	return srv.Addr(), end
}

// program is a program of Debian's that the whole check installs; elsewhere the test says what is missing.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin") {
		if path := filepath.Join(dir, name); filepath.IsAbs(dir) {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and has to be in the whole check", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// eventually waits until is gives want.
func eventually(t *testing.T, what, want string, is func() string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	enough := time.NewTimer(time.Minute)
	defer enough.Stop()
	for {
		last := is()
		if last == want {
			return
		}
		select {
		case <-tick.C:
		case <-enough.C:
			t.Fatalf("%s is %q, want %q", what, last, want)
		}
	}
}

// start runs a program until the test ends.
func start(t *testing.T, path string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s:\n%s", path, text)
		}
	})
}

// TestHAProxyTakesTheSignal has a real HAProxy ask by its agent-check.
func TestHAProxyTakesTheSignal(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	s := newTold()
	addr, end := serve(t, s, signal.Config{Listen: "127.0.0.1:0", Weight: 50})
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	control, config := filepath.Join(dir, "control"), filepath.Join(dir, "haproxy.cfg")
	text := fmt.Sprintf(`global
  stats socket %s level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
backend db
  server db1 127.0.0.1:%s weight 100 check inter 200ms agent-check agent-addr 127.0.0.1 agent-port %s agent-inter 200ms
`, control, port, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, haproxy, "-db", "-f", config)
	state := func() string { return stat(t, control) }
	eventually(t, "before anything is known", "UP 100", state)
	for _, step := range []struct {
		is   actions.Signal
		want string
	}{
		{actions.SignalUp, "UP 100"},
		{actions.SignalDrain, "UP 0"},
		{actions.SignalLess, "UP 50"},
		{actions.SignalDown, "DOWN (agent) 50"},
		{actions.SignalUp, "UP 100"},
		{actions.SignalDrain, "UP 0"},
	} {
		s.set(step.is)
		eventually(t, step.is.String(), step.want, state)
	}
	end() // the agent ends, and HAProxy holds what it was told last
	if got := state(); got != "UP 0" {
		t.Errorf("after the agent has ended: %s", got)
	}
}

// stat is what HAProxy shows of the server: its status and its weight.
func stat(t *testing.T, control string) string {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "unix", control)
	if err != nil {
		return err.Error() // it is on its way up
	}
	defer func() { _ = conn.Close() }() // all has been read
	if _, err := conn.Write([]byte("show stat db 4 -1\n")); err != nil {
		return err.Error()
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		const name, status, weight = 1, 17, 18
		if cells := strings.Split(lines.Text(), ","); len(cells) > weight && cells[name] == "db1" {
			return cells[status] + " " + cells[weight]
		}
	}
	return "not shown"
}

// TestKeepalivedTakesTheSignal has a real keepalived read the file, in a network namespace of its own.
func TestKeepalivedTakesTheSignal(t *testing.T) {
	t.Parallel()
	keepalived, ip := program(t, "keepalived"), program(t, "ip")
	if os.Getuid() != 0 {
		t.Skip("a network namespace takes root")
	}
	dir := t.TempDir()
	file, state := filepath.Join(dir, "signal"), filepath.Join(dir, "state")
	space := fmt.Sprintf("plimsoll-signal-%d", os.Getpid())
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), ip, args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", args, err, out)
		}
	}
	run("netns", "add", space)
	t.Cleanup(func() {
		if out, err := exec.Command(ip, "netns", "del", space).CombinedOutput(); err != nil { //nolint:noctx // the test's context has ended
			t.Errorf("%v: %s", err, out)
		}
	})
	run("-n", space, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	for _, link := range []string{"lo", "v0", "v1"} {
		run("-n", space, "link", "set", link, "up")
	}
	run("-n", space, "addr", "add", "192.0.2.1/24", "dev", "v0")
	note := filepath.Join(dir, "note")
	if err := os.WriteFile(note, []byte("#!/bin/sh\necho \"$3\" >"+state+"\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	// With weight 0 all but 0 is a fault.
	config := filepath.Join(dir, "keepalived.conf")
	text := fmt.Sprintf(`global_defs {
  script_user root
}
track_file plimsoll {
  file %s
  weight 0
}
vrrp_instance db {
  state BACKUP
  interface v0
  virtual_router_id 51
  priority 100
  advert_int 0.2
  track_file {
    plimsoll
  }
  virtual_ipaddress {
    192.0.2.100/24
  }
  notify %s
}
`, file, note)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newTold()
	_, end := serve(t, s, signal.Config{TrackFile: file})
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was written before anything was known")
	}
	s.set(actions.SignalUp)
	read := func(path string) func() string {
		return func() string {
			text, err := os.ReadFile(path)
			if err != nil {
				return err.Error()
			}
			return strings.TrimSpace(string(text))
		}
	}
	eventually(t, "the file", "0", read(file))
	start(t, ip, "netns", "exec", space, keepalived, "--dont-fork", "--log-console", "--vrrp", "--use-file", config,
		"--pid", filepath.Join(dir, "pid"), "--vrrp_pid", filepath.Join(dir, "vrrp.pid"))
	eventually(t, "keepalived, up", "MASTER", read(state))
	s.set(actions.SignalDrain)
	eventually(t, "keepalived, drained", "FAULT", read(state))
	s.set(actions.SignalUp)
	eventually(t, "keepalived, up again", "MASTER", read(state))
	s.set(actions.SignalDown)
	eventually(t, "keepalived, down", "FAULT", read(state))
	end()
	if got := read(file)(); got != "3" {
		t.Errorf("after the agent has ended the file says %q", got)
	}
}
