package bench

import (
	"fmt"
	"strings"
	"time"
)

// Page is everything that one run measured.
type Page struct {
	Faults     Faults
	Scrapes    Scrapes
	Memory     map[string]Memory
	Idle       Idle
	Crowd      Idle   // with so many disks more
	Hosts      []Host // small before big
	Hardware   []Against
	Benchmarks []Benchmark
}

const head = `# Performance

` + "`make bench`" + ` writes this page: one run, in one emulated guest (QEMU TCG, 2 processors, 1 GiB, Debian's kernel), the peers
beside us. Emulation is ten to twenty times slower than metal, so only the ratios say something. docs of package lab/bench say
what exactly is measured.

`

// Text is the page.
func (p Page) Text() string {
	var out strings.Builder
	out.WriteString(head)
	p.goals(&out)
	p.hardwareGoals(&out)
	p.faults(&out)
	p.scrapes(&out)
	p.memory(&out)
	p.idle(&out)
	p.hardware(&out)
	out.WriteString(p.BigHost())
	p.benchmarks(&out)
	return out.String()
}

// HardwareText is what is said of supplies and disks, goals first.
func (p Page) HardwareText() string {
	var out strings.Builder
	out.WriteString("| what | goal | measured | |\n|---|---|---|---|\n")
	p.hardwareGoals(&out)
	p.hardware(&out)
	return out.String()
}

