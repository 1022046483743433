package lab

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// rootfs is what the lab lays over Debian in the image.
//
//go:embed rootfs
var rootfs embed.FS

// recipe is everything else that decides what is in an image; a change of any
// word makes a new one.
type recipe struct {
	Suite    string
	Packages []string
	Exclude  []string // paths that dpkg leaves out
	Masked   []string // units that only cost boot time
	SizeMB   int
}

func defaultRecipe() recipe {
	return recipe{
		Suite: "bookworm",
		// Not the cloud flavour of the kernel: it has no md faulty, no scsi_debug.
		Packages: []string{
			"linux-image-amd64", "systemd", "systemd-sysv", "dbus", "udev", "mdadm", "iproute2", "kmod", "dmsetup",
			"procps", "adduser", "nftables", "curl", "ca-certificates", "prometheus-node-exporter",
			// What arrays and bonds stand below, and what tells which switch a cable leads to.
			"lvm2", "cryptsetup-bin", "btrfs-progs", "dosfstools", "fdisk", "iputils-ping", "lldpd",
			// Whose words about power supplies and disks are compared with the agent's, and what makes SCSI disks say more.
			"ipmitool", "smartmontools", "nvme-cli", "sg3-utils",
			// What the worked hooks tell.
			"bind9", "bind9-dnsutils", "nginx-light",
		},
		Exclude: []string{
			"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*",
			"/lib/modules/*/kernel/sound/*", "/lib/modules/*/kernel/drivers/gpu/*", "/lib/modules/*/kernel/drivers/media/*",
			"/lib/modules/*/kernel/drivers/net/wireless/*", "/lib/modules/*/kernel/drivers/infiniband/*",
			"/lib/modules/*/kernel/drivers/iio/*", "/lib/modules/*/kernel/drivers/staging/*",
		},
		Masked: []string{
			"getty.target", "getty@tty1.service", "serial-getty@ttyS0.service", "systemd-timesyncd.service",
			"apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
			"fstrim.timer", "systemd-tmpfiles-clean.timer", "mdcheck_start.timer", "mdcheck_continue.timer", "mdmonitor-oneshot.timer",
			"mdmonitor.service", "prometheus-node-exporter.service", "prometheus-node-exporter-apt.timer",
			"prometheus-node-exporter-ipmitool-sensor.timer", "prometheus-node-exporter-mellanox-hca-temp.timer",
			"prometheus-node-exporter-nvme.timer", "prometheus-node-exporter-smartmon.timer", "systemd-update-utmp-runlevel.service",
			"nftables.service", "networking.service", "lldpd.service", "lvm2-monitor.service", "blk-availability.service",
			"lvm2-lvmpolld.socket", "dm-event.socket", "smartmontools.service", "smartd.service", "ipmievd.service", "uuidd.socket",
			"nvmf-autoconnect.service", "nvmefc-boot-connections.service", "named.service", "nginx.service",
		},
		SizeMB: 3072,
	}
}

// Image is a built guest: a root file system, a kernel and the modules that
// it takes to mount the one with the other.
type Image struct {
	Root    string // raw ext4 image
	Kernel  string
	Modules string // folder of modules for the initramfs, with the file "order"
}

// BuildImage returns the guest image, from the cache folder when one of the
// same contents is there. Building takes root, mmdebstrap and mke2fs, and
// reaches the Debian mirror that the machine itself uses.
func BuildImage(ctx context.Context, cache string, progress io.Writer) (Image, error) {
	r := defaultRecipe()
	key, err := r.key()
	if err != nil {
		return Image{}, err
	}
	dir := filepath.Join(cache, "image-"+key)
	img := Image{Root: filepath.Join(dir, "root.img"), Kernel: filepath.Join(dir, "vmlinuz"), Modules: filepath.Join(dir, "modules")}
	if _, err := os.Stat(dir); err == nil {
		fmt.Fprintf(progress, "image %s: cached\n", key)
		return img, nil
	}
	if os.Geteuid() != 0 {
		return Image{}, fmt.Errorf("build image: %w", ErrNotRoot)
	}
	if err := need("mmdebstrap", "mke2fs"); err != nil {
		return Image{}, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return Image{}, err
	}
	tmp, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return Image{}, err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // moved away, if all went well
	fmt.Fprintf(progress, "image %s: building, about two minutes\n", key)
	if err := r.build(ctx, tmp); err != nil {
		return Image{}, err
	}
	err = os.Rename(tmp, dir)
	if _, there := os.Stat(dir); err != nil && there != nil {
		return Image{}, err // not that somebody else built the same meanwhile
	}
	return img, nil
}

// key names the image by a hash of all that goes into it, except what the
// mirror serves on the day.
func (r recipe) key() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "2 %q %q\n", fmt.Sprint(r), initramfsModules())
	err := fs.WalkDir(rootfs, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := rootfs.ReadFile(path)
		fmt.Fprintf(h, "%q %q\n", path, b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:12], err
}

