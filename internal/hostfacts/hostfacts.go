package hostfacts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shirou/gopsutil/v3/common"
	"github.com/shirou/gopsutil/v3/host"

	"plimsoll/internal/view"
)

// ApplicationID is plimsoll's own id of 128 random bits. It must never change: every host's id is derived with it.
const ApplicationID = "624ac5cbd372abede1ab88058aed35ed"

// ErrMachineID says that the host has no valid machine id.
var ErrMachineID = errors.New("no machine id of 32 hexadecimal digits")

// Roots are where the file systems are that are read.
type Roots struct {
	Proc string // usually /proc
	Etc  string // usually /etc
}

// Read says who this host is. Fleet and labels are the configuration's to add. What can't be read stays empty, and the
// errors of all that could not are returned together.
func Read(ctx context.Context, roots Roots) (view.Host, error) {
	var h view.Host
	var errs [6]error
	h.ID, errs[0] = machineID(filepath.Join(roots.Etc, "machine-id"))
	h.Name, errs[1] = line(filepath.Join(roots.Proc, "sys/kernel/hostname"))
	h.BootID, errs[2] = line(filepath.Join(roots.Proc, "sys/kernel/random/boot_id"))
	h.Facts.Platform, errs[3] = platform(filepath.Join(roots.Etc, "os-release"))
	h.Facts.Kernel, errs[4] = host.KernelVersionWithContext(ctx)
	h.Facts.Virtual, errs[5] = virtual(ctx, roots)
	arch, err := host.KernelArch()
	h.Facts.Arch = arch
	return h, errors.Join(append(errs[:], err)...)
}

func line(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(b)), nil
}

// badMachineID is a file that holds no valid id.
type badMachineID struct{ path string }

func (b badMachineID) Error() string { return fmt.Sprintf("read %s: %v", b.path, ErrMachineID) }
func (b badMachineID) Unwrap() error { return ErrMachineID }

// Hint says what a person can do.
func (b badMachineID) Hint() string {
	return "run systemd-machine-id-setup; the host's id in the fleet is derived from it"
}

func machineID(path string) (string, error) {
	text, err := line(path)
	if err != nil {
		return "", err
	}
	id, err := hex.DecodeString(text)
	if err != nil || len(id) != idLen || bytes.Count(id, []byte{0}) == idLen {
		return "", badMachineID{path}
	}
	return derive(id), nil
}

// idLen is the length of a 128-bit id.
const idLen = 16

// derive is sd_id128_get_machine_app_specific: HMAC-SHA256 of the application's id under the machine's, cut to 128 bits and
// marked as a random UUID (RFC 9562, version 4).
func derive(machine []byte) string {
	app, err := hex.DecodeString(ApplicationID)
	if err != nil {
		panic("internal error: ApplicationID: " + err.Error())
	}
	mac := hmac.New(sha256.New, machine)
	mac.Write(app)
	id := mac.Sum(nil)[:idLen]
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return hex.EncodeToString(id)
}

// platform is the distribution and its version by os-release(5): "debian 12".
func platform(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	values := map[string]string{}
	for l := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(l), "="); ok {
			values[key] = strings.Trim(value, `"'`)
		}
	}
	// By os-release(5) a file without an ID means "linux"; rolling distributions have no VERSION_ID.
	return strings.TrimSpace(cmp.Or(values["ID"], "linux") + " " + values["VERSION_ID"]), nil
}

// virtual is what this host is a guest of; empty on hardware, and on a host of guests.
func virtual(ctx context.Context, roots Roots) (string, error) {
	env := common.EnvMap{} //nolint:exhaustive // the other roots keep their defaults
	env[common.HostProcEnvKey] = roots.Proc
	env[common.HostEtcEnvKey] = roots.Etc
	ctx = context.WithValue(ctx, common.EnvKey, env)
	system, role, err := host.VirtualizationWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("read virtualization: %w", err)
	}
	if role != "guest" {
		return "", nil
	}
	return system, nil
}
