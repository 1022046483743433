// Command atadisk is, in the guest, an ATA disk behind a SAS adapter: one that
// can be told to fail its SMART status, to sleep, to hang, and that remembers
// which commands it got. No emulated disk can be told so, and no real one.
//
//	program atadisk plug            make the disk; the last line is its name
//	program atadisk is WORD...      what it is from now on: failing (its SMART
//	                                status, and attribute 5), pending (sectors),
//	                                asleep, hung; nothing of it without a word
//	program atadisk commands        how often it got which command since it was
//	                                last told what it is
//	program atadisk pull            take it away
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"plimsoll/lab/tcmu"
)

// home is where the disk's process and those who tell it what to be meet.
const home = "/run/atadisk"

// The disk's identity.
const (
	serial = "ATALAB0001"
	wwn    = "5000c50000001000"
	model  = "LAB ATA DISK"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "atadisk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	verb := ""
	if len(args) > 0 {
		verb = args[0]
	}
	switch verb {
	case "plug":
		return plug(ctx)
	case "serve":
		return serve(ctx)
	case "is":
		return tell(args[1:])
	case "commands":
		return count()
	case "pull":
		return pull(ctx)
	default:
		return errors.New("usage: atadisk plug | is [failing] [pending] [asleep] [hung] | commands | pull")
	}
}

// plug starts the disk's process and waits until the kernel has a name for the disk.
func plug(ctx context.Context) error {
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	if err := errors.Join(tell(nil), exec.CommandContext(ctx, "modprobe", "-a", "target_core_user", "tcm_loop").Run()); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// Once started, the disk outlives this command.
	c := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", "serve")
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, "pid"), []byte(strconv.Itoa(c.Process.Pid)), 0o644); err != nil {
		return err
	}
	return wait(ctx, func() bool {
		name, err := diskName()
		if err == nil {
			fmt.Println(name)
		}
		return err == nil
	})
}

// wait returns when it is so, or after long enough for an emulated guest.
func wait(ctx context.Context, so func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !so() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(home, "log"))
			return fmt.Errorf("wait for the disk: %w: %s", ctx.Err(), log)
		}
	}
	return nil
}

// diskName is the kernel's name for the disk.
func diskName() (string, error) {
	models, err := filepath.Glob("/sys/block/sd*/device/model")
	if err != nil {
		return "", err
	}
	for _, m := range models {
		if b, err := os.ReadFile(m); err == nil && strings.TrimSpace(string(b)) == model {
			return filepath.Base(filepath.Dir(filepath.Dir(m))), nil
		}
	}
	return "", fs.ErrNotExist
}

func serve(ctx context.Context) error {
	d := &disk{data: make([]byte, diskBytes), state: readState, note: note}
	return tcmu.Serve(ctx, tcmu.Disk{Name: "atadisk", WWN: wwn, Size: diskBytes}, d.command, func() {})
}

func note(command string) {
	f, err := os.OpenFile(filepath.Join(home, "commands"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		fmt.Fprintln(f, command)
		_ = f.Close()
	}
}

func words() []string { return []string{"failing", "pending", "asleep", "hung"} }

// tell makes the disk what the words say, and forgets what commands it got.
func tell(is []string) error {
	for _, w := range is {
		if !slices.Contains(words(), w) {
			return fmt.Errorf("%q is not %s", w, strings.Join(words(), " or "))
		}
	}
	if err := os.Remove(filepath.Join(home, "commands")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tmp := filepath.Join(home, "state.new")
	if err := os.WriteFile(tmp, []byte(strings.Join(is, " ")), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(home, "state"))
}

func readState() state {
	b, _ := os.ReadFile(filepath.Join(home, "state")) // it is there from the first
	is := strings.Fields(string(b))
	has := func(w string) bool { return slices.Contains(is, w) }
	return state{failing: has("failing"), pending: has("pending"), asleep: has("asleep"), hung: has("hung")}
}

func count() error {
	b, err := os.ReadFile(filepath.Join(home, "commands"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n := make(map[string]int)
	for line := range strings.Lines(string(b)) {
		n[strings.TrimSpace(line)]++
	}
	var all []string
	for c, times := range n {
		all = append(all, fmt.Sprintf("%s %d", c, times))
	}
	slices.Sort(all)
	fmt.Println(strings.Join(all, ", "))
	return nil
}

func pull(ctx context.Context) error {
	b, err := os.ReadFile(filepath.Join(home, "pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		return err
	}
	if err := errors.Join(tell(nil), syscall.Kill(pid, syscall.SIGTERM)); err != nil {
		return err
	}
	if err := wait(ctx, func() bool { return syscall.Kill(pid, 0) != nil }); err != nil {
		return err
	}
	return os.RemoveAll(home)
}
