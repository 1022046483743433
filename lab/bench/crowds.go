package bench

import (
	"fmt"
	"strings"
	"time"
)

// Crowd is what so many hosts cost a fleet's server and arbiter.
type Crowd struct {
	Hosts       int
	Registered  time.Duration // until all were, since the first was started
	Server      Use
	Arbiter     Use
	Back        time.Duration // until all were connected again after the server was killed
	Missing     int           // how many were not when nobody waited any longer, which Back then says
	Connections int64         // made for that
}

// Use is what a process used of one core, while nothing special happened, and then had of memory.
type Use struct {
	Cores float64
	MiB   int64
}

// CrowdsText is the section of the page about crowds of hosts, of which so many were started in a second.
func CrowdsText(crowds []Crowd, started int) string {
	var out strings.Builder
	fmt.Fprintf(&out, `
## A fleet that grows

`+"`make fleet-sim`"+` writes this section, on the machine's own processors, not in a guest: crowds of hosts with the fleet's own packages and a
connection each, %d started a second, with one nats-server and one arbiter, all on one machine. Each host says once a minute that
it is there; one in a hundred changes its status in a minute and publishes an event. Then the server is killed and started again.

| hosts | all registered | server: cores, MiB | arbiter: cores, MiB | all back | connections for that |
|---|---|---|---|---|---|
`, started)
	for _, c := range crowds {
		back := seconds(c.Back)
		if c.Missing > 0 {
			back = fmt.Sprintf("%d not after %s", c.Missing, seconds(c.Back))
		}
		fmt.Fprintf(&out, "| %d | %s | %.3f, %d | %.3f, %d | %s | %d |\n", c.Hosts, seconds(c.Registered), c.Server.Cores, c.Server.MiB,
			c.Arbiter.Cores, c.Arbiter.MiB, back, c.Connections)
	}
	out.WriteString("\n```\n")
	for _, p := range []struct {
		what, format string
		of           func(Crowd) float64
	}{
		{"server, cores", "%.3f", func(c Crowd) float64 { return c.Server.Cores }},
		{"server, MiB", "%.0f", func(c Crowd) float64 { return float64(c.Server.MiB) }},
		{"arbiter, cores", "%.3f", func(c Crowd) float64 { return c.Arbiter.Cores }},
		{"arbiter, MiB", "%.0f", func(c Crowd) float64 { return float64(c.Arbiter.MiB) }},
		{"all back, s", "%.1f", func(c Crowd) float64 { return c.Back.Seconds() }},
	} {
		plot(&out, p.what, p.format, crowds, p.of)
	}
	out.WriteString("```\n")
	return out.String()
}

// plot is a bar for each crowd, as long as what is plotted is beside the greatest of it.
func plot(out *strings.Builder, what, format string, crowds []Crowd, of func(Crowd) float64) {
	const widest = 40
	most := 0.0
	for _, c := range crowds {
		most = max(most, of(c))
	}
	for i, c := range crowds {
		if i > 0 {
			what = ""
		}
		bar := strings.Repeat("#", int(widest*ratio(of(c), most)+0.5))
		fmt.Fprintf(out, "%-16s %7d  %-s %s\n", what, c.Hosts, bar, fmt.Sprintf(format, of(c)))
	}
}

// LeaveText is the section of the page about how long leave takes in a pool of so many hosts: what was waited for, and how long each time.
func LeaveText(members int, waited []string, spans map[string]Sample) string {
	var out strings.Builder
	fmt.Fprintf(&out, `
## Leave in a pool of %d hosts

`+"`make fleet-leave`"+` writes this section: three servers with three copies, `+"`sync_interval: always`"+`, one arbiter, and all hosts of the pool, on one
machine; one host after another asks for leave, begins, and gives it back, %d times in all.

| | median | p90 | p99 | max |
|---|---|---|---|---|
`, members, len(spans[waited[0]]))
	for _, what := range waited {
		fmt.Fprintf(&out, "| %s | %s |\n", what, spans[what].quantiles())
	}
	return out.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
