package lockmem

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const maps = `00400000-01000000 r-xp 00000000 08:01 131 /usr/bin/plimsolld
01000000-02800000 r--p 00c00000 08:01 131 /usr/bin/plimsolld
02800000-02880000 rw-p 02400000 08:01 131 /usr/bin/plimsolld
02880000-02900000 rw-p 00000000 00:00 0
c000000000-c000400000 rw-p 00000000 00:00 0 [anon: Go: heap]
7ffc1000-7ffc3000 r-xp 00000000 00:00 0 [vdso]
7fff0000-7fff1000 r--p 00000000 08:01 9 /usr/lib/lib with space.so (deleted)
`

func TestMapsAreReadAsTheKernelWritesThem(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(maps))
	if err != nil {
		t.Fatal(err)
	}
	want := []Mapping{
		{0x400000, 0x1000000, "r-xp", "/usr/bin/plimsolld"},
		{0x1000000, 0x2800000, "r--p", "/usr/bin/plimsolld"},
		{0x2800000, 0x2880000, "rw-p", "/usr/bin/plimsolld"},
		{0x2880000, 0x2900000, "rw-p", ""},
		{0xc000000000, 0xc000400000, "rw-p", "[anon: Go: heap]"},
		{0x7ffc1000, 0x7ffc3000, "r-xp", "[vdso]"},
		{0x7fff0000, 0x7fff1000, "r--p", "/usr/lib/lib with space.so (deleted)"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("mappings (-want +got):\n%s", d)
	}
}

func TestMalformedMapsAreAnErrorThatNamesTheLine(t *testing.T) {
	t.Parallel()
	good := "00400000-01000000 r-xp 00000000 08:01 131 /bin/x\n"
	for _, bad := range []string{
		"\n", "x\n", "00400000 r-xp 0 0 0 /x\n", "2-1 r-xp 0 0 0 /x\n", "1-2 r-x 0 0 0 /x\n", "1-2 r-xp 0 0\n", "-2 r-xp 0 0 0 /x\n",
	} {
		got, err := Parse([]byte(good + bad))
		if err == nil || !strings.Contains(err.Error(), "line 2") || len(got) != 1 {
			t.Errorf("Parse(%q): %d mappings, %v", bad, len(got), err)
		}
	}
}

func TestEveryMappingOfAFileIsLockedAndNoOther(t *testing.T) {
	t.Parallel()
	all, err := Parse([]byte(maps))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	locked, err := lock(all, func(m Mapping) error {
		order = append(order, m.Perms+" "+m.Path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"r-xp /usr/bin/plimsolld", "r--p /usr/lib/lib with space.so (deleted)", "r--p /usr/bin/plimsolld", "rw-p /usr/bin/plimsolld",
	}
	if d := cmp.Diff(want, order); d != "" {
		t.Errorf("locked (-want +got):\n%s", d)
	}
	if want := uint64(0x1000000 - 0x400000 + 0x1800000 + 0x80000 + 0x1000); locked != want {
		t.Errorf("locked %d bytes, want %d", locked, want)
	}
}

func TestALimitThatIsTooLowIsTextFirstAndAHint(t *testing.T) {
	t.Parallel()
	all, err := Parse([]byte(maps))
	if err != nil {
		t.Fatal(err)
	}
	for _, refusal := range []error{unix.EPERM, unix.ENOMEM} {
		locked, err := lock(all, func(m Mapping) error {
			if m.Perms == "r-xp" {
				return nil
			}
			return refusal
		})
		if locked != 0xc00000 || !errors.Is(err, ErrLimit) {
			t.Errorf("%v: locked %d, error %v", refusal, locked, err)
		}
		var hint interface{ Hint() string }
		if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "LimitMEMLOCK=37M") {
			t.Errorf("%v: no hint with the number that would do in %v", refusal, err)
		}
	}
	_, err = lock(all, func(Mapping) error { return unix.EAGAIN })
	if !errors.Is(err, unix.EAGAIN) || errors.Is(err, ErrLimit) {
		t.Errorf("pages that can't be read: %v, want EAGAIN and no limit", err)
	}
}

func TestThisProgramIsLocked(t *testing.T) {
	t.Parallel()
	locked, err := Program("/proc")
	if errors.Is(err, ErrLimit) {
		t.Skipf("memory can't be locked here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	var kib uint64
	for line := range bytes.Lines(status) {
		if n, _ := fmt.Sscanf(string(line), "VmLck: %d kB", &kib); n == 1 {
			break
		}
	}
	if locked == 0 || kib*1024 < locked {
		t.Errorf("locked %d bytes, the kernel counts %d KiB", locked, kib)
	}
}

func TestWithoutProcNothingIsLocked(t *testing.T) {
	t.Parallel()
	if n, err := Program(t.TempDir()); n != 0 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("locked %d, error %v", n, err)
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "self"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "self", "maps"), []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Program(root); n != 0 || err == nil {
		t.Errorf("locked %d, error %v", n, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(maps))
	f.Add([]byte("1-2 r-xp 0 0 0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse(text)
		if err != nil {
			return
		}
		var out strings.Builder
		for _, m := range got {
			if m.End <= m.Start {
				t.Fatalf("%v is empty", m)
			}
			out.WriteString(m.String() + "\n")
		}
		again, err := Parse([]byte(out.String()))
		if err != nil {
			t.Fatalf("%q: %v", out.String(), err)
		}
		if d := cmp.Diff(got, again); d != "" {
			t.Errorf("read again (-want +got):\n%s", d)
		}
	})
}
