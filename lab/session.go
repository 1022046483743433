package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll/lab/script"
)

// session is one script at work on one guest. One goroutine owns it.
type session struct {
	lab    *Lab
	m      *Machine // the guest that statements are about
	second *Machine // nil: the script has one guest
	dir    string
	nats   *NATS
	proxy  *Proxy
	out    *transcript
	file   *os.File

	mark    int               // events before this index do not count
	fault   time.Time         // when the last fault was made
	names   map[string]string // names for people, by id, as far as status told them
	jobs    []job             // what runs in the background
	watch   *watch            // nil: metrics are not watched
	scraper *http.Client
	alerts  *prometheus // nil: none runs
	page    *browser    // nil: none is open
}

// open begins a script on m, and on a second guest unless that is nil.
func (l *Lab) open(ctx context.Context, m, second *Machine, dir string) (*session, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "transcript.txt"))
	if err != nil {
		return nil, err
	}
	s := &session{
		lab: l, m: m, second: second, dir: dir, file: f, out: &transcript{began: time.Now(), file: f},
		names: make(map[string]string), fault: time.Now(), scraper: &http.Client{Timeout: scrapeLimit},
	}
	if s.nats, err = StartNATS(ctx, dir); err == nil {
		if s.proxy, err = NewProxy(ctx); err == nil {
			s.proxy.Target(s.nats.Addr())
			var first script.Statement = script.Config{Text: defaultAgentConfig}
			if second != nil {
				first = script.Second{Do: first, Both: true}
			}
			err = s.do(ctx, first)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// defaultAgentConfig is what the agent runs with unless a script says
// otherwise.
const defaultAgentConfig = `version: 1
mode: observe
host: {name: "${HOST}"}
nats: {urls: ["${NATS}"]}
`

func (s *session) close() error {
	s.alerts.stop()
	s.page.close()
	if s.watch != nil {
		_, _ = s.watch.stop() // the script did not ask how it went
	}
	for _, j := range s.jobs {
		j.stop() // the script has failed, or does not mind how it went
		if err := <-j.done; err != nil {
			s.out.line("in the background: %v", err)
		}
	}
	if s.proxy != nil {
		s.proxy.Close()
	}
	var err error
	if s.nats != nil {
		err = s.nats.Dump(filepath.Join(s.dir, "stream.jsonl"))
		s.nats.Close()
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, "jetstream")))
	}
	return errors.Join(err, s.file.Close())
}

func (s *session) steps(ctx context.Context, sc script.Script) error {
	for _, step := range sc.Steps {
		s.out.line("%s", step.Text)
		began := time.Now()
		if err := s.do(ctx, step.Do); err != nil {
			err = fmt.Errorf("line %d: %s: %w", step.Line, step.Text, err)
			s.out.line("  FAIL %v", err)
			return err
		}
		s.out.line("  ok, %.1fs", time.Since(began).Seconds())
	}
	return nil
}

// do runs one statement.
func (s *session) do(ctx context.Context, st script.Statement) error {
	switch st := st.(type) {
	case script.Times:
		return s.repeat(ctx, st)
	case script.Second:
		return s.onSecond(ctx, st)
	case script.Array, script.MD, script.Unplug, script.UnplugCard, script.SecondPath, script.UnplugPath, script.Plug, script.HangRoot, script.Reset, script.Reboot, script.SwitchOff, script.SwitchOn,
		script.Partner, script.Bond, script.Cable, script.Port, script.VLAN, script.Bridge, script.DefaultRoute, script.Move,
		script.BMCStart, script.BMCAdd, script.BMCProcess, script.BMCSupply, script.BMCWatts, script.BMCRedundancy, script.BMCBit, script.NVMeWarns, script.NVMeToggles, script.Mains:
		s.fault = time.Now()
		return s.m.world(ctx, st)
	case script.Agent:
		return s.agent(ctx, st.Verb)
	case script.Config:
		return s.config(ctx, st.Text)
	case script.NATSState:
		return s.natsState(ctx, st.Verb)
	case script.NATSCut:
		s.proxy.CutAcks(st.Acks)
		return nil
	case script.NATSWindow:
		return s.nats.Window(ctx, st.Window)
	case script.Guest:
		return s.guest(ctx, st)
	case script.Background:
		s.background(ctx, st.Command)
		return nil
	case script.WaitBackground:
		return s.waitBackground()
	case script.Program:
		return s.program(ctx, st)
	case script.Prometheus:
		return s.startPrometheus(ctx)
	case script.Page:
		return s.openPage(ctx)
	case script.Wait:
		return sleep(ctx, st.For)
	case script.Mark:
		events, err := s.nats.Read(ctx)
		s.mark = len(events)
		return err
	default:
		return s.look(ctx, st)
	}
}

func (s *session) repeat(ctx context.Context, st script.Times) error {
	for range st.N {
		if err := s.do(ctx, st.Do); err != nil {
			return err
		}
	}
	return nil
}

// onSecond does a statement on the second guest, or on the first and then there.
func (s *session) onSecond(ctx context.Context, st script.Second) error {
	if st.Both {
		if err := s.do(ctx, st.Do); err != nil {
			return err
		}
	}
	defer func(first *Machine) { s.m = first }(s.m)
	s.m = s.second
	return s.do(ctx, st.Do)
}

