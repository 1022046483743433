package lab

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// initramfsModules are what it takes to reach the root, and the port on which
// the host is heard. crc32c_generic is ext4's by a soft dependency, which
// modules.dep does not list.
func initramfsModules() []string {
	return []string{"virtio_pci", "virtio_blk", "virtio_console", "crc32c_generic", "ext4", "dm_mod", "raid1"}
}

// moduleOrder lists the files of the wanted modules and of all they need, in
// an order in which they can be loaded, from the text of modules.dep. A
// wanted module that is not listed there is an error: Debian builds none of
// them into the kernel.
func moduleOrder(deps string, wanted []string) ([]string, error) {
	files := make(map[string]string)   // module name → file
	needs := make(map[string][]string) // file → files, the nearest first
	for line := range strings.Lines(deps) {
		file, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		files[moduleName(file)] = file
		needs[file] = strings.Fields(rest)
	}
	var order []string
	add := func(file string) {
		if !slices.Contains(order, file) {
			order = append(order, file)
		}
	}
	for _, w := range wanted {
		file, ok := files[w]
		if !ok {
			return nil, fmt.Errorf("find module %s: %w", w, os.ErrNotExist)
		}
		for _, n := range slices.Backward(needs[file]) {
			add(n)
		}
		add(file)
	}
	return order, nil
}

func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(path.Base(file), ".ko"), "-", "_")
}

// writeInitramfs writes an initramfs of the guest program as /init and the
// modules of the image.
func writeInitramfs(to, program, modules string) error {
	var a cpio
	for _, dir := range []string{"dev", "proc", "sys", "run", "root", "modules"} {
		a.add(dir, 0o040755, nil)
	}
	// Process 1 needs a console before it has mounted devtmpfs.
	a.device("dev/console", 5, 1)
	b, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	a.add("init", 0o100755, b)
	entries, err := os.ReadDir(modules)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(modules, e.Name()))
		if err != nil {
			return err
		}
		a.add("modules/"+e.Name(), 0o100644, b)
	}
	return os.WriteFile(to, a.end(), 0o644)
}

// cpio builds an archive in the "newc" format, the one the kernel unpacks
// (docs.kernel.org/driver-api/early-userspace/buffer-format.html). It is not
// compressed: an emulated CPU takes longer to unpack it than to read it.
type cpio struct {
	buf   bytes.Buffer
	inode int
}

func (c *cpio) add(name string, mode int, data []byte) { c.entry(name, mode, data, 0, 0) }

func (c *cpio) device(name string, major, minor int) { c.entry(name, 0o020600, nil, major, minor) }

func (c *cpio) entry(name string, mode int, data []byte, major, minor int) {
	c.inode++
	fmt.Fprintf(&c.buf, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		c.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0)
	c.buf.WriteString(name + "\x00")
	c.pad()
	c.buf.Write(data)
	c.pad()
}

func (c *cpio) pad() {
	for c.buf.Len()%4 != 0 {
		c.buf.WriteByte(0)
	}
}

func (c *cpio) end() []byte {
	c.entry("TRAILER!!!", 0, nil, 0, 0)
	return c.buf.Bytes()
}
