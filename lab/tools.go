package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// ErrNotRoot says that the image must be built as root: mmdebstrap makes
// device nodes and mke2fs copies owners.
var ErrNotRoot = errors.New("not root")

// ErrMissing says that a program the lab starts is not installed.
var ErrMissing = errors.New("not installed")

// need returns ErrMissing, with the Debian package to install, for the first
// program that is not there.
func need(programs ...string) error {
	packages := map[string]string{"mke2fs": "e2fsprogs", "qemu-system-x86_64": "qemu-system-x86", "ipmi_sim": "openipmi"}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			pkg := p
			if q, ok := packages[p]; ok {
				pkg = q
			}
			return fmt.Errorf("%s: %w (apt-get install %s)", p, ErrMissing, pkg)
		}
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	return runCommand(exec.CommandContext(ctx, name, args...))
}

// runCommand runs c and puts the end of what it wrote to standard error into
// the error.
func runCommand(c *exec.Cmd) error {
	var errOut bytes.Buffer
	c.Stderr = &errOut
	if err := c.Run(); err != nil {
		said := strings.TrimSpace(errOut.String())
		if len(said) > 2000 {
			said = "… " + said[len(said)-2000:]
		}
		return fmt.Errorf("run %s: %w: %s", c.Args[0], err, said)
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return out.Close()
}
