package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab/link"
	"plimsoll/lab/script"
)

// Output is what a command in the guest wrote and how it ended.
type Output struct {
	Out  string
	Err  string
	Code int
}

// ExitError is a command in the guest that ended with another code than 0.
type ExitError struct {
	Command string
	Output  Output
}

func (e *ExitError) Error() string {
	said := strings.TrimSpace(e.Output.Err)
	if said == "" {
		said = strings.TrimSpace(e.Output.Out)
	}
	return fmt.Sprintf("run %q in the guest: exit code %d: %s", e.Command, e.Output.Code, said)
}

func (m *Machine) call(ctx context.Context, r link.Request) (link.Reply, error) {
	type result struct {
		reply link.Reply
		err   error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		reply, err := m.link.Call(ctx, r)
		done <- result{reply, err}
	}()
	select {
	case r := <-done:
		if r.err == nil && r.reply.Problem != "" {
			return r.reply, errors.New(r.reply.Problem)
		}
		return r.reply, r.err
	case <-m.exited:
		return link.Reply{}, fmt.Errorf("%s in the guest: qemu ended: %w", r.Do, m.exit)
	}
}

// Run runs a shell command in the guest. Another exit code than 0 is no
// error.
func (m *Machine) Run(ctx context.Context, command string) (Output, error) {
	return m.RunWith(ctx, command, nil)
}

// RunWith is Run with standard input.
func (m *Machine) RunWith(ctx context.Context, command string, stdin []byte) (Output, error) {
	request := link.Request{Do: link.DoRun, Args: []string{command}, Stdin: stdin}
	if end, ok := ctx.Deadline(); ok {
		request.Timeout = time.Until(end)
	}
	reply, err := m.call(ctx, request)
	if err != nil {
		return Output{}, fmt.Errorf("run %q: %w", command, err)
	}
	return Output{Out: string(reply.Out), Err: string(reply.Err), Code: reply.Code}, nil
}

// MustRun is Run, and another exit code than 0 is an *ExitError.
func (m *Machine) MustRun(ctx context.Context, command string) (Output, error) {
	out, err := m.Run(ctx, command)
	if err == nil && out.Code != 0 {
		err = &ExitError{Command: command, Output: out}
	}
	return out, err
}

// HangRoot suspends the guest's root disk for d, and returns once it is
// suspended. Until then a command runs only if all it needs is cached.
func (m *Machine) HangRoot(ctx context.Context, d time.Duration) error {
	if !m.boot.RootOnDM {
		return errors.New("hang root: this guest was not booted with root-on-dm")
	}
	if _, err := m.call(ctx, link.Request{Do: link.DoHang, Args: []string{d.String()}}); err != nil {
		return fmt.Errorf("hang root: %w", err)
	}
	return nil
}

// Unplug pulls disk i out of its slot and returns when QEMU says that it is
// gone.
func (m *Machine) Unplug(ctx context.Context, i int) error {
	return m.unplug(ctx, diskID(i))
}

// UnplugCard pulls the second card: both of its functions, with all their disks.
// They don't come back in this guest.
func (m *Machine) UnplugCard(ctx context.Context) error {
	if !m.boot.SecondCard {
		return errors.New("unplug card: this guest was not booted with second-card")
	}
	m.noCard = true
	return m.unplug(ctx, cardFunctions()[0]) // function 0 goes with all others of its card
}

