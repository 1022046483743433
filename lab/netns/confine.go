package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// partingTime is how long a confined program may take to end once it is told to.
const partingTime = 10 * time.Second

// Confine runs this program again with args in namespaces of its own: processes, mounts and network. Whatever that starts ends
// with it, and it ends with this one.
func Confine(ctx context.Context, args []string) error {
	runtime.LockOSThread() // the parent by whose death the child is told is this thread
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL,
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = partingTime
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run in namespaces of its own: %w", err)
	}
	return nil
}

// Settle makes what Confine has started feel at home: mounts that are its own, a /proc that tells of its processes, and a place
// for the names of network namespaces.
func Settle() error {
	if os.Getpid() != 1 {
		return errors.New("settle: not in namespaces of its own")
	}
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"none", "/", "", unix.MS_REC | unix.MS_PRIVATE},
		{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"netns", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV},
	} {
		if err := unix.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("settle: mount %s: %w", m.target, err)
		}
	}
	return nil
}
