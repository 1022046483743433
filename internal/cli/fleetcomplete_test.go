package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
)

// completed is what is offered for the last word, which is empty.
func completed(t *testing.T, f *fleettest.Fleet, args ...string) string {
	t.Helper()
	reach := []string{"--nats", f.URL(0), "--fleet", fleettest.Name, "--credentials", f.Credentials(bootstrap.Person, "alice")}
	var out bytes.Buffer
	Run(t.Context(), append(append([]string{"__complete", "fleet"}, reach...), args...), Options{
		Out: &out, Err: &out, Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false },
	})
	return out.String()
}

func TestPoolsHostsAndDomainsOfTheFleetAreCompleted(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	inhabit(t, f)
	if said, code := fleetRun(t, f, "pools", "set", "db"); code != exitOK {
		t.Fatal(said)
	}
	for deadline := time.Now().Add(time.Minute); ; { // the host registers first, and then says how it is
		said, _ := fleetRun(t, f, "status")
		if strings.Contains(said, "Degraded") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(said)
		}
	}
	for line, want := range map[string]string{
		"grants":                      "db\tpool",
		"decisions":                   "db\tpool",
		"freeze":                      "db\tpool",
		"pools set":                   "db\tpool",
		"clear --host-is-down --pool": "db\tpool",
		"clear":                       "db1.example.org\tDegraded",
		"retire":                      "db1.example.org\tDegraded",
		"whatif":                      "switch:s1\tswitch",
	} {
		if got := completed(t, f, append(strings.Fields(line), "")...); !strings.Contains(got, want) || strings.Contains(got, "ShellCompDirectiveDefault") {
			t.Errorf("%s: no %q in %q", line, want, got)
		}
	}
	if got := completed(t, f, "grants", "db", ""); strings.Contains(got, "db\tpool") {
		t.Errorf("after the pool another is offered: %q", got)
	}
	f.Stop(0)
	if got := completed(t, f, "grants", ""); strings.Contains(got, "db") || !strings.Contains(got, "ShellCompDirectiveNoFileComp") {
		t.Errorf("of a fleet that does not answer: %q", got)
	}
}