func (m *Machine) unplug(ctx context.Context, device string) error {
	events, stop := m.qmp.Events()
	defer stop()
	if err := m.qmp.Do(ctx, "device_del", map[string]any{"id": device}, nil); err != nil {
		return err
	}
	for {
		select {
		case e := <-events:
			var data struct{ Device string }
			if e.Event == "DEVICE_DELETED" && json.Unmarshal(e.Data, &data) == nil && data.Device == device {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("unplug %s: %w", device, ctx.Err())
		}
	}
}

// Plug puts disk i back into its slot.
func (m *Machine) Plug(ctx context.Context, i int) error {
	return m.insert(ctx, m.diskDevice(i))
}

// insert adds a device that is written as for QEMU's command line.
func (m *Machine) insert(ctx context.Context, device string) error {
	args := map[string]any{}
	for n, part := range strings.Split(device, ",") {
		k, v, ok := strings.Cut(part, "=")
		if !ok && n == 0 {
			k, v = "driver", part
		}
		switch number, err := strconv.Atoi(v); {
		case k == "scsi-id" && err == nil:
			args[k] = number
		case k == "share-rw":
			args[k] = v == "on"
		default:
			args[k] = v
		}
	}
	return m.qmp.Do(ctx, "device_add", args, nil)
}

// secondAdapter is QEMU's name for the adapter of a second path.
const secondAdapter = "scsi9"

// secondPath puts in an adapter that leads to the disk that has this name as well, and returns when the guest has it twice.
func (m *Machine) secondPath(ctx context.Context, name string) error {
	i, err := m.diskOf(ctx, name)
	if err != nil {
		return err
	}
	if i >= disks || m.twice {
		return errors.New("second path: only one, and of a SCSI disk")
	}
	if err := m.insert(ctx, "virtio-scsi-pci,id="+secondAdapter); err != nil {
		return err
	}
	m.twice = true
	if err := m.insert(ctx, scsiDisk(i, secondAdapter, "path"+strconv.Itoa(i))); err != nil {
		return err
	}
	_, err = m.MustRun(ctx, fmt.Sprintf(`for i in $(seq 200); do
	[ "$(grep -ls %s /sys/block/sd*/device/wwid | wc -l)" = 2 ] && { udevadm settle; exit 0; }
	sleep 0.1
done
exit 1`, wwn(i)))
	return err
}

// unplugPath pulls the adapter of the second path.
func (m *Machine) unplugPath(ctx context.Context) error {
	if !m.twice {
		return errors.New("unplug path: there is none")
	}
	m.twice = false
	return m.unplug(ctx, secondAdapter)
}

// Cable plugs in or unplugs the cable of ethN.
func (m *Machine) Cable(ctx context.Context, n int, state LinkState) error {
	return m.qmp.Do(ctx, "set_link", map[string]any{"name": fmt.Sprintf("nic%d", n), "up": state == LinkUp}, nil)
}

// LinkState is the state of a cable.
type LinkState int

// A cable is plugged in or it is not.
const (
	LinkUnknown LinkState = iota
	LinkDown
	LinkUp
)

// Reset cuts the guest's power for a moment and waits until it is up again.
// What it wrote to its disks stays.
func (m *Machine) Reset(ctx context.Context) error {
	return m.bootAgain(ctx, func() error { return m.qmp.Do(ctx, "system_reset", nil, nil) })
}

// Reboot has the guest shut down in order and waits until it is up again.
func (m *Machine) Reboot(ctx context.Context) error {
	return m.bootAgain(ctx, func() error {
		_, err := m.MustRun(ctx, "systemctl reboot --no-block")
		return err
	})
}

// SwitchOff has the guest shut down in order and waits until it is off.
func (m *Machine) SwitchOff(ctx context.Context) error {
	events, stop := m.qmp.Events()
	defer stop()
	if _, err := m.MustRun(ctx, "systemctl poweroff --no-block"); err != nil {
		return err
	}
	// STOP comes when nothing of it runs any more, SHUTDOWN before.
	return happens(ctx, events, "STOP")
}

// SwitchOn boots a guest that is off and waits until it is up. What it wrote
// to its disks is there, but for the half of its root that is pulled.
func (m *Machine) SwitchOn(ctx context.Context, on script.SwitchOn) error {
	return m.bootAgain(ctx, func() error {
		if on.HalfRoot {
			// Nobody is there to let go of it: the reset takes it out.
			if err := m.qmp.Do(ctx, "device_del", map[string]any{"id": secondHalf}, nil); err != nil {
				return err
			}
		}
		return m.qmp.Do(ctx, "system_reset", nil, nil)
	})
}

// bootAgain does what makes the guest boot, and waits until it has.
func (m *Machine) bootAgain(ctx context.Context, begin func() error) error {
	events, stop := m.qmp.Events()
	defer stop()
	if err := begin(); err != nil {
		return err
	}
	if err := happens(ctx, events, "RESET"); err != nil {
		return err
	}
	m.link.Forget()
	// One that was off stands still after its reset; any other takes no notice.
	if err := m.qmp.Do(ctx, "cont", nil, nil); err != nil {
		return err
	}
	if err := m.settle(ctx); err != nil {
		return err
	}
	return m.prepareHardware(ctx)
}

// happens waits for one of QEMU's events.
func happens(ctx context.Context, events <-chan QMPEvent, name string) error {
	for {
		select {
		case e := <-events:
			if e.Event == name {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("wait for %s of the guest: %w", name, ctx.Err())
		}
	}
}
