package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"plimsoll/lab/dm"
)

// The size of a member: a quarter of a megabyte for the superblock and what
// belongs to it, one megabyte for data, and a little in reserve. Small, since
// all of it is written and read for every trial.
const (
	offsetKB = 256
	dataKB   = 1024
	memberKB = offsetKB + dataKB + 256
)

// bed holds the disks that arrays are laid on: RAM under device-mapper, so
// that one of them can be made to die and to come back.
type bed struct{ disks []disk }

type disk struct {
	name string // device-mapper's
	ram  string // /dev/ram0
	node string // /dev/dm-0
	well dm.Target
}

// quiet stops udev, which would probe and assemble what is taken apart here,
// and awake starts it again.
func quiet(ctx context.Context) error {
	return command(ctx, "systemctl", "stop", "systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket")
}

func awake(ctx context.Context) error {
	return command(context.WithoutCancel(ctx), "systemctl", "start", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udevd.service")
}

func command(ctx context.Context, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "MDADM_NO_UDEV=1")
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w: %s", strings.Join(c.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func makeBed(ctx context.Context) (*bed, error) {
	if err := command(ctx, "modprobe", "-a", "brd", "raid1", "raid10", "raid456"); err != nil {
		return nil, err
	}
	b := &bed{}
	for i := range maxDisks {
		d := disk{name: fmt.Sprintf("oracle%d", i), ram: fmt.Sprintf("/dev/ram%d", i)}
		d.well = dm.Target{Type: "linear", Sectors: memberKB * 2, Args: d.ram + " 0"}
		var err error
		if d.node, err = dm.Create(d.name, "ORACLE-"+d.name, d.well); err != nil {
			return nil, errors.Join(err, b.remove())
		}
		b.disks = append(b.disks, d)
	}
	return b, nil
}

func (b *bed) remove() error {
	var errs []error
	for _, d := range b.disks {
		errs = append(errs, dm.Remove(d.name))
	}
	return errors.Join(errs...)
}

// die makes every request to the disk an I/O error, heal ends that.
func (d disk) die() error  { return dm.Change(d.name, d.well.Error()) }
func (d disk) heal() error { return dm.Change(d.name, d.well) }

// kernel is the name by which md calls the disk: dm-0.
func (d disk) kernel() string { return filepath.Base(d.node) }

// save reads what is on the first n disks, and lay puts it there again.
func (b *bed) save(n int) ([][]byte, error) {
	images := make([][]byte, n)
	for i := range images {
		image, err := aligned(memberKB << 10)
		if err != nil {
			return nil, err
		}
		if err := b.disks[i].whole(unix.O_RDONLY, image, unix.Pread); err != nil {
			return nil, err
		}
		images[i] = image
	}
	return images, nil
}

func (b *bed) lay(images [][]byte) error {
	for i, image := range images {
		if err := b.disks[i].heal(); err != nil {
			return err
		}
		if err := b.disks[i].whole(unix.O_WRONLY, image, unix.Pwrite); err != nil {
			return err
		}
	}
	return nil
}

// whole reads or writes all of the disk at once, past the kernel's cache.
func (d disk) whole(flags int, image []byte, do func(int, []byte, int64) (int, error)) error {
	fd, err := unix.Open(d.node, flags|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", d.node, err)
	}
	n, err := do(fd, image, 0)
	if err == nil && n != len(image) {
		err = io.ErrShortWrite
	}
	if err = errors.Join(err, unix.Close(fd)); err != nil {
		return fmt.Errorf("copy the whole of %s: %w", d.node, err)
	}
	return nil
}

// aligned is memory that O_DIRECT takes.
func aligned(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", n, err)
	}
	return b, nil
}
