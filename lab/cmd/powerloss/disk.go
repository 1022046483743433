package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// disk is a file system of its own, on a file, whose power can be cut.
type disk struct{ image, at string }

// size is more than the servers write in a trial.
const size = 256 << 20

// newDisk makes one, mounted below dir.
func newDisk(ctx context.Context, dir, name string) (disk, error) {
	d := disk{image: filepath.Join(dir, name+".ext4"), at: filepath.Join(dir, name)}
	if err := os.Mkdir(d.at, 0o700); err != nil {
		return d, err
	}
	f, err := os.Create(d.image)
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Close())
	}
	if err != nil {
		return d, err
	}
	if err := command(ctx, "mkfs.ext4", "-q", d.image); err != nil {
		return d, err
	}
	return d, d.mount(ctx)
}

func (d disk) mount(ctx context.Context) error {
	return command(ctx, "mount", "-o", "loop", d.image, d.at)
}

func (d disk) unmount(ctx context.Context) error { return command(ctx, "umount", d.at) }

// shutDown is EXT4_IOC_SHUTDOWN (fs/ext4/ext4.h), and noFlush its EXT4_GOING_FLAGS_NOLOGFLUSH: from then on the file system writes
// nothing, not even its journal, and forgets what it has not written when it is unmounted. Tests of file systems cut the power so.
const (
	shutDown = 0x8004587d
	noFlush  = 2
)

// cut cuts the power: what was not flushed is gone.
func (d disk) cut() error {
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlSetPointerInt(int(f.Fd()), shutDown, noFlush), f.Close()) //nolint:gosec // a file's number is small
}

// flush writes all that is to be written.
func (d disk) flush() error {
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close()) //nolint:gosec // a file's number is small
}

func command(ctx context.Context, argv ...string) error {
	if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
