package topology_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/topology"
	"plimsoll/redundancy"
)

// TestStories looks at each captured host and compares what it says with what the file wants.
func TestStories(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			h.Want(t, "topology", format(look(t, collector(t, h))))
		})
	}
}

// collector is one that looks at h; the routes are in the file routes: family, metric and the indexes of the links.
func collector(tb testing.TB, h *hosttest.Host) *topology.Collector {
	tb.Helper()
	cfg := topology.Config{Sys: h.Sys(), Proc: h.Proc(), Run: sysfs.New(filepath.Join(h.Root, "run"))}
	cfg.Routes = func(context.Context) ([]topology.Route, error) { return routes(tb, h), nil }
	return topology.New(cfg)
}

func routes(tb testing.TB, h *hosttest.Host) []topology.Route {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(h.Root, "routes"))
	if err != nil {
		return nil // most stories are not about the network
	}
	var all []topology.Route
	for line := range strings.Lines(string(text)) {
		var family, links string
		var metric uint32
		if _, err := fmt.Sscan(line, &family, &metric, &links); err != nil {
			tb.Fatalf("route %q: %v", line, err)
		}
		r := topology.Route{Family: family, Metric: metric}
		for index := range strings.SplitSeq(links, ",") {
			if n, err := strconv.Atoi(index); err == nil {
				r.Links = append(r.Links, n)
			}
		}
		all = append(all, r)
	}
	return all
}

func look(tb testing.TB, c *topology.Collector) redundancy.Observation {
	tb.Helper()
	o, err := c.Collect(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	if !slices.IsSortedFunc(o.Parts, func(a, b redundancy.Part) int { return strings.Compare(string(a.ID), string(b.ID)) }) {
		tb.Error("parts are not sorted")
	}
	if !slices.IsSortedFunc(o.Uses, func(a, b redundancy.Use) int { return strings.Compare(string(a.ID), string(b.ID)) }) {
		tb.Error("uses are not sorted")
	}
	return o
}

// format writes an observation for people: a part or use a line, what it stands on below it.
func format(o redundancy.Observation) string {
	var b strings.Builder
	for _, u := range o.Uses {
		fmt.Fprintf(&b, "%s: %s %q\n", u.ID, u.Kind, u.What)
		below(&b, u.StandsOn)
		for _, e := range u.Evidence {
			fmt.Fprintf(&b, "    by %s: %s\n", e.Where, e.Value)
		}
	}
	for _, p := range o.Parts {
		fmt.Fprintf(&b, "%s: %q", p.ID, p.Name)
		if p.Domain != "" {
			fmt.Fprintf(&b, ", a %s", p.Domain)
		}
		for _, key := range slices.Sorted(maps.Keys(p.Labels)) {
			fmt.Fprintf(&b, ", %s %s", key, p.Labels[key])
		}
		b.WriteByte('\n')
		below(&b, p.StandsOn)
		if p.Opaque != "" {
			fmt.Fprintf(&b, "    opaque: %s\n", p.Opaque)
		}
	}
	for _, n := range o.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func below(b *strings.Builder, ids []redundancy.ID) {
	for _, id := range ids {
		fmt.Fprintf(b, "    on %s\n", id)
	}
}
