package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
	"plimsoll/lab/bmc"
)

// hardwareSettings make many looks of a short time.
const hardwareSettings = `set -e
mkdir -p /etc/plimsoll
printf 'version: 1\nmode: observe\nhost: {name: lab}\nlooks: {power: {every: 1s}}\n' >/etc/plimsoll/plimsoll.yaml
systemctl start plimsolld
`

// times runs a command so often, after a rest of so many seconds each, and prints how long each took, in nanoseconds.
const times = `for i in $(seq %d); do sleep %d; a=$(date +%%s%%N); %s >/dev/null; b=$(date +%%s%%N); echo $((b - a)); done`

// rest is how many seconds lie between two looks at supplies, whoever looks: the agent rests between looks, and what is asked again at
// once is found warm.
const rest = 1

// hardware measures looks at supplies and disks beside the programs that people use.
func hardware(ctx context.Context, l *lab.Lab, p plan) (all []bench.Against, err error) {
	m, err := l.Boot(ctx, lab.Boot{BMC: true, Drives: true})
	if err != nil {
		return nil, err
	}
	defer func() {
		m.Stop()
		err = errors.Join(err, os.RemoveAll(m.Dir))
	}()
	if err := m.Supplies(ctx, 1, 2, 3); err != nil {
		return nil, err
	}
	supplies, err := supplyLooks(ctx, m, p)
	if err != nil {
		return nil, err
	}
	if err := lab.BuildStatic(ctx, "plimsoll/lab/cmd/disklook", filepath.Join(m.Dir, "share/bin/disklook")); err != nil {
		return nil, err
	}
	all = []bench.Against{
		{What: "a look at three supplies", Peer: `ipmitool sdr type "Power Supply"`, Goal: 50, Ours: supplies},
		{What: "a look at an NVMe device", Peer: "smartctl -j -A /dev/nvme0", Goal: 20},
		{What: "a look at a SATA disk", Peer: "smartctl -j -A /dev/sdi", Goal: 20},
	}
	if err := bare(ctx, m, p, &all[0]); err != nil {
		return nil, err
	}
	for i, device := range []string{"", "nvme0", "sdi"} {
		if device != "" {
			// The first look wakes the helper.
			if all[i].Ours, err = nanos(ctx, m, fmt.Sprintf("/lab/bin/disklook %[1]s 1 >/dev/null && /lab/bin/disklook %[1]s %[2]d", device, p.looks)); err != nil {
				return nil, err
			}
		}
		between := 0
		if device == "" {
			between = rest
		}
		if all[i].Theirs, err = nanos(ctx, m, fmt.Sprintf(times, p.looks, between, all[i].Peer)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// supplyLooks are the agent's steady looks at the supplies; it is stopped after.
func supplyLooks(ctx context.Context, m *lab.Machine, p plan) (bench.Sample, error) {
	if _, err := m.MustRun(ctx, hardwareSettings); err != nil {
		return nil, err
	}
	h := &host{m: m}
	const first = 15 * time.Second // for the first looks, which read the BMC's records
	if err := h.steps(ctx, fmt.Sprintf("sleep %.0f", first.Seconds())); err != nil {
		return nil, err
	}
	from, err := h.clock(ctx)
	if err != nil {
		return nil, err
	}
	// A look a second, more or less; they are read now and then, since the trace is bounded.
	for began := time.Now(); time.Since(began) < time.Minute+time.Duration(p.looks)*4*time.Second; {
		if err := h.steps(ctx, "sleep 5"); err != nil {
			return nil, err
		}
		if s := bench.LooksOf(h.told, from, time.Now().Add(time.Hour), nil)["power"].Steady; len(s) >= p.looks {
			_, err := m.MustRun(ctx, "systemctl stop plimsolld")
			return s, err
		}
	}
	return nil, errors.New("the agent does not look at the supplies")
}

// bare asks the BMC for the sensors that a steady look reads, with nothing around it and through the helper, by turns.
func bare(ctx context.Context, m *lab.Machine, p plan, looks *bench.Against) error {
	if err := lab.BuildStatic(ctx, "plimsoll/lab/cmd/bmclook", filepath.Join(m.Dir, "share/bin/bmclook")); err != nil {
		return err
	}
	sensors := []bmc.Sensor{bmc.Redundancy(), bmc.Status(1), bmc.Status(2), bmc.Status(3), bmc.PowerUnit()}
	var numbers strings.Builder
	for _, s := range sensors {
		fmt.Fprintf(&numbers, " %d", s.Number)
	}
	all, err := nanos(ctx, m, fmt.Sprintf("/lab/bin/bmclook %d %ds%s", p.looks, rest, numbers.String()))
	if err != nil {
		return err
	}
	looks.Bare = fmt.Sprintf("%d bare commands to the BMC", len(sensors))
	for turn := range slices.Chunk(all, 2) {
		looks.Floor = append(looks.Floor, turn[0])
		looks.Asked = append(looks.Asked, turn[1:]...)
	}
	return nil
}

func nanos(ctx context.Context, m *lab.Machine, command string) (bench.Sample, error) {
	said, err := m.MustRun(ctx, command)
	if err != nil {
		return nil, err
	}
	return bench.ParseNanos(said.Out)
}