// goal is a line of the first table.
func goal(out *strings.Builder, what, wanted, got string, met bool) {
	word := "**not met**"
	if met {
		word = "met"
	}
	fmt.Fprintf(out, "| %s | %s | %s | %s |\n", what, wanted, got, word)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (p Page) goals(out *strings.Builder) {
	out.WriteString("| what | goal | measured | |\n|---|---|---|---|\n")
	ours, floor := p.Faults.ours(), p.Faults.floor()
	for _, q := range []struct {
		name string
		at   float64
	}{{"median", 0.5}, {"99th percentile", 0.99}} {
		r := ratio(float64(ours.Quantile(q.at)), float64(floor.Quantile(q.at)))
		goal(out, "fault to acknowledgement, "+q.name, "at most 2 times a bare loop's", fmt.Sprintf("%.2f times", r), r <= 2)
	}
	n := p.Faults.beforeAlert()
	goal(out, "before the alert of mdadm --monitor", "99 of 100", fmt.Sprintf("%d of %d", n, p.Faults.Made), n*100 >= 99*p.Faults.Made)
	a, _ := p.Scrapes.of(Ours)
	b, _ := p.Scrapes.of(Peer)
	r := ratio(float64(b.Median()), float64(a.Median()))
	goal(out, "a scrape, median", "at most 1/20 of node_exporter's", fmt.Sprintf("1/%.1f", r), r >= 20)
	r = ratio(float64(p.Memory[Ours].Anon), float64(p.Memory[Peer].Anon))
	goal(out, "anonymous memory", "at most node_exporter's", fmt.Sprintf("%.2f times", r), r <= 1)
	r = p.Idle.ratio()
	goal(out, "idle CPU over "+p.Idle.For.String(), "at most 2 times a bare loop's", fmt.Sprintf("%.2f times", r), r <= 2)
	r = p.Crowd.ratio()
	goal(out, fmt.Sprintf("the same with %d disks", CrowdDisks), "at most 2 times a bare loop's", fmt.Sprintf("%.2f times", r), r <= 2)
}

func (f Faults) ours() Sample  { return f.since(func(w Way) time.Time { return w.Ours }) }
func (f Faults) floor() Sample { return f.since(func(w Way) time.Time { return w.Floor }) }

func (p Page) faults(out *strings.Builder) {
	f := p.Faults
	if len(f.Ways) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## %d faults\n\n", f.Made)
	out.WriteString(`mdadm --fail of a member, in four mirrors on SCSI disks, by turns; put back in between. Settings are the packaged defaults,
but for flap.count: 0, since a hundred faults in a row are a flap. mdadm --monitor runs with --scan and a program that writes one
line into a FIFO. The floor is a Go program that polls the four md/degraded and publishes 1 KiB as it wakes, to a stream of the
same settings on the same server, at the priority that the agent's unit gives it. nats-server runs on the host and flushes every message to disk.

`)
	out.WriteString("| after the witness's poll on md/degraded | median | p90 | p99 | max |\n|---|---|---|---|---|\n")
	row := func(what string, s Sample) { fmt.Fprintf(out, "| %s | %s |\n", what, s.quantiles()) }
	row("plimsolld: redundancy.lost is acknowledged", f.ours())
	row("plimsolld: its first event of the fault is", f.since(func(w Way) time.Time { return w.First }))
	row("the floor: its message is acknowledged", f.floor())
	row("mdadm --monitor: its program runs", f.since(func(w Way) time.Time { return w.Alert }))
	fmt.Fprintf(out, "\n```\n%s```\n\n", histogram([]string{"plimsolld", "floor"}, []Sample{f.ours(), f.floor()}))
	out.WriteString("Where plimsolld's time goes:\n\n| from | to | median | p90 | p99 | max |\n|---|---|---|---|---|---|\n")
	for _, s := range f.stages() {
		fmt.Fprintf(out, "| %s | %s | %s |\n", s.from, s.to, s.took.quantiles())
	}
}

// stage is a part of the agent's way.
type stage struct {
	from, to string
	took     Sample
}

func (f Faults) stages() []stage {
	witness, looked := func(w Way) time.Time { return w.Witness }, func(w Way) time.Time { return w.Looked }
	seen, judged := func(w Way) time.Time { return w.Seen }, func(w Way) time.Time { return w.Judged }
	durable, first := func(w Way) time.Time { return w.Durable }, func(w Way) time.Time { return w.First }
	began, ours := func(w Way) time.Time { return w.Fault.Began }, func(w Way) time.Time { return w.Ours }
	return []stage{
		{"mdadm begins", "the witness wakes", f.between(began, witness)},
		{"the witness wakes", "the look begins", f.between(witness, looked)},
		{"the look begins", "it ends", f.between(looked, seen)},
		{"it ends", "the step judges", f.between(seen, judged)},
		{"the step judges", "the log is durable", f.between(judged, durable)},
		{"the log is durable", "the first event is acknowledged", f.between(durable, first)},
		{"the first event is acknowledged", "redundancy.lost is", f.between(first, ours)},
	}
}

func (p Page) scrapes(out *strings.Builder) {
	a, sizeA := p.Scrapes.of(Ours)
	b, sizeB := p.Scrapes.of(Peer)
	fmt.Fprintf(out, "\n## %d scrapes\n\n", len(a))
	out.WriteString(`By turns, by one client within the guest, over connections that are kept, without compression. node_exporter is Debian's,
with --collector.disable-defaults, the collectors mdadm, bonding, hwmon, powersupplyclass, netclass and diskstats, and
--web.disable-exporter-metrics.

| | median | p90 | p99 | max | bytes |
|---|---|---|---|---|---|
`)
	fmt.Fprintf(out, "| %s | %s | %d |\n| %s | %s | %d |\n", Ours, a.quantiles(), sizeA, Peer, b.quantiles(), sizeB)
	fmt.Fprintf(out, "\nThe ratio of the 99th percentiles is 1/%.1f.\n", ratio(float64(b.Quantile(0.99)), float64(a.Quantile(0.99))))
}

func (p Page) memory(out *strings.Builder) {
	out.WriteString("\n## Memory\n\nAfter those scrapes, connected with NATS on another host, in KiB. plimsolld locks its text, so that it outlives its root disk.\n\n")
	out.WriteString("| | RssAnon | RssFile | VmLck |\n|---|---|---|---|\n")
	for _, name := range []string{Ours, Peer} {
		m := p.Memory[name]
		fmt.Fprintf(out, "| %s | %d | %d | %d |\n", name, m.Anon, m.File, m.Locked)
	}
}

func (p Page) idle(out *strings.Builder) {
	fmt.Fprintf(out, "\n## Idle CPU\n\nutime + stime within %s. The bare loop is a Go program that opens, reads and closes the same files as often (md's\nevery 10 s, bonds' every 5 s, mounts, lists of devices and disks every minute, lists of sensors every 30 s, all ±20 %%), asks for\nthe same links, and does nothing with them.\n\n", p.Idle.For)
	fmt.Fprintf(out, "| | CPU time | share of one processor | with %d disks of scsi_debug more | |\n|---|---|---|---|---|\n", CrowdDisks)
	for _, name := range []string{Ours, Helper, Loop, Peer} {
		took, crowd := p.Idle.Took[name], p.Crowd.Took[name]
		fmt.Fprintf(out, "| %s | %s | %.3f %% | %s | %.3f %% |\n", name, took, 100*ratio(float64(took), float64(p.Idle.For)),
			crowd, 100*ratio(float64(crowd), float64(p.Crowd.For)))
	}
}

func (p Page) benchmarks(out *strings.Builder) {
	if len(p.Benchmarks) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## Benchmarks\n\nOn the host, not in the guest; medians of %d runs.\n\n", p.Benchmarks[0].Runs)
	out.WriteString("| package | benchmark | time | bytes | allocations |\n|---|---|---|---|---|\n")
	for _, b := range p.Benchmarks {
		fmt.Fprintf(out, "| %s | %s | %s | %.0f | %.0f |\n", b.Package, b.Name, took(b.Nanos), b.Bytes, b.Allocs)
	}
}

// took is a duration with three digits that say something.
func took(nanos float64) string {
	d := time.Duration(nanos)
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return fmt.Sprintf("%.3gns", nanos)
}
