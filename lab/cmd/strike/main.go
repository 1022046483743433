// Command strike stops the agent in a guest the moment its log tells of an action that has come so far, which no script is quick
// enough for.
//
//	strike [-after DURATION] [-changed FILE] [-with KILL|STOP] [-within DURATION] PHASE
//
// It waits for a record of PHASE that was not there when it began, waits for DURATION more, or until FILE does not say any more
// what it said when it began, and sends the signal. KILL is kill -9;
// STOP leaves agent and helper standing, for a script that then cuts the guest's power. It tells which action that was.
// While it waits for the record there is a file /run/strike, for what goes on beside it and is to lead to that record.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	segments = "/var/lib/plimsoll/log/log-*.jsonl"
	// pace is how often the log is looked at: more often than a disk writes.
	pace = 100 * time.Microsecond
	// window is how much of the log an action may come after: a few dozen events.
	window = 128 << 10
	// ready is there while a record is waited for. What is to lead to one waits for that.
	ready = "/run/strike"
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "strike:", err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func run(args []string) (string, error) {
	flags := flag.NewFlagSet("strike", flag.ContinueOnError)
	after := flags.Duration("after", 0, "how long after the record")
	changed := flags.String("changed", "", "which file has to say something else by then")
	with := flags.String("with", "KILL", "which signal")
	within := flags.Duration("within", 2*time.Minute, "how long to wait for the record")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	signals := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP}
	signal, known := signals[*with]
	if flags.NArg() != 1 || !known {
		return "", errors.New("usage: strike [-after DURATION] [-changed FILE] [-with KILL|STOP] PHASE")
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, -20); err != nil { // a late blow hits another phase
		return "", err
	}
	agents, err := processes("plimsolld")
	if err != nil || len(agents) == 0 {
		return "", errors.Join(err, errors.New("no agent runs"))
	}
	end := time.Now().Add(*within)
	var was []byte
	if *changed != "" {
		if was, err = os.ReadFile(*changed); err != nil {
			return "", err
		}
	}
	line, err := await([]byte(`"phase":"`+flags.Arg(0)+`"`), end)
	if err != nil {
		return "", err
	}
	time.Sleep(*after)
	if err := other(*changed, was, end); err != nil {
		return "", err
	}
	if err := send(agents, signal); err != nil {
		return "", err
	}
	if signal == syscall.SIGSTOP { // the helper runs only now and then
		helpers, err := processes("plimsoll-priv")
		if err := errors.Join(err, send(helpers, signal)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("SIG%s %s after %s", *with, *after, line), nil
}

// await is the first record with this text behind what is there now.
func await(text []byte, end time.Time) (string, error) {
	all, err := filepath.Glob(segments)
	if err != nil || len(all) == 0 {
		return "", errors.Join(err, errors.New("there is no log"))
	}
	f, err := os.Open(all[len(all)-1]) // names sort as numbers do
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	b, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	at := int64(len(bytes.TrimRight(b, "\n"))) // behind that is room, which the next records are written over
	if err := os.WriteFile(ready, nil, 0o600); err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(ready) }() // it is on a tmpfs
	buf := make([]byte, window)
	for time.Now().Before(end) {
		n, err := f.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if found := bytes.Index(buf[:n], text); found >= 0 {
			start := bytes.LastIndexByte(buf[:found], '\n') + 1
			line, _, _ := bytes.Cut(buf[start:n], []byte("\n"))
			return string(line), nil
		}
		time.Sleep(pace)
	}
	return "", fmt.Errorf("no record has %s", text)
}

// other waits until the file, if one is named, says something else than it did.
func other(file string, was []byte, end time.Time) error {
	for file != "" {
		is, err := os.ReadFile(file)
		switch {
		case err != nil:
			return err
		case !bytes.Equal(is, was):
			return nil
		case time.Now().After(end):
			return fmt.Errorf("%s says %q all the while", file, was)
		}
		time.Sleep(pace)
	}
	return nil
}

func processes(name string) ([]int, error) {
	all, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, path := range all {
		comm, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(comm)) != name {
			continue // it has ended meanwhile, or is another
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

func send(pids []int, signal syscall.Signal) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal %d: %w", pid, err)
		}
	}
	return nil
}
