package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/phrase"
	"plimsoll/internal/priv"
	"plimsoll/internal/secret"
)

// examineWriters looks at who can change the configuration, which names programs that the agent runs.
func examineWriters(path string) []exam {
	info, err := os.Stat(path)
	const groupAndOthers = 0o022
	switch {
	case err != nil:
		return nil // told of already
	case info.Mode().Perm()&groupAndOthers != 0:
		return []exam{{sick, "permissions", fmt.Sprintf("%s has mode %#o: others than its owner can change what the agent does", path, info.Mode().Perm()), "chmod go-w " + path}}
	}
	return []exam{{sound, "permissions", path + " can be changed by its owner alone", ""}}
}

// examineSecrets looks at who can read what nobody else should: the files that the configuration names, and itself, if a password
// or a token stands in it.
func examineSecrets(path string, cfg config.Config) []exam {
	files := cfg.SecretFiles()
	if cfg.HoldsCredentials() {
		files["nats.urls"] = path
	}
	var out []exam
	for _, key := range slices.Sorted(maps.Keys(files)) {
		e := exam{sound, "secret " + key, files[key] + " is for its owner and group", ""}
		switch err := secret.Check(files[key]); {
		case errors.Is(err, fs.ErrPermission):
			e = exam{dubious, e.About, err.Error(), "run doctor as root to have it checked"}
		case err != nil && errors.Is(err, secret.ErrExposed):
			e = exam{sick, e.About, files[key] + ": " + err.Error(), hintOf(err)}
		case err != nil:
			e = exam{sick, e.About, err.Error(), "put the file there, or take the key " + key + " out of the configuration"}
		}
		out = append(out, e)
	}
	return out
}

// examineBMC says whether a BMC that the kernel has found can be asked. A host without one is sound.
func examineBMC(path config.Path) exam {
	const about = "kernel ipmi"
	if _, err := os.Stat(filepath.Join(path.Sysfs, "class/ipmi/ipmi0")); err == nil {
		return exam{sound, about, "the driver is loaded", ""}
	}
	if found, err := filepath.Glob(filepath.Join(path.Sysfs, "bus/platform/drivers/ipmi_si/*ipmi*")); err == nil && len(found) > 0 {
		return exam{dubious, about, "there is a BMC, and no device to ask it by", "modprobe ipmi_devintf, and again at boot: echo ipmi_devintf >/etc/modules-load.d/ipmi.conf"}
	}
	// An IPMI device in the firmware's tables, type 38 of DMTF DSP0134.
	if _, err := os.Stat(filepath.Join(path.Sysfs, "firmware/dmi/entries/38-0")); err == nil {
		return exam{dubious, about, "the firmware tells of a BMC, and no driver has found it", "modprobe -a ipmi_si ipmi_devintf; if that finds none, see `dmesg | grep ipmi`"}
	}
	return exam{sound, about, "not loaded: there is no BMC to ask", ""}
}

// examineClock says whether anything keeps the clock right, whose times events bear.
func (c *command) examineClock() []exam {
	if c.ClockKept == nil {
		return nil
	}
	switch kept, err := c.ClockKept(); {
	case err != nil:
		return []exam{{dubious, "clock", err.Error(), "see `timedatectl`"}}
	case !kept:
		return []exam{{dubious, "clock", "nothing keeps it right: events bear its times, and so do those of other hosts", "timedatectl set-ntp true, or install chrony"}}
	}
	return []exam{{sound, "clock", "is kept right", ""}}
}

// examineHelper looks for the doors of the privileged helper, where the agent is the one that systemd runs.
func (c *command) examineHelper(cfg config.Config) []exam {
	if c.socket != config.Default().Socket {
		return nil // a trial run has no helper
	}
	var out []exam
	for _, part := range priv.Parts() {
		if part == priv.Second && cfg.Disk.AskSmartctl == 0 {
			continue // nobody asks it
		}
		e := exam{sound, "helper " + part.Unit(), part.Socket() + " is there", ""}
		if info, err := os.Stat(part.Socket()); err != nil {
			e = exam{dubious, e.About, err.Error(), "systemctl enable --now " + part.Unit() + ".socket"}
		} else if info.Mode().Type() != fs.ModeSocket || info.Mode().Perm()&0o077 != 0 {
			e = exam{sick, e.About, fmt.Sprintf("%s has mode %v, want a socket for its owner alone", part.Socket(), info.Mode()), "systemctl restart " + part.Unit() + ".socket"}
		}
		out = append(out, e)
	}
	return out
}

// examineFleet tells what stands between this host and what its fleet decides, if it takes part in that.
func examineFleet(s api.Status, cfg config.Fleet) []exam {
	var out []exam
	if cfg.TrustPeers {
		out = append(out, exam{
			dubious, "nats account", "fleet.trust_peers: whoever has the credentials of one host can ask, and agree, in the name of all",
			"give hosts an account of their own: `plimsoll fleet bootstrap` (docs/fleet.md)",
		})
	}
	if cfg.Register && len(cfg.Pools) > 0 && len(s.Fleet.Pools) == 0 {
		out = append(out, exam{dubious, "fleet", "no arbiter counts this host in a pool: nothing of fleet reach is done", "see `plimsoll fleet status`, and whether an arbiter runs"})
	}
	return out
}

// examinePolicy tells what keeps the agent from acting, if anything does.
func examinePolicy(s api.Status, cfg config.Config) exam {
	text := "mode " + s.Mode
	if s.Mode == config.ModeObserve {
		text += ": nothing is done"
	}
	text += "; " + phrase.Several(len(cfg.Policy), "rule") + " of its own"
	switch {
	case s.Latched != nil:
		return exam{dubious, "policy", text + "; the daily cap holds every action", "see `plimsoll plan`; plimsoll release"}
	case len(s.Frozen) > 0:
		return exam{dubious, "policy", text + "; frozen: " + strings.Join(s.Frozen, "; "), "plimsoll thaw, once it may act again"}
	}
	return exam{sound, "policy", text, ""}
}
