package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"plimsoll/lab/bmc"
)

// simulatorLimit is how long the simulator may take to do a command; it takes milliseconds.
const simulatorLimit = 20 * time.Second

// errFrozen says that the simulator does nothing until it is thawed.
var errFrozen = errors.New("the bmc is frozen")

// errGone says that no simulator runs.
var errGone = errors.New("the bmc is not running")

// simulator is a BMC: OpenIPMI's ipmi_sim, to which QEMU connects. One goroutine owns it.
type simulator struct {
	dir    string // its configuration, and the state that outlives it
	port   int
	cmd    *exec.Cmd // nil: it does not run
	stdin  io.WriteCloser
	lines  chan string // what it writes; closed when it has ended
	fences int
	frozen bool
}

func newSimulator(ctx context.Context, dir string) (*simulator, error) {
	if err := need("ipmi_sim"); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	return &simulator{dir: dir, port: port}, os.MkdirAll(dir, 0o755)
}

// start starts the simulator with these supplies, and ends the one that runs. Its event log stays, as a real one's would.
func (b *simulator) start(ctx context.Context, supplies ...int) error {
	b.kill()
	records, err := filepath.Glob(filepath.Join(b.dir, "*", "*", "sdr.*"))
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := os.Remove(r); err != nil {
			return err
		}
	}
	conf, commands := filepath.Join(b.dir, "bmc.conf"), filepath.Join(b.dir, "bmc.emu")
	if err := errors.Join(
		os.WriteFile(conf, []byte(bmc.Configuration(b.port)), 0o644),
		os.WriteFile(commands, []byte(bmc.Commands(supplies...)), 0o644),
	); err != nil {
		return err
	}
	// The context bounds the start, not the program, which kill ends.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "ipmi_sim", "-c", conf, "-f", commands, "-s", b.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start ipmi_sim: %w", err)
	}
	b.cmd, b.stdin, b.lines, b.frozen = cmd, in, make(chan string, 1024), false
	go listen(out, b.lines)
	// What it could not do at its start is told before the first answer.
	return b.do(ctx)
}

func listen(r io.Reader, to chan<- string) {
	defer close(to)
	in := bufio.NewScanner(r)
	for in.Scan() {
		to <- in.Text()
	}
}

// do has the simulator run commands, and returns when it has.
func (b *simulator) do(ctx context.Context, commands ...string) error {
	switch {
	case b.cmd == nil:
		return errGone
	case b.frozen:
		return errFrozen
	}
	ctx, cancel := context.WithTimeout(ctx, simulatorLimit)
	defer cancel()
	// It says nothing of what it has done, but complains of a word that it does not know.
	b.fences++
	fence := fmt.Sprintf("fence-%d", b.fences)
	if _, err := io.WriteString(b.stdin, strings.Join(append(commands, fence), "\n")+"\n"); err != nil {
		return fmt.Errorf("tell ipmi_sim: %w", err)
	}
	var wrong []string
	for {
		select {
		case line, ok := <-b.lines:
			switch {
			case !ok:
				return fmt.Errorf("ipmi_sim ended: %s", strings.Join(wrong, "; "))
			case strings.Contains(line, "**Unknown command: "+fence):
				if len(wrong) > 0 {
					return fmt.Errorf("ipmi_sim: %s", strings.Join(wrong, "; "))
				}
				return nil
			case strings.Contains(line, "**"), strings.HasPrefix(line, "Unable"):
				wrong = append(wrong, strings.TrimSpace(line))
			}
		case <-ctx.Done():
			return fmt.Errorf("wait for ipmi_sim: %w", ctx.Err())
		}
	}
}

// freeze makes the BMC hang, and thaw lets it go on.
func (b *simulator) freeze() error { return b.signal(syscall.SIGSTOP) }

func (b *simulator) thaw() error { return b.signal(syscall.SIGCONT) }

func (b *simulator) signal(sig syscall.Signal) error {
	if b.cmd == nil {
		return errGone
	}
	b.frozen = sig == syscall.SIGSTOP
	return b.cmd.Process.Signal(sig)
}

// kill ends the simulator, if it runs, at once.
func (b *simulator) kill() {
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Kill()
	for range b.lines { // until listen has ended: Wait closes what it reads
	}
	_ = b.cmd.Wait()
	b.cmd = nil
}
