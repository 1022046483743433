package tcmu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Where the kernel's targets are configured, and what they are named here.
const (
	targets  = "/sys/kernel/config/target"
	core     = targets + "/core/user_0"
	loopback = targets + "/loopback"
	group    = "tpgt_1"
)

// dataMB bounds what commands in flight can hold.
const dataMB = 8

// Disk says what disk is made.
type Disk struct {
	Name string // of the target, among the guest's
	WWN  string // of the port that it stands behind, sixteen hexadecimal digits
	Size int64
}

// Serve makes the disk and answers its commands until the context ends; then
// it takes the disk away. The modules target_core_user and tcm_loop must be
// loaded. ready is called once the kernel has the disk.
func Serve(ctx context.Context, d Disk, h Handler, ready func()) (err error) {
	if err := d.create(); err != nil {
		return errors.Join(err, d.remove())
	}
	uio, mem, err := d.open()
	if err != nil {
		return errors.Join(err, d.remove())
	}
	defer func() {
		err = errors.Join(err, unix.Munmap(mem), uio.Close())
	}()
	// While the kernel asks the disk who it is, and while it takes leave of it, somebody must answer.
	plugged := make(chan error, 1)
	go func() { plugged <- d.plug() }()
	pulled := make(chan struct{})
	var unplugged error
	gone := ctx.Done()
	answered := time.NewTicker(tick)
	defer answered.Stop()
	for {
		if err := serveOnce(uio, mem, h); err != nil {
			return err // and the kernel waits for its answer: the disk cannot be taken away
		}
		select {
		case err := <-plugged:
			if err != nil {
				return errors.Join(err, d.remove())
			}
			ready()
		case <-gone:
			gone = nil
			go func() {
				unplugged = d.unplug()
				close(pulled)
			}()
		case <-pulled:
			return errors.Join(unplugged, d.remove())
		case <-answered.C:
		}
	}
}

// tick is how often the ring is looked at: a disk of the lab need not be quick.
const tick = 2 * time.Millisecond

func serveOnce(uio *os.File, mem ring, h Handler) error {
	n, err := mem.serve(h)
	if err != nil || n == 0 {
		return err
	}
	// Any four bytes tell the kernel that there are answers.
	if _, err := uio.Write(make([]byte, 4)); err != nil {
		return fmt.Errorf("tell the kernel of answers: %w", err)
	}
	return nil
}

func (d Disk) backstore() string { return filepath.Join(core, d.Name) }
func (d Disk) port() string      { return filepath.Join(loopback, "naa."+d.WWN) }
func (d Disk) link() string      { return filepath.Join(d.port(), group, "lun/lun_0/port") }

func (d Disk) create() error {
	if err := os.MkdirAll(d.backstore(), 0o755); err != nil {
		return err
	}
	// A negative nl_reply_supported keeps the kernel from waiting for a netlink answer; without a time-out of the target's a
	// command that is not answered hangs, as it would in a disk.
	for _, w := range []struct{ file, text string }{
		{"control", fmt.Sprintf("dev_config=lab/%s,dev_size=%d,max_data_area_mb=%d,nl_reply_supported=-1", d.Name, d.Size, dataMB)},
		{"attrib/cmd_time_out", "0"},
		{"enable", "1"},
	} {
		if err := os.WriteFile(filepath.Join(d.backstore(), w.file), []byte(w.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// open maps the device through which the kernel hands out the commands.
func (d Disk) open() (*os.File, ring, error) {
	names, err := filepath.Glob("/sys/class/uio/uio*/name")
	if err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil || !strings.HasSuffix(strings.TrimSpace(string(b)), "/lab/"+d.Name) {
			continue
		}
		dir := filepath.Dir(n)
		text, err := os.ReadFile(filepath.Join(dir, "maps/map0/size"))
		if err != nil {
			return nil, nil, err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(text)), 0, 64)
		if err != nil {
			return nil, nil, err
		}
		f, err := os.OpenFile(filepath.Join("/dev", filepath.Base(dir)), os.O_RDWR, 0)
		if err != nil {
			return nil, nil, err
		}
		mem, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("map %s: %w", f.Name(), err), f.Close())
		}
		return f, mem, nil
	}
	return nil, nil, fmt.Errorf("find uio device of %s: %w", d.Name, fs.ErrNotExist)
}

// plug gives the disk to the guest's own SCSI layer; it returns when the kernel knows the disk.
func (d Disk) plug() error {
	if err := os.MkdirAll(filepath.Join(d.port(), group, "lun/lun_0"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.port(), group, "nexus"), []byte("naa."+d.WWN), 0o644); err != nil {
		return err
	}
	return os.Symlink(d.backstore(), d.link())
}

func (d Disk) unplug() error { return os.Remove(d.link()) }

// remove undoes create and plug, as far as they came.
func (d Disk) remove() error {
	var errs []error
	for _, path := range []string{d.link(), filepath.Join(d.port(), group, "lun/lun_0"), filepath.Join(d.port(), group), d.port(), d.backstore()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
