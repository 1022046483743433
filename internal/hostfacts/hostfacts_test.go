package hostfacts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/view"
)

// machine is a machine id, and derived what systemd-id128 machine-id --app-specific prints where it is this host's.
const (
	machine = "0123456789abcdef0123456789abcdef"
	derived = "ea7a99fa0d2d4698813f1a7ab4df034f"
)

func write(t *testing.T, root string, files map[string]string) Roots {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Roots{Proc: filepath.Join(root, "proc"), Etc: filepath.Join(root, "etc")}
}

func whole() map[string]string {
	return map[string]string{
		"etc/machine-id":                       machine + "\n",
		"etc/os-release":                       "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n",
		"proc/sys/kernel/hostname":             "db1\n",
		"proc/sys/kernel/random/boot_id":       "6f2c1f6e-8d0c-4f0e-9d55-0a6f0d1f2b3c\n",
		"proc/self/status":                     "Name:\tplimsolld\n",
		"proc/sys/kernel/random/entropy_avail": "256\n",
	}
}

func TestHostIsNamedByItsFiles(t *testing.T) {
	t.Parallel()
	got, err := Read(t.Context(), write(t, t.TempDir(), whole()))
	if err != nil {
		t.Fatal(err)
	}
	if got.Facts.Kernel == "" || got.Facts.Arch == "" {
		t.Errorf("kernel %q, arch %q: want both", got.Facts.Kernel, got.Facts.Arch)
	}
	got.Facts.Kernel, got.Facts.Arch, got.Facts.Virtual = "", "", "" // this machine's, not the fixture's
	want := view.Host{
		ID:     derived,
		Name:   "db1",
		BootID: "6f2c1f6e-8d0c-4f0e-9d55-0a6f0d1f2b3c",
		Facts:  view.Facts{Platform: "debian 12"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("host (-want +got):\n%s", d)
	}
}

func TestWhatCannotBeReadStaysEmptyAndIsNamed(t *testing.T) {
	t.Parallel()
	files := whole()
	delete(files, "etc/machine-id")
	delete(files, "proc/sys/kernel/hostname")
	got, err := Read(t.Context(), write(t, t.TempDir(), files))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want one of a missing file", err)
	}
	for _, name := range []string{"machine-id", "hostname"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
	if got.ID != "" || got.Name != "" || got.BootID == "" {
		t.Errorf("got id %q, name %q, boot %q: want the last alone", got.ID, got.Name, got.BootID)
	}
}

func TestInvalidMachineIDIsNoID(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "uninitialized\n", "0123\n", strings.Repeat("0", 32), strings.Repeat("g", 32), machine + "00"} {
		files := whole()
		files["etc/machine-id"] = text
		got, err := Read(t.Context(), write(t, t.TempDir(), files))
		if !errors.Is(err, ErrMachineID) || got.ID != "" {
			t.Errorf("machine id %q: id %q, error %v", text, got.ID, err)
		}
		var hint interface{ Hint() string }
		if !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("machine id %q: error without a hint", text)
		}
	}
}

func TestPlatformFollowsOSRelease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ID=arch\nBUILD_ID=rolling\n":            "arch",
		"ID='rhel'\nVERSION_ID='9.4'\n":          "rhel 9.4",
		"NAME=Something\n":                       "linux",
		"# comment\nID=\"opensuse-leap\"\nVER\n": "opensuse-leap",
	} {
		roots := write(t, t.TempDir(), map[string]string{"etc/os-release": text})
		got, err := platform(filepath.Join(roots.Etc, "os-release"))
		if err != nil || got != want {
			t.Errorf("platform of %q: %q, %v, want %q", text, got, err, want)
		}
	}
}
