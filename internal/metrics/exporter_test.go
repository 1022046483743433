package metrics

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// stated is what node_exporter calls what procfs calls so (collector/mdadm_linux.go). It takes in no reshape.
var stated = map[string]string{
	"recovering": "recovering", "resyncing": "resync", "checking": "check", "reshaping": "active", "active": "active", "inactive": "inactive",
}

// differing are the captured hosts of which node_exporter says something else, and why.
var differing = map[string]string{
	"ddf-container-with-mirror-and-spare":  "a container is no array, and no group",
	"ddf-spare-has-taken-over":             "a container is no array, and no group",
	"imsm-container-with-mirror-and-spare": "a container is no array, and no group",
	"raid1-array-state-unreadable":         "what could not be read is absent",
	"raid1-two-arrays-one-unreadable":      "what could not be read is absent",
	"raid1-growing-to-three":               "the recovery ended after sysfs was captured and before mdstat was",
	"raid1-member-pulled-slot-emptied":     "mdstat counts a failed device that sysfs no longer has",
	"raid1-spare-gone":                     "mdstat counts a spare that sysfs no longer has",
}

// TestArraysAreToldAsNodeExporterTellsThem compares, on captured hosts, with the library by which node_exporter reads mdstat.
func TestArraysAreToldAsNodeExporterTellsThem(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "../../raid/testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			seen, err := raid.New(raid.Config{Sys: h.Sys(), Proc: h.Proc(), Run: h.Run()}).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var v view.View
			for _, g := range seen.Groups {
				v.Assessment.Groups = append(v.Assessment.Groups, redundancy.Assessed{Group: g})
			}
			got := []string{}
			for line := range strings.Lines(scrape(t, handlerOf(&v))) {
				if strings.HasPrefix(line, "node_md_") {
					got = append(got, strings.TrimSpace(line))
				}
			}
			slices.Sort(got)
			diff := cmp.Diff(mdstat(t, h), got)
			if why, differs := differing[name]; (diff != "") != differs {
				t.Errorf("node_md_* (-node_exporter +ours), differs: %q:\n%s", why, diff)
			}
		})
	}
}

// mdstat is what node_exporter makes of a host's arrays, of the metrics that we have.
func mdstat(t *testing.T, h *hosttest.Host) []string {
	t.Helper()
	lines := []string{}
	root, err := procfs.NewFS(h.Proc().Path())
	if err != nil {
		return lines // a host without arrays
	}
	arrays, err := root.MDStat()
	if err != nil {
		t.Logf("procfs: %v", err)
	}
	for _, a := range arrays {
		for _, state := range []string{"active", "check", "inactive", "recovering", "resync"} {
			lines = append(lines, fmt.Sprintf("node_md_state{device=%q,state=%q} %g", a.Name, state, truth(stated[a.ActivityState] == state)))
		}
		disks := map[string]int64{"active": a.DisksActive, "failed": a.DisksFailed, "spare": a.DisksSpare}
		for state, n := range disks {
			lines = append(lines, fmt.Sprintf("node_md_disks{device=%q,state=%q} %d", a.Name, state, n))
		}
		lines = append(lines, fmt.Sprintf("node_md_disks_required{device=%q} %d", a.Name, a.DisksTotal))
	}
	slices.Sort(lines)
	return lines
}

func TestNothingGoesByNodeExportersNamesUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	if got := scrape(t, Handler(xtest.Faulty, xtest.At, Options{})); strings.Contains(got, "node_") {
		t.Errorf("got %s", got)
	}
}
