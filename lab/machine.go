package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"plimsoll/lab/acpi"
	"plimsoll/lab/link"
)

// Boot says how a guest comes up.
type Boot struct {
	// RootOnDM puts a device-mapper device under the root, which HangRoot
	// suspends.
	RootOnDM bool
	// RootOnMD puts the root on a mirror, md127, of two virtio disks.
	RootOnMD bool
	// MaskedMDRules links udev's 64-md-raid-assembly.rules to /dev/null before
	// systemd starts.
	MaskedMDRules bool
	// SecondCard gives the disks from sde on a card of their own, which has two
	// controllers as functions: one for sde and sdf, one for sdg and sdh.
	SecondCard bool
	// BMC gives the machine a baseboard management controller, behind /dev/ipmi0.
	BMC bool
	// Drives gives the machine two NVMe devices and a SATA disk, sdi.
	Drives bool
	// Battery gives the machine a mains adapter and a battery, by ACPI.
	Battery bool
	// Shell puts a root shell on the socket Machine.ShellSocket.
	Shell bool
}

// errEnded is how qemu ends when it is asked to.
var errEnded = errors.New("exit code 0")

// The guest's size and slots. Every script finds the same machine.
const (
	memoryMB   = 1024
	disks      = 8   // sda to sdh
	diskMB     = 128 // enough for an md superblock and a bitmap; a resync takes seconds
	bondNICs   = 2   // eth1 and eth2
	hostInside = "10.0.2.2"
	// metricsInside is the agent's TCP port in the guest.
	metricsInside = 9877
	// secondHalf is QEMU's name for the second disk of a root on a mirror.
	secondHalf = "half1"
)

// Machine is one running guest.
type Machine struct {
	// Dir holds the sockets, the console log and the disks of this machine.
	Dir string
	// Metrics is the address on the host that leads to the agent's TCP port.
	Metrics string
	// ShellSocket is the unix socket of the root shell, when Boot asked for it.
	ShellSocket string

	boot     Boot
	cmd      *exec.Cmd
	exited   chan struct{}
	exit     error // valid once exited is closed
	qmp      *QMP
	link     *link.Client
	bmc      *simulator     // nil: the machine has no BMC
	pulled   map[string]int // disks out of their slots, by the name they had
	noCard   bool           // the second card was pulled, and stays away
	twice    bool           // there is an adapter with a second path to a disk
	progress io.Writer
}