func (r recipe) build(ctx context.Context, dir string) error {
	root := filepath.Join(dir, "root")
	if err := r.bootstrap(ctx, root); err != nil {
		return err
	}
	if err := overlay(root); err != nil {
		return err
	}
	for _, want := range []string{"sysinit.target.wants/lab-guest.service", "multi-user.target.wants/lab-shell.service"} {
		link := filepath.Join(root, "etc/systemd/system", want)
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			return err
		}
		if err := os.Symlink("../"+filepath.Base(link), link); err != nil {
			return err
		}
	}
	for _, unit := range r.Masked {
		if err := os.Symlink("/dev/null", filepath.Join(root, "etc/systemd/system", unit)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if err := takeKernel(root, dir); err != nil {
		return err
	}
	image := filepath.Join(dir, "root.img")
	// A superblock of md at the end leaves the file system alone.
	if err := makeSparse(image, int64(r.SizeMB)<<20); err != nil {
		return err
	}
	if err := command(ctx, "mke2fs", "-q", "-t", "ext4", "-L", "root", "-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0",
		"-d", root, image, fmt.Sprintf("%dM", r.SizeMB-1)); err != nil {
		return err
	}
	return os.RemoveAll(root)
}

func (r recipe) bootstrap(ctx context.Context, root string) error {
	args := []string{
		"--quiet", "--mode=root", "--variant=minbase", "--format=directory",
		"--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Languages \"none\"",
		// Snapshots of the archive, which some machines use, are past their date.
		"--aptopt=Acquire::Check-Valid-Until \"false\"",
		"--dpkgopt=force-unsafe-io",
		"--include=" + strings.Join(r.Packages, ","),
	}
	for _, o := range hostProxy(ctx) {
		args = append(args, "--aptopt="+o)
	}
	for _, p := range r.Exclude {
		args = append(args, "--dpkgopt=path-exclude="+p)
	}
	args = append(args, r.Suite, root)
	args = append(args, debianSources()...)
	c := exec.CommandContext(ctx, "mmdebstrap", args...)
	// The kernel's own initramfs would take a minute to build and is not used.
	c.Env = append(os.Environ(), "INITRD=No", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	// A mount namespace of its own: under load mmdebstrap has been seen to leave
	// its /proc mounted, which mke2fs would then copy.
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	return runCommand(c)
}

// debianSources are the machine's own Debian sources, in the two places where
// Debian puts them; none means mmdebstrap's default mirror.
func debianSources() []string {
	var found []string
	for _, p := range []string{"/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"} {
		b, err := os.ReadFile(p)
		if err == nil && strings.Contains(string(b), "bookworm") {
			found = append(found, p)
		}
	}
	return found
}

// hostProxy is how this machine reaches a mirror; mmdebstrap reads no apt
// configuration of the host.
func hostProxy(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "apt-config", "dump", "Acquire::http::Proxy", "Acquire::https::Proxy").Output()
	if err != nil {
		return nil
	}
	var opts []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(strings.TrimSpace(line), ";")
		if strings.HasPrefix(line, "Acquire::") && !strings.HasSuffix(line, `""`) {
			opts = append(opts, line)
		}
	}
	return opts
}

// overlay copies the embedded files into root; what lies in a bin or sbin
// folder becomes executable.
func overlay(root string) error {
	return fs.WalkDir(rootfs, "rootfs", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(root, strings.TrimPrefix(path, "rootfs"))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		b, err := rootfs.ReadFile(path)
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(filepath.Dir(path), "bin") {
			mode = 0o755
		}
		return os.WriteFile(to, b, mode)
	})
}

// takeKernel copies the kernel, and the modules of the initramfs, to dir.
func takeKernel(root, dir string) error {
	kernels, err := filepath.Glob(filepath.Join(root, "boot/vmlinuz-*"))
	if err != nil || len(kernels) == 0 {
		return fmt.Errorf("find kernel in %s: none", root)
	}
	kernel := slices.Max(kernels)
	if err := copyFile(filepath.Join(dir, "vmlinuz"), kernel); err != nil {
		return err
	}
	modules := filepath.Join(root, "usr/lib/modules", strings.TrimPrefix(filepath.Base(kernel), "vmlinuz-"))
	deps, err := os.ReadFile(filepath.Join(modules, "modules.dep"))
	if err != nil {
		return err
	}
	order, err := moduleOrder(string(deps), initramfsModules())
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "modules")
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	var names []string
	for _, m := range order {
		names = append(names, filepath.Base(m))
		if err := copyFile(filepath.Join(out, filepath.Base(m)), filepath.Join(modules, m)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(out, "order"), []byte(strings.Join(names, "\n")+"\n"), 0o644)
}
