package freeze_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"plimsoll/internal/freeze"
)

func why(t *testing.T, f freeze.File) string {
	t.Helper()
	text, err := f.Why()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAFreezeSaysByWhomAndWhyUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	f := freeze.Beside(filepath.Join(t.TempDir(), "plimsoll.sock"))
	if got := why(t, f); got != "" {
		t.Errorf("frozen before anybody did it: %q", got)
	}
	for _, tt := range []struct{ by, why, want string }{
		{"uid 0", "new switch", "uid 0: new switch"},
		{"uid 0", "", "uid 0"},
	} {
		if err := f.Make(tt.by, tt.why); err != nil {
			t.Fatal(err)
		}
		if got := why(t, f); got != tt.want {
			t.Errorf("why = %q, want %q", got, tt.want)
		}
	}
	for range 2 { // the second time it is gone already
		if err := f.Remove(); err != nil || why(t, f) != "" {
			t.Errorf("removed: %v, %q", err, why(t, f))
		}
	}
	if left, err := os.ReadDir(filepath.Dir(string(f))); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestAnyFileThereIsAFreeze(t *testing.T) {
	t.Parallel()
	f := freeze.Beside(filepath.Join(t.TempDir(), "s"))
	for text, want := range map[string]string{
		"":                         string(f) + " is there",
		"anna\nsays\tno \xff\n":    "anna says no ?",
		strings.Repeat("x", 10000): strings.Repeat("x", 512),
	} {
		if err := os.WriteFile(string(f), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := why(t, f); got != want {
			t.Errorf("why = %q, want %q", got, want)
		}
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	f := freeze.Beside(filepath.Join(t.TempDir(), "s"))
	if err := os.Mkdir(string(f), 0o700); err != nil {
		t.Fatal(err)
	}
	if text, err := f.Why(); err == nil {
		t.Errorf("a directory says %q", text)
	}
}

func TestWhatCannotBeReadAtOnceIsAFreezeAndWaitedForByNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := freeze.Beside(filepath.Join(dir, "s"))
	if err := unix.Mkfifo(string(f), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := why(t, f); got != string(f)+" is there" { // and not: waiting for somebody to write to it
		t.Errorf("why = %q", got)
	}
	if err := os.Remove(string(f)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), string(f)); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Why(); err == nil {
		t.Errorf("a link that leads nowhere tells %q", got)
	}
}

func TestTheFleetsFreezeStandsBesideTheHostsOwn(t *testing.T) {
	t.Parallel()
	f := freeze.Beside(filepath.Join(t.TempDir(), "plimsoll.sock"))
	put := func(f freeze.File, by string) {
		if err := f.Make(by, ""); err != nil {
			t.Fatal(err)
		}
	}
	put(f.Fleet(), "the fleet")
	if got := why(t, f); got != "the fleet" {
		t.Errorf("why = %q", got)
	}
	put(f, "uid 0")
	if got := why(t, f); got != "uid 0" {
		t.Errorf("why = %q", got)
	}
	if err := f.Remove(); err != nil || why(t, f) != "the fleet" {
		t.Errorf("with the host's own removed: %v, %q", err, why(t, f))
	}
	if err := f.Fleet().Remove(); err != nil || why(t, f) != "" {
		t.Errorf("with both removed: %v, %q", err, why(t, f))
	}
}
