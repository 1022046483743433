package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
)

// exporter is node_exporter with the six collectors, and without metrics of itself, which would cost it.
const exporter = "prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --web.disable-exporter-metrics --log.level=error " +
	"--collector.disable-defaults --collector.mdadm --collector.bonding --collector.hwmon --collector.powersupplyclass --collector.netclass --collector.diskstats"

// peers starts what is compared from now on, and the agent anew: what was asked of it while faults were made is forgotten.
func (w *world) peers(ctx context.Context) error {
	if err := w.start(ctx, "exporter", exporter); err != nil {
		return err
	}
	if err := w.start(ctx, "idle", program+" idle "+names); err != nil {
		return err
	}
	_, err := w.m.MustRun(ctx, `systemctl restart plimsolld
for i in $(seq 300); do curl -fsS -o /dev/null http://127.0.0.1:9100/metrics && plimsoll status --json | grep -q '"connected": *true' && exit 0; sleep 0.2; done 2>/dev/null
exit 1`)
	if err != nil {
		return fmt.Errorf("wait for the peers: %w", err)
	}
	return nil
}

func (w *world) scrapes(ctx context.Context, n int) (bench.Scrapes, error) {
	err := w.start(ctx, "scrape", fmt.Sprintf("%s scrape %d %s=http://127.0.0.1:9877/metrics %s=http://127.0.0.1:9100/metrics", program, n, bench.Ours, bench.Peer))
	if err != nil {
		return nil, err
	}
	if _, err := w.m.MustRun(ctx, "while systemctl is-active --quiet bench-scrape; do sleep 1; done"); err != nil {
		return nil, err
	}
	all, err := collect[bench.Scrape](ctx, w, "scrape", nil)
	if err != nil {
		return nil, err
	}
	if len(all) != 2*n {
		return nil, fmt.Errorf("%d scrapes of %d", len(all), 2*n)
	}
	return bench.Scrapes(all), nil
}

// senses is the unit of the helper that asks hardware on the agent's behalf.
const senses = "plimsoll-sense.service"

// units are the processes that are compared.
func units() map[string]string {
	return map[string]string{bench.Ours: "plimsolld", bench.Peer: "bench-exporter", bench.Loop: "bench-idle"}
}

func (w *world) pid(ctx context.Context, name string) (string, error) {
	out, err := w.m.MustRun(ctx, "systemctl show --property=MainPID --value "+units()[name])
	return strings.TrimSpace(out.Out), err
}

func (w *world) memory(ctx context.Context) (map[string]bench.Memory, error) {
	all := map[string]bench.Memory{}
	for _, name := range []string{bench.Ours, bench.Peer} {
		pid, err := w.pid(ctx, name)
		if err != nil {
			return nil, err
		}
		out, err := w.m.MustRun(ctx, "cat /proc/"+pid+"/status")
		if err != nil {
			return nil, err
		}
		if all[name], err = bench.ParseMemory(out.Out); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// idle is the CPU time that each of them takes while nothing happens.
func (w *world) idle(ctx context.Context, d time.Duration) (bench.Idle, error) {
	out := bench.Idle{Took: map[string]time.Duration{}}
	before, err := w.cpu(ctx)
	if err != nil {
		return out, err
	}
	began := time.Now()
	over := time.NewTimer(d) // waited for here: a command in the guest may not take so long
	defer over.Stop()
	select {
	case <-ctx.Done():
		return out, ctx.Err()
	case <-over.C:
	}
	out.For = time.Since(began).Round(time.Second)
	after, err := w.cpu(ctx)
	for name := range after {
		out.Took[name] = after[name] - before[name]
		if out.Took[name] < 0 { // it was started meanwhile
			out.Took[name] = after[name]
		}
	}
	return out, err
}

// addDisks is how a guest comes to have many more disks. udev would take minutes over them in an emulated guest, so it does not hear of
// them.
const addDisks = `set -e
udev="systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket"
systemctl stop $udev
modprobe scsi_debug num_tgts=%[1]d max_luns=1 dev_size_mb=8
until [ $(ls -d /sys/block/sd* | wc -l) -ge %[1]d ]; do sleep 1; done
systemctl start $udev
systemctl restart plimsolld
`

// untilAsked waits until the helper has had nothing to do for a while after it had: each disk was asked for its health.
const untilAsked = `was=0
for i in $(seq 60); do
	sleep 10
	is=$(systemctl show --property=CPUUsageNSec --value ` + senses + `)
	[ "$is" = "$was" ] && exit 0
	was=$is
done
exit 1`

// crowd is idle with many disks, once the first looks are over and each disk was asked for its health.
func (w *world) crowd(ctx context.Context, d time.Duration) (bench.Idle, error) {
	if _, err := w.stop(ctx, "idle"); err != nil {
		return bench.Idle{}, err
	}
	if _, err := w.m.MustRun(ctx, fmt.Sprintf(addDisks, bench.CrowdDisks)); err != nil {
		return bench.Idle{}, err
	}
	if err := w.start(ctx, "idle", program+" idle "+names); err != nil {
		return bench.Idle{}, err
	}
	if _, err := w.m.MustRun(ctx, untilAsked); err != nil {
		return bench.Idle{}, err
	}
	return w.idle(ctx, d)
}

// cpu is what each has used so far.
func (w *world) cpu(ctx context.Context) (map[string]time.Duration, error) {
	all := map[string]time.Duration{}
	for name := range units() {
		pid, err := w.pid(ctx, name)
		if err != nil {
			return nil, err
		}
		if all[name], err = cpuTime(ctx, w.m, pid); err != nil {
			return nil, fmt.Errorf("read stat of %s: %w", name, err)
		}
	}
	helper, err := w.m.MustRun(ctx, "systemctl show --property=CPUUsageNSec --value "+senses)
	if err != nil {
		return nil, err
	}
	if nanos, err := strconv.ParseInt(strings.TrimSpace(helper.Out), 10, 64); err == nil { // "[not set]": it was never started
		all[bench.Helper] = time.Duration(nanos)
	}
	return all, nil
}

// cpuTime is what a process in the guest has used so far.
func cpuTime(ctx context.Context, m *lab.Machine, pid string) (time.Duration, error) {
	out, err := m.MustRun(ctx, "cat /proc/"+pid+"/stat")
	if err != nil {
		return 0, err
	}
	const utime, stime, tick = 11, 12, 10 * time.Millisecond // proc(5), after the name; USER_HZ is 100
	fields := strings.Fields(out.Out[strings.LastIndexByte(out.Out, ')')+1:])
	var all time.Duration
	for _, i := range []int{utime, stime} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n) * tick
	}
	return all, nil
}

// profile leaves the agent's own profiles of an idle host behind: its CPU time for d, and then its heap.
func (w *world) profile(ctx context.Context, d time.Duration) error {
	for file, page := range map[string]string{
		"cpu.pprof": fmt.Sprintf("profile?seconds=%d", int(d.Seconds())), "heap.pprof": "heap", "goroutines.txt": "goroutine?debug=1",
	} {
		out, err := w.m.MustRun(ctx, "curl -fsS --unix-socket /run/plimsoll/plimsoll.sock 'http://plimsoll/debug/pprof/"+page+"'")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(w.dir, file), []byte(out.Out), 0o644); err != nil {
			return err
		}
	}
	return nil
}
