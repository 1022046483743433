package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/view/xtest"
)

func TestTheCommonestMistakesAreAnsweredWithWhatToDo(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "plimsoll.yaml")
	if err := os.WriteFile(config, []byte("version: 1\nmod: observe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := serve(t, xtest.Faulty())
	for args, hint := range map[string]string{
		"stauts":                        "did you mean `plimsoll status`?",
		"nonsense":                      "`plimsoll --help` lists its commands",
		"config chekc":                  "did you mean `plimsoll config check`?",
		"status --jsn":                  "did you mean --json?",
		"status --nonsense":             "`plimsoll status --help` lists the flags",
		"status md0":                    "`plimsoll why md0` shows one thing by itself",
		"why mdo":                       "the groups here are bond0, md0, md1, md2",
		"why sda":                       "use one of these ids",
		"maintenance md0 --for 2":       "a duration has a unit: --for 90s, 30m, 2h",
		"failover md0":                  "bonds can be moved: `plimsoll failover bond0`",
		"config check " + config:        "did you mean mode?",
		"config check /nonexistent":     "'plimsoll config default' prints a commented file",
		"--socket /nonexistent/s why a": "is plimsolld running?",
	} {
		got := w.run(t, strings.Fields(args)...)
		if got.code < exitUsage || hint != "" && !strings.Contains(got.err, hint) {
			t.Errorf("plimsoll %s: code %d, no %q in %q", args, got.code, hint, got.err)
		}
	}
	if got := w.run(t, "check", "mdo"); got.code != int(levelUnknown) || !strings.Contains(got.out, "the groups here are bond0, md0, md1, md2") {
		t.Errorf("check of what is not there: code %d, %q", got.code, got.out)
	}
}

func TestGroupsAreCompletedOnceEach(t *testing.T) {
	t.Parallel()
	w := serve(t, xtest.Faulty())
	got := w.run(t, "__complete", "check", "md0", "")
	for name, want := range map[string]bool{"bond0\tbond": true, "md1\traid": true, "md0\t": false, "sda": false} {
		if strings.Contains(got.out, name) != want {
			t.Errorf("completion after `check md0`: %q there: %v in %q", name, !want, got.out)
		}
	}
	if got := w.run(t, "__complete", "whatif", ""); !strings.Contains(got.out, "sdz\tdisk") || !strings.Contains(got.out, "eth1\tin bond0") {
		t.Errorf("completion after `whatif`: %q", got.out)
	}
}
