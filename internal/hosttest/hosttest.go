package hosttest

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/internal/sysfs"
)

//nolint:gochecknoglobals // package testing parses flags before the first test runs, so it must be there by then
var update = flag.Bool("update", false, "write what tests want anew, from what they got")

// Host is a fixture root, unpacked.
type Host struct {
	Root   string
	faults sysfs.Faults
	file   string
}

// Root unpacks file into a directory that is removed when the test ends.
func Root(tb testing.TB, file string) *Host {
	tb.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(tb.TempDir()) // faults are named by where a file really is
	if err != nil {
		tb.Fatal(err)
	}
	h := &Host{Root: root, faults: sysfs.Faults{}, file: file}
	for _, section := range archive.Files {
		h.unpack(tb, section)
	}
	return h
}

// Sys is where /sys is mounted.
func (h *Host) Sys() sysfs.FS { return h.mount("sys") }

// Proc is where /proc is mounted.
func (h *Host) Proc() sysfs.FS { return h.mount("proc") }

// Dev is where /dev is mounted.
func (h *Host) Dev() sysfs.FS { return h.mount("dev") }

// Run is where /run is mounted.
func (h *Host) Run() sysfs.FS { return h.mount("run") }

func (h *Host) mount(name string) sysfs.FS {
	return sysfs.New(filepath.Join(h.Root, name)).WithFaults(h.faults)
}

// Break makes the file at path, relative to the root, answer reads with errno, for as long as the FS values taken
// afterwards and before live. It is for one goroutine.
func (h *Host) Break(path string, errno syscall.Errno) { h.faults[filepath.Join(h.Root, path)] = errno }

// Mend undoes Break.
func (h *Host) Mend(path string) { delete(h.faults, filepath.Join(h.Root, path)) }

// Write makes the file at path, relative to the root, say text: the story goes on.
func (h *Host) Write(tb testing.TB, path, text string) {
	tb.Helper()
	full := filepath.Join(h.Root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// Remove takes away what is at path, relative to the root, and all below it.
func (h *Host) Remove(tb testing.TB, path string) {
	tb.Helper()
	if err := os.RemoveAll(filepath.Join(h.Root, path)); err != nil {
		tb.Fatal(err)
	}
}

// Want compares got with the section want/name of the host's file, or writes it there when the test runs with -update.
// The root's path is taken out of got, so that files are named as on the host.
func (h *Host) Want(tb testing.TB, name, got string) {
	tb.Helper()
	got = strings.ReplaceAll(got, h.Root, "")
	if !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	archive, err := txtar.ParseFile(h.file)
	if err != nil {
		tb.Fatal(err)
	}
	name = "want/" + name
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if *update {
		if i < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: name})
			i = len(archive.Files) - 1
		}
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(h.file, txtar.Format(archive), 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	if i < 0 {
		tb.Fatalf("%s has no section %s; go test -update writes it", h.file, name)
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		tb.Errorf("%s: %s (-want +got):\n%s", h.file, name, diff)
	}
}

// unpack makes one section.
func (h *Host) unpack(tb testing.TB, section txtar.File) {
	tb.Helper()
	name := section.Name
	if strings.HasPrefix(name, "want/") {
		return
	}
	if link, target, ok := strings.Cut(name, " -> "); ok {
		full := filepath.Join(h.Root, link)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.Symlink(target, full); err != nil {
			tb.Fatal(err)
		}
		return
	}
	if strings.HasSuffix(name, "/") {
		if err := os.MkdirAll(filepath.Join(h.Root, name), 0o755); err != nil {
			tb.Fatal(err)
		}
		return
	}
	if path, word, ok := strings.Cut(name, " !"); ok {
		errno, known := errnos()[word]
		if !known {
			tb.Fatalf("%s: section %q: error %q is none of those known", h.file, name, word)
		}
		name = path
		h.Break(path, errno)
	}
	h.Write(tb, name, string(section.Data))
}

// errnos are the errors that a fixture may name: those that kernel attributes answer with.
func errnos() map[string]syscall.Errno {
	return map[string]syscall.Errno{
		"EACCES": syscall.EACCES, "EPERM": syscall.EPERM, "EIO": syscall.EIO, "EAGAIN": syscall.EAGAIN,
		"EBUSY": syscall.EBUSY, "EINVAL": syscall.EINVAL, "ENODEV": syscall.ENODEV, "ENOENT": syscall.ENOENT,
		"ENODATA": syscall.ENODATA, "EOPNOTSUPP": syscall.EOPNOTSUPP, "ETIMEDOUT": syscall.ETIMEDOUT,
	}
}