// Start boots a guest and returns when the host is heard in it. dir is a
// folder of its own for this machine; share becomes /lab in the guest, read
// only.
func Start(ctx context.Context, img Image, program string, boot Boot, dir, share string, progress io.Writer) (*Machine, error) {
	if err := need("qemu-system-x86_64"); err != nil {
		return nil, err
	}
	m := &Machine{Dir: dir, boot: boot, pulled: make(map[string]int), exited: make(chan struct{}), progress: progress, ShellSocket: filepath.Join(dir, "shell.sock")}
	initrd := filepath.Join(dir, "initrd")
	if err := writeInitramfs(initrd, program, img.Modules); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	m.Metrics = fmt.Sprintf("127.0.0.1:%d", port)
	if err := m.launch(ctx, img, initrd, share, port); err != nil {
		return nil, err
	}
	if err := m.connect(ctx); err != nil {
		m.Stop()
		return nil, err
	}
	err = m.settle(ctx)
	if err == nil {
		// The kernel probes disks side by side and names them as they come.
		err = m.sortDisks(ctx)
	}
	if err == nil {
		err = m.prepareHardware(ctx)
	}
	if err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

// launch makes the disks and starts what the machine consists of.
func (m *Machine) launch(ctx context.Context, img Image, initrd, share string, port int) error {
	for i := range m.disks() {
		if err := makeSparse(m.diskFile(i), diskMB<<20); err != nil {
			return err
		}
	}
	if m.boot.Battery {
		if err := os.WriteFile(m.powerTable(), acpi.Power(), 0o644); err != nil {
			return err
		}
	}
	log, err := os.Create(filepath.Join(m.Dir, "qemu.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if m.boot.BMC {
		if m.bmc, err = newSimulator(ctx, filepath.Join(m.Dir, "bmc")); err != nil {
			return err
		}
		if err := m.bmc.start(ctx, firstSupplies()...); err != nil {
			m.bmc.kill()
			return err
		}
	}
	// The context bounds the boot, not the machine, which Stop ends.
	m.cmd = exec.CommandContext(context.WithoutCancel(ctx), "qemu-system-x86_64", m.arguments(img, initrd, share, port)...)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	// Not left behind if the lab itself is killed.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		m.Stop()
		return fmt.Errorf("start qemu: %w", err)
	}
	go func() {
		if m.exit = m.cmd.Wait(); m.exit == nil {
			m.exit = errEnded
		}
		close(m.exited)
	}()
	return nil
}

func (m *Machine) arguments(img Image, initrd, share string, metricsPort int) []string {
	// net.ifnames=0 gives eth0, eth1; the rest buys seconds of boot on an
	// emulated CPU and changes nothing that the agent looks at.
	line := []string{
		"console=ttyS0", "quiet", "systemd.show_status=0", "mitigations=off", "tsc=reliable", "net.ifnames=0",
		"cryptomgr.notests", "random.trust_cpu=on", "panic=-1", "systemd.journald.forward_to_console=0",
		// Else the kernel tries out the timer for so many turns of a loop, and panics if that does not tick meanwhile: on a busy
		// host it does not, by chance, and the guest comes up minutes later or never.
		"no_timer_check",
	}
	fixed := len(line)
	for name, set := range map[string]bool{"root-on-dm": m.boot.RootOnDM, "root-on-md": m.boot.RootOnMD, "masked-md-rules": m.boot.MaskedMDRules, "shell": m.boot.Shell} {
		if set {
			line = append(line, "lab."+name)
		}
	}
	slices.Sort(line[fixed:])
	if m.boot.Drives {
		// Nothing but prepareHardware loads the one, and nothing but a script the other.
		line = append(line, "modprobe.blacklist=ahci,megaraid_sas")
	}
	args := []string{
		// A guest that switches itself off stays, so that it can be switched on.
		"-action", "shutdown=pause",
		"-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc", "-m", fmt.Sprint(memoryMB), "-smp", "2",
		// /dev/kvm can exist and still hang a guest; emulation always works. It is worst at strings of bytes, which the kernel
		// takes where the processor says that it is quick with them: after a reset clearing memory that held code took minutes.
		"-accel", "tcg,thread=multi", "-cpu", "max,erms=off,fsrm=off",
		"-kernel", img.Kernel, "-initrd", initrd, "-append", strings.Join(line, " "),
		"-serial", "file:" + filepath.Join(m.Dir, "console.log"),
		"-serial", "unix:" + m.ShellSocket + ",server=on,wait=off",
		"-qmp", "unix:" + m.socket("qmp") + ",server=on,wait=off",
		"-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
		"-chardev", "socket,id=link,server=on,wait=off,path=" + m.socket("link"),
		"-device", "virtserialport,chardev=link,name=" + link.Port,
		// snapshot=on keeps what the guest writes in a file that is gone with it.
		"-drive", "if=virtio,format=raw,snapshot=on,cache=unsafe,file=" + img.Root,
		"-virtfs", "local,path=" + share + ",mount_tag=lab,security_model=none,readonly=on",
		// romfile= leaves out the network boot ROM and its wait.
		"-netdev", fmt.Sprintf("user,id=net0,hostfwd=tcp:127.0.0.1:%d-:%d", metricsPort, metricsInside),
		"-device", "virtio-net-pci,netdev=net0,id=nic0,romfile=,mac=52:54:00:00:00:00",
		"-device", "virtio-scsi-pci,id=scsi0",
	}
	for i := 1; i <= bondNICs; i++ {
		args = append(args,
			"-netdev", fmt.Sprintf("hubport,id=net%d,hubid=1", i),
			"-device", fmt.Sprintf("virtio-net-pci,netdev=net%d,id=nic%d,romfile=,mac=52:54:00:00:00:0%d", i, i, i))
	}
	if m.boot.RootOnMD {
		args = append(args, "-drive", "if=none,id=half,format=raw,snapshot=on,cache=unsafe,file="+img.Root, "-device", "virtio-blk-pci,addr=0x1e,drive=half,id="+secondHalf)
	}
	if m.boot.SecondCard {
		for i, id := range cardFunctions() {
			args = append(args, "-device", fmt.Sprintf("virtio-scsi-pci,addr=0x10.%d,multifunction=on,id=%s", i, id))
		}
	}
	for i := range disks {
		args = append(args, "-blockdev", m.blockdev(i), "-device", m.diskDevice(i))
	}
	if m.bmc != nil {
		args = append(args, bmcArguments(m.bmc.port)...)
	}
	if m.boot.Drives {
		args = append(args, m.driveArguments()...)
	}
	if m.boot.Battery {
		args = append(args, "-acpitable", "file="+m.powerTable())
	}
	return args
}

func (m *Machine) socket(name string) string { return filepath.Join(m.Dir, name+".sock") }

// connect dials the sockets, which QEMU makes soon after it starts.
func (m *Machine) connect(ctx context.Context) error {
	conn, err := m.dial(ctx, m.socket("qmp"))
	if err != nil {
		return err
	}
	if m.qmp, err = NewQMP(ctx, conn); err != nil {
		return err
	}
	if conn, err = m.dial(ctx, m.socket("link")); err != nil {
		return err
	}
	m.link = link.NewClient(conn)
	return nil
}

func (m *Machine) dial(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	for {
		conn, err := d.DialContext(ctx, "unix", path)
		if err == nil {
			return conn, nil
		}
		select {
		case <-m.exited:
			said, _ := os.ReadFile(filepath.Join(m.Dir, "qemu.log"))
			return nil, fmt.Errorf("start qemu: %w: %s", m.exit, strings.TrimSpace(string(said)))
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// prepare runs in the guest once it is up: the management network, and the
// share with the host.
const prepare = `set -e
# systemd calls the system up before udev is through with the devices.
for i in $(seq 600); do
	[ -e /sys/class/net/eth2 ] && [ "$(ls -d /sys/block/sd* 2>/dev/null | wc -l)" = $DISKS ] && break
	sleep 0.1
done
udevadm settle
ip link set eth0 up
ip addr replace 10.0.2.15/24 dev eth0
ip route replace default via 10.0.2.2
mkdir -p /lab
mountpoint -q /lab || mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=none lab /lab
modprobe -a raid1 bonding
`

// settle waits until systemd has started what it starts, and prepares the
// guest for scripts.
func (m *Machine) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := m.greet(ctx); err != nil {
		return err
	}
	// "degraded" is good enough: some unit of Debian's fails for want of
	// hardware. The first ones come before there is a bus to ask on.
	for {
		out, err := m.Run(ctx, "systemctl is-system-running --wait 2>&1 || true")
		if err != nil {
			return err
		}
		if state := strings.TrimSpace(out.Out); state == "running" || state == "degraded" {
			break
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the guest to come up (%s): %w", strings.TrimSpace(out.Out), err)
		}
	}
	_, err := m.MustRun(ctx, fmt.Sprintf("DISKS=%d\n%s", disks-m.missing(), prepare))
	return err
}

// greet waits until somebody answers. It asks again and again, since what is
// sent while the guest resets is lost.
func (m *Machine) greet(ctx context.Context) error {
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := m.call(try, link.Request{Do: link.DoPing})
		cancel()
		if err == nil {
			return nil
		}
		if try.Err() == nil || ctx.Err() != nil {
			return fmt.Errorf("wait for the guest: %w", err)
		}
	}
}

// Stop ends the guest at once, and everything that belongs to it.
func (m *Machine) Stop() {
	if m.link != nil {
		_ = m.link.Close()
	}
	if m.qmp != nil {
		_ = m.qmp.Close()
	}
	if m.cmd.Process != nil {
		_ = m.cmd.Process.Kill()
		<-m.exited
	}
	if m.bmc != nil {
		m.bmc.kill()
	}
	for i := range m.disks() {
		_ = os.Remove(m.diskFile(i))
	}
	_ = os.Remove(filepath.Join(m.Dir, "initrd"))
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return portOf(l), nil
}

func portOf(l net.Listener) int {
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		panic("internal error: a TCP listener without a TCP address")
	}
	return a.Port
}

func makeSparse(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Truncate(size)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
