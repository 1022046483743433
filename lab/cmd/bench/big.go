package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
)

// What the big host has. Each array takes two ram disks; the rest of the disks are scsi_debug's.
const (
	bigArrays = 64
	bigBonds  = 32
	bigDisks  = 500
	slots     = 8 // disks that every guest has
)

// host is the guest at one size.
type host struct {
	m     *lab.Machine
	after time.Time // the newest input of the trace that was read
	told  []bench.Input
}

// bigHosts measures the agent on a small host and, in the same guest, on a big one.
func bigHosts(ctx context.Context, l *lab.Lab, p plan) (hosts []bench.Host, err error) {
	m, err := l.Boot(ctx, lab.Boot{})
	if err != nil {
		return nil, err
	}
	defer func() {
		m.Stop()
		err = errors.Join(err, os.RemoveAll(m.Dir))
	}()
	for _, size := range []struct{ arrays, bonds, disks int }{{1, 1, slots + 2}, {bigArrays, bigBonds, bigDisks}} {
		h := &host{m: m}
		if _, err := m.MustRun(ctx, grow(size.arrays, size.bonds, size.disks)); err != nil {
			return nil, err
		}
		measured, err := h.measure(ctx, p)
		if err != nil {
			return nil, err
		}
		measured.Size = fmt.Sprintf("arrays %d, bonds %d, disks %d", size.arrays, size.bonds, size.disks)
		hosts = append(hosts, measured)
	}
	return hosts, nil
}

// grow makes a host of this size of a smaller one, with the agent stopped. ram0 and ram1 are md0's, and so on. udev would take
// minutes over hundreds of disks in an emulated guest, so it does not hear of any of this.
func grow(arrays, bonds, disks int) string {
	return fmt.Sprintf(`set -e
systemctl stop plimsolld
rm -rf /var/lib/plimsoll/log
mkdir -p /etc/plimsoll
printf 'version: 1\nmode: observe\nhost: {name: lab}\nflap: {count: 0, within: 10m}\n' >/etc/plimsoll/plimsoll.yaml
udev="systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket"
systemctl stop $udev
[ ! -e /dev/md0 ] || mdadm --quiet --stop /dev/md0
modprobe -r brd
modprobe brd rd_nr=%[4]d rd_size=8192
[ %[5]d -eq 0 ] || modprobe scsi_debug num_tgts=%[5]d max_luns=1 dev_size_mb=8
until [ $(ls -d /sys/block/sd* /sys/block/ram* | wc -l) -ge %[3]d ]; do sleep 1; done
export MDADM_NO_UDEV=1
for i in $(seq 0 %[1]d); do
	mdadm --create /dev/md$i --run --quiet --metadata=1.2 --homehost=lab --assume-clean --level=1 --raid-devices=2 --bitmap=internal /dev/ram$((2 * i)) /dev/ram$((2 * i + 1))
done
for i in $(seq 0 %[2]d); do
	[ ! -e /sys/class/net/bond$i ] || continue
	ip -batch - <<END
link add bond$i type bond mode active-backup miimon 100
link add veth${i}a type veth peer name farveth${i}a
link add veth${i}b type veth peer name farveth${i}b
link set farveth${i}a up
link set farveth${i}b up
link set veth${i}a master bond$i
link set veth${i}b master bond$i
link set bond$i up
END
done
systemctl start $udev plimsolld
`, arrays-1, bonds-1, disks, 2*arrays, disks-slots-2*arrays)
}

// measure watches the agent through its first looks, a quiet time, and changes of one array and one bond by turns.
func (h *host) measure(ctx context.Context, p plan) (bench.Host, error) {
	var out bench.Host
	const first = time.Minute // for the first looks: ten seconds and more on a big host in an emulated guest
	if err := h.steps(ctx, "sleep "+strconv.Itoa(int(first.Seconds()))); err != nil {
		return out, err
	}
	from, before, err := h.used(ctx)
	if err != nil {
		return out, err
	}
	if err := h.steps(ctx, "sleep "+strconv.Itoa(int(p.quiet.Seconds()))); err != nil {
		return out, err
	}
	to, after, err := h.used(ctx)
	if err != nil {
		return out, err
	}
	var changes []bench.Change
	for range p.changes {
		for _, c := range []struct{ source, fault, mend string }{
			{"bond", "ip link set farveth0a down", "ip link set farveth0a up"},
			{"raid", "mdadm -q /dev/md0 --fail /dev/ram1", "mdadm -q /dev/md0 --remove /dev/ram1; mdadm -q /dev/md0 --re-add /dev/ram1"},
		} {
			at, err := h.clock(ctx)
			if err != nil {
				return out, err
			}
			changes = append(changes, bench.Change{Source: c.source, At: at})
			if err := errors.Join(h.steps(ctx, c.fault+"; sleep 4"), h.steps(ctx, c.mend+"; sleep 4")); err != nil {
				return out, err
			}
		}
	}
	status, err := h.m.MustRun(ctx, "cat /proc/$(pidof plimsolld)/status")
	if err != nil {
		return out, err
	}
	out.Memory, err = bench.ParseMemory(status.Out)
	out.Looks, out.Took, out.For = bench.LooksOf(h.told, from, to, changes), after-before, to.Sub(from)
	return out, err
}

// steps runs a command in the guest and then reads what the agent's trace says of its steps since it was last read.
func (h *host) steps(ctx context.Context, command string) error {
	said, err := h.m.MustRun(ctx, command+"; curl -fsS --unix-socket /run/plimsoll/plimsoll.sock http://plimsoll/debug/trace")
	if err != nil {
		return err
	}
	for dec := json.NewDecoder(strings.NewReader(said.Out)); dec.More(); {
		var line struct{ Step []bench.Input }
		if err := dec.Decode(&line); err != nil {
			return fmt.Errorf("read the trace: %w", err)
		}
		for _, in := range line.Step {
			if in.At.After(h.after) {
				h.told = append(h.told, in)
			}
		}
	}
	if n := len(h.told); n > 0 {
		h.after = h.told[n-1].At
	}
	return nil
}

// clock is the guest's.
func (h *host) clock(ctx context.Context) (time.Time, error) {
	said, err := h.m.MustRun(ctx, "date +%s%N")
	if err != nil {
		return time.Time{}, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(said.Out), 10, 64)
	return time.Unix(0, n), err
}

// used is the CPU time that the agent has used by now.
func (h *host) used(ctx context.Context) (time.Time, time.Duration, error) {
	now, err := h.clock(ctx)
	if err != nil {
		return now, 0, err
	}
	took, err := cpuTime(ctx, h.m, "$(pidof plimsolld)")
	return now, took, err
}
