package cli

import (
	"encoding/json"
	"strings"
	"testing"

	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
)

func TestAPersonFreezesAPoolReadsItsDecisionsAndClearsOnlyWithAWord(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	inhabit(t, f)
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"grants", "db"}, exitUnknown, "no such pool"},
		{[]string{"pools", "set", "db", "--budget", "1", "--min-healthy", "0"}, exitOK, "pool db is made"},
		{[]string{"grants", "db"}, exitOK, "0 of 1 act"},
		{[]string{"freeze", "db", "--why", "new switches"}, exitOK, "pool db is frozen"},
		{[]string{"freeze", "db"}, exitBad, "new switches, by alice"},
		{[]string{"grants", "db"}, exitOK, "frozen (hand): new switches, by alice"},
		{[]string{"accept", "db"}, exitBad, "not frozen by a rollback"},
		{[]string{"thaw"}, exitOK, "pool db is thawed"},
		{[]string{"thaw", "db"}, exitBad, "not frozen"},
		{[]string{"clear", "db1"}, exitUsage, "--host-is-down is missing"},
		{[]string{"clear", "db1", "--host-is-down"}, exitBad, "holds nothing"},
		{[]string{"decisions", "db"}, exitOK, "thawed"},
	} {
		said, code := fleetRun(t, f, step.args...)
		if code != step.code || !strings.Contains(strings.Join(strings.Fields(said), " "), step.says) {
			t.Errorf("%v: exit %d, want %d with %q:\n%s", step.args, code, step.code, step.says, said)
		}
	}
	said, code := fleetRun(t, f, "pools", "--json")
	var pools struct {
		Schema string
		Pools  []wire.PoolRow
	}
	if err := json.Unmarshal([]byte(said), &pools); err != nil || code != exitOK || pools.Schema != "plimsoll.fleet.pools/1" || len(pools.Pools) != 1 || pools.Pools[0].Pool != "db" {
		t.Errorf("pools as JSON: exit %d, %v: %s", code, err, said)
	}
	for _, step := range []struct {
		args []string
		code int
	}{{[]string{"freeze", "db", "--json"}, exitOK}, {[]string{"thaw", "db", "--json"}, exitOK}, {[]string{"clear", "db1", "--host-is-down", "--json"}, exitBad}} {
		said, code := fleetRun(t, f, step.args...)
		var doc struct {
			Schema       string
			Did, Refused []string
		}
		err := json.Unmarshal([]byte(said), &doc)
		if err != nil || code != step.code || doc.Schema != "plimsoll.fleet.done/1" || len(doc.Did) == 0 == (code == exitOK) || len(doc.Refused) == 0 != (code == exitOK) {
			t.Errorf("%v: exit %d, %v: %s", step.args, code, err, said)
		}
	}
	for _, what := range []string{"grants", "decisions"} {
		said, code := fleetRun(t, f, what, "db", "--json")
		var doc struct{ Schema, Pool string }
		if err := json.Unmarshal([]byte(said), &doc); err != nil || code != exitOK || doc.Pool != "db" || doc.Schema != "plimsoll.fleet."+what+"/1" {
			t.Errorf("%s as JSON: exit %d, %v: %s", what, code, err, said)
		}
	}
}
