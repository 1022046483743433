// Command crosscheck compares, in the guest, what the agent read of power
// supplies and disks with what others read of the same hardware in the same
// minute: ipmitool, smartctl, nvme-cli and node_exporter, each in its own
// words. Field by field; it ends with how many agree and how many differ.
//
//	crosscheck WHAT...    of bmc, disks, kernel (what node_exporter tells of
//	                      power supplies and hwmon) and metrics (node_exporter's
//	                      series beside those that the agent has by its names)
//
// A field that only one side has is no difference, and is told; a series that
// only one side has is one, unless it is known why. A WHAT of which no field
// could be compared is an error.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// field is one thing that both told of.
type field struct{ of, peer, theirs, ours string }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crosscheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, whats []string) error {
	checks := map[string]func(context.Context, told) ([]field, error){"bmc": bmc, "disks": disks, "kernel": kernel, "metrics": metrics}
	if len(whats) == 0 {
		return errors.New("nothing to compare: crosscheck takes bmc, disks, kernel or metrics")
	}
	agree, differ := 0, 0
	for _, what := range whats {
		check, known := checks[what]
		if !known {
			return fmt.Errorf("%q is not bmc, disks, kernel or metrics", what)
		}
		// What the agent tells is read anew for each: the others take seconds.
		out, err := tool(ctx, "plimsoll", "status", "--json")
		if err != nil {
			return err
		}
		ours, err := parseStatus(out)
		if err != nil {
			return err
		}
		fields, err := check(ctx, ours)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		a, d := tell(fields)
		if a+d == 0 {
			return fmt.Errorf("%s: nothing that both tell of", what)
		}
		agree, differ = agree+a, differ+d
	}
	fmt.Printf("%d fields agree, %d differ\n", agree, differ)
	if differ > 0 {
		return errors.New("the agent and its peers differ")
	}
	return nil
}

// tell prints every field.
func tell(fields []field) (agree, differ int) {
	for _, f := range fields {
		switch {
		case f.ours == "" && f.theirs == "":
		case f.ours == "":
			fmt.Printf("%s: %s: %s; not told by the agent\n", f.of, f.peer, f.theirs)
		case f.theirs == "":
			fmt.Printf("%s: the agent: %s; not told by %s\n", f.of, f.ours, f.peer)
		case f.ours == f.theirs:
			agree++
			fmt.Printf("%s: %s and the agent: %s\n", f.of, f.peer, f.ours)
		default:
			differ++
			fmt.Printf("%s: DIFFERENT: %s: %s; the agent: %s\n", f.of, f.peer, f.theirs, f.ours)
		}
	}
	return agree, differ
}

// tool is what a program writes. Some tell of a failing disk by their exit code, so that says nothing.
func tool(ctx context.Context, name string, args ...string) ([]byte, error) {
	var out, said bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && (!ended || out.Len() == 0) {
		return nil, fmt.Errorf("run %s: %w: %s", name, err, said.Bytes())
	}
	return out.Bytes(), nil
}
