package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/lab/dm"
	"plimsoll/lab/md"
)

// home is where the program and the boot's options live once the root is
// mounted; it is on the tmpfs /run.
const home = "/run/lab"

// rootName is the name of the device-mapper device under the root.
const rootName = "labroot"

// initramfs does what an initramfs must: kernel file systems, modules, root
// device, root file system, and the hand-over to systemd. It returns only
// with an error.
func initramfs() error {
	if err := mountKernel(); err != nil {
		return err
	}
	opts, err := bootOptions("/proc/cmdline")
	if err != nil {
		return err
	}
	if err := loadModules("/modules"); err != nil {
		return err
	}
	root := "/dev/vda"
	if err := waitFor(root, time.Minute); err != nil {
		return err
	}
	if opts["root-on-md"] {
		if root, err = mirror(root, "/dev/vdb"); err != nil {
			return err
		}
	}
	if opts["root-on-dm"] {
		whole, err := dm.Linear(root)
		if err != nil {
			return err
		}
		if root, err = dm.Create(rootName, "", whole); err != nil {
			return err
		}
		if err := waitFor(root, time.Minute); err != nil {
			return err
		}
	}
	if err := os.MkdirAll("/root", 0o755); err != nil {
		return err
	}
	if err := unix.Mount(root, "/root", "ext4", unix.MS_NOATIME, ""); err != nil {
		return fmt.Errorf("mount %s: %w", root, err)
	}
	if opts["masked-md-rules"] {
		if err := mask("/root/etc/udev/rules.d/64-md-raid-assembly.rules"); err != nil {
			return err
		}
	}
	if err := moveIn(); err != nil {
		return err
	}
	return unix.Exec("/sbin/init", []string{"/sbin/init"}, os.Environ())
}

// mirror makes md127 of two disks at the guest's first boot, and assembles it at
// each later one, though the second disk be gone.
func mirror(first, second string) (node string, err error) {
	const name = "md127"
	made, err := md.IsMember(first)
	if err != nil {
		return "", err
	}
	if !made {
		if err := waitFor(second, time.Minute); err != nil {
			return "", err
		}
		return md.Mirror(name, first, second)
	}
	// As long as an initramfs waits for the rest of an array, more or less.
	if waitFor(second, 10*time.Second) != nil {
		return md.Assemble(name, first)
	}
	return md.Assemble(name, first, second)
}

func mountKernel() error {
	for _, m := range []struct{ fs, dir, opt string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", "mode=0755"}, {"tmpfs", "/run", "mode=0755"},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.fs, m.dir, m.fs, 0, m.opt); err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	return nil
}

// bootOptions are the words of the kernel's command line that begin "lab.".
func bootOptions(path string) (map[string]bool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	opts := make(map[string]bool)
	for w := range strings.FieldsSeq(string(b)) {
		if name, ok := strings.CutPrefix(w, "lab."); ok {
			opts[name] = true
		}
	}
	return opts, nil
}

// loadModules loads the files that dir/order names, in that order.
func loadModules(dir string) error {
	order, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(order)) {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(f.Fd()), "", 0)
		_ = f.Close()
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	return nil
}

func waitFor(path string, limit time.Duration) error {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
	}
	return fmt.Errorf("wait for %s: not there after %v", path, limit)
}

// mask does what a person does to switch a rules file off.
func mask(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink("/dev/null", path)
}

// moveIn copies the program to the tmpfs, gives memory back, and makes /root
// the root.
func moveIn() error {
	self, err := os.ReadFile("/init")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, "guest"), self, 0o755); err != nil {
		return err
	}
	for _, p := range []string{"/init", "/modules"} {
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/proc", "/sys", "/dev", "/run"} {
		if err := unix.Mount(dir, "/root"+dir, "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", dir, err)
		}
	}
	if err := os.Chdir("/root"); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	return os.Chdir("/")
}