func (s *session) agent(ctx context.Context, verb string) error {
	command := map[string]string{
		// Without reset-failed systemd refuses the sixth start in ten seconds.
		"start":   "systemctl reset-failed plimsolld 2>/dev/null; systemctl start plimsolld",
		"stop":    "systemctl stop plimsolld",
		"restart": "systemctl reset-failed plimsolld 2>/dev/null; systemctl restart plimsolld",
		"kill":    "systemctl kill --signal=KILL plimsolld",
	}[verb]
	out, err := s.m.MustRun(ctx, command)
	if _, ok := errors.AsType[*ExitError](err); ok {
		said, _ := s.m.Run(ctx, "journalctl -u plimsolld -n 20 --no-pager -o cat")
		return fmt.Errorf("%w\n%s", err, said.Out)
	}
	s.note(out)
	return err
}

func (s *session) config(ctx context.Context, text string) error {
	text = strings.NewReplacer("${NATS}", fmt.Sprintf("nats://%s:%d", hostInside, s.proxy.Port), "${HOST}", s.host(s.m)).Replace(text)
	out, err := s.m.RunWith(ctx, "mkdir -p /etc/plimsoll && cat >/etc/plimsoll/plimsoll.yaml", []byte(text))
	if err == nil && out.Code != 0 {
		err = &ExitError{Command: "write plimsoll.yaml", Output: out}
	}
	return err
}

func (s *session) natsState(ctx context.Context, verb string) error {
	switch verb {
	case "start":
		return s.nats.Up(ctx)
	case "kill":
		return s.nats.Down(os.Kill)
	default:
		return s.nats.Down(os.Interrupt)
	}
}

func (s *session) guest(ctx context.Context, g script.Guest) error {
	s.fault = time.Now()
	out, err := s.m.Run(ctx, g.Command)
	s.note(out)
	switch {
	case err != nil:
		return err
	case g.Fails && out.Code == 0:
		return errors.New("exit code 0")
	case !g.Fails && out.Code != 0:
		return &ExitError{Command: g.Command, Output: out}
	}
	return nil
}

// build compiles what the script runs in the guest, before its first step: how long a compiler takes on a busy host is none
// of its business, and what comes after a program may have to come soon.
func (s *session) build(ctx context.Context, sc script.Script) error {
	for _, step := range sc.Steps {
		bare, _ := script.Bare(step.Do)
		p, ok := bare.(script.Program)
		if !ok {
			continue
		}
		for _, m := range s.guests() {
			to := filepath.Join(m.Dir, "share/bin", p.Name)
			if _, err := os.Stat(to); err == nil {
				continue // this guest has it already
			}
			if err := BuildStatic(ctx, "plimsoll/lab/cmd/"+p.Name, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// guests are those of the script.
func (s *session) guests() []*Machine {
	if s.second == nil {
		return []*Machine{s.m}
	}
	return []*Machine{s.m, s.second}
}

// host is what ${HOST} stands for on a guest.
func (s *session) host(m *Machine) string {
	if m == s.second {
		return "lab2"
	}
	return "lab"
}

// program runs a command of the lab in the guest and tells its last line.
func (s *session) program(ctx context.Context, p script.Program) error {
	words := []string{"/lab/bin/" + p.Name}
	for _, a := range p.Args {
		words = append(words, quote(a))
	}
	command := strings.Join(words, " ")
	out, err := s.m.Run(ctx, command)
	s.note(out)
	lines := strings.Split(strings.TrimSpace(out.Out), "\n")
	if last := lines[len(lines)-1]; last != "" {
		s.lab.say("     %s: %s", p.Name, last)
	}
	if err == nil && out.Code != 0 {
		err = &ExitError{Command: command, Output: out}
	}
	return err
}

// note keeps what a command wrote in the transcript.
func (s *session) note(out Output) {
	for line := range strings.Lines(out.Out + out.Err) {
		s.out.line("  | %s", strings.TrimRight(line, "\n"))
	}
}

// job is a command that runs in the background.
type job struct {
	stop context.CancelFunc
	done <-chan error
}

func (s *session) background(ctx context.Context, command string) {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	s.jobs = append(s.jobs, job{stop, done})
	m := s.m // which may be another when this begins
	go func() {
		_, err := m.MustRun(ctx, command)
		done <- err
	}()
}

func (s *session) waitBackground() error {
	var errs []error
	for _, j := range s.jobs {
		errs = append(errs, <-j.done)
		j.stop()
	}
	s.jobs = nil
	return errors.Join(errs...)
}

// collect leaves behind what helps to see why a script failed. What cannot be
// had is left out: the guest may be the very thing that is broken.
func (s *session) collect(ctx context.Context) {
	// The script may have failed because its own time was up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if _, err := s.nats.Read(ctx); err != nil {
		s.out.line("read the stream: %v", err)
	}
	for _, m := range s.guests() {
		dir := s.dir
		if m == s.second {
			dir = filepath.Join(s.dir, s.host(m))
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			s.out.line("leave things behind: %v", err)
		}
		s.collectFrom(ctx, m, dir)
	}
}

// collectFrom leaves behind what one guest has.
func (s *session) collectFrom(ctx context.Context, m *Machine, dir string) {
	_ = copyFile(filepath.Join(dir, "console.log"), filepath.Join(m.Dir, "console.log"))
	const socket = "curl -sS --max-time 10 --unix-socket /run/plimsoll/plimsoll.sock http://plimsoll/debug/"
	for name, command := range map[string]string{
		"journal.txt":   "journalctl -b --no-pager -o short-precise",
		"mdstat.txt":    "cat /proc/mdstat; cat /proc/net/bonding/* 2>/dev/null",
		"status.json":   "plimsoll status --json",
		"trace.jsonl":   socket + "trace",
		"snapshot.json": socket + "snapshot",
	} {
		try, cancel := context.WithTimeout(ctx, 20*time.Second)
		out, err := m.Run(try, command)
		cancel()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(out.Out+out.Err), 0o644)
		}
		if err != nil {
			s.out.line("leave %s behind: %v", name, err)
		}
	}
}
