package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/lab/script"
)

// world does the statements that need only a guest; `lab shell` offers them
// too.
func (m *Machine) world(ctx context.Context, st script.Statement) error {
	switch st := st.(type) {
	case script.Array:
		return m.array(ctx, st)
	case script.MD:
		_, err := m.MustRun(ctx, fmt.Sprintf("mdadm /dev/%s --%s /dev/%s", st.Array, st.Verb, st.Disk))
		return err
	case script.Unplug:
		return m.unplugNamed(ctx, st.Disk)
	case script.UnplugCard:
		return m.UnplugCard(ctx)
	case script.SecondPath:
		return m.secondPath(ctx, st.Disk)
	case script.UnplugPath:
		return m.unplugPath(ctx)
	case script.Plug:
		return m.plugNamed(ctx, st)
	case script.HangRoot:
		return m.HangRoot(ctx, st.For)
	case script.Reset:
		return m.Reset(ctx)
	case script.Reboot:
		return m.Reboot(ctx)
	case script.SwitchOff:
		return m.SwitchOff(ctx)
	case script.SwitchOn:
		return m.SwitchOn(ctx, st)
	case script.BMCStart, script.BMCAdd, script.BMCProcess, script.BMCSupply, script.BMCWatts, script.BMCRedundancy, script.BMCBit, script.NVMeWarns, script.NVMeToggles, script.Mains:
		return m.electronics(ctx, st)
	default:
		return m.network(ctx, st)
	}
}

func (m *Machine) array(ctx context.Context, a script.Array) error {
	devices := make([]string, 0, len(a.Disks)+len(a.Spares))
	for _, d := range append(append([]string(nil), a.Disks...), a.Spares...) {
		devices = append(devices, "/dev/"+d)
	}
	log := "--bitmap=internal"
	switch {
	case a.Level == "raid0":
		log = ""
	case a.Journal != "":
		log = "--write-journal=/dev/" + a.Journal
	}
	if strings.Contains(strings.Join(devices, " "), "/dev/ram") {
		if _, err := m.MustRun(ctx, "modprobe brd"); err != nil {
			return err
		}
	}
	spares := ""
	if len(a.Spares) > 0 { // a raid0 takes not even none
		spares = fmt.Sprintf("--spare-devices=%d", len(a.Spares))
	}
	// The disks are empty, so their contents agree: clean is the truth.
	_, err := m.MustRun(ctx, fmt.Sprintf("mdadm --create /dev/%s --run --quiet --metadata=1.2 --homehost=lab --assume-clean --level=%s --raid-devices=%d %s %s %s && udevadm settle",
		a.Name, strings.TrimPrefix(a.Level, "raid"), len(a.Disks), spares, log, strings.Join(devices, " ")))
	return err
}

// diskOf asks the guest which disk has a name now: names move when disks come
// and go.
func (m *Machine) diskOf(ctx context.Context, name string) (int, error) {
	if strings.HasPrefix(name, "nvme") {
		return m.nvmeOf(ctx, name)
	}
	out, err := m.MustRun(ctx, "cat /sys/block/"+name+"/device/wwid")
	if err != nil {
		return 0, err
	}
	got := strings.TrimPrefix(strings.TrimSpace(out.Out), "naa.")
	for i := range disks {
		if wwn(i) == got {
			return i, nil
		}
	}
	return 0, fmt.Errorf("disk %s: unknown wwid %q", name, got)
}

func (m *Machine) unplugNamed(ctx context.Context, name string) error {
	i, err := m.diskOf(ctx, name)
	if err != nil {
		return err
	}
	if err := m.Unplug(ctx, i); err != nil {
		return err
	}
	m.pulled[name] = i
	return nil
}

func (m *Machine) plugNamed(ctx context.Context, plug script.Plug) error {
	name := plug.Disk
	i, ok := m.pulled[name]
	if !ok {
		return fmt.Errorf("plug %s: it is not unplugged", name)
	}
	if plug.Blank {
		if err := makeSparse(m.diskFile(i), diskMB<<20); err != nil {
			return fmt.Errorf("blank %s: %w", name, err)
		}
	}
	if err := m.Plug(ctx, i); err != nil {
		return err
	}
	delete(m.pulled, name)
	return m.appears(ctx, i)
}

// appears waits until the guest has disk i, under whatever name.
func (m *Machine) appears(ctx context.Context, i int) error {
	mark := wwn(i) + " /sys/block/sd*/device/wwid"
	if i >= disks {
		mark = nvmeSerial(i) + " /sys/block/nvme*/device/serial"
	}
	_, err := m.MustRun(ctx, fmt.Sprintf("for i in $(seq 600); do grep -qs %s && { udevadm settle; exit 0; }; sleep 0.1; done; exit 1", mark))
	return err
}

// diskName is the name that disk i has in a fresh guest.
func diskName(i int) string { return "sd" + string(rune('a'+i)) }

// wipe undoes in the guest what a script can have done.
const wipe = `
mountpoint -q /lab || { echo a reset of this guest went wrong >&2; exit 1; }
if [ -e /lab/plimsoll.deb ] && [ "$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' plimsoll)" != "ii $(dpkg-deb -f /lab/plimsoll.deb Version)" ]; then
	echo another version is installed, or none >&2
	exit 1
fi
systemctl stop plimsolld lldpd 'switch-*' 2>/dev/null
for g in _lldpd adm; do gpasswd -d plimsoll $g >/dev/null 2>&1; done
systemctl reset-failed 2>/dev/null
rm -rf /run/plimsoll/freeze /var/lib/plimsoll/* /var/lib/plimsoll/.[!.]*
for n in $(ls /run/netns 2>/dev/null); do ip netns del $n; done
for l in $(cat /sys/class/net/bonding_masters 2>/dev/null) $(ip -br link show type bridge | cut -d ' ' -f 1); do ip link del "$l"; done
for l in $(ip -br link show type veth | cut -d @ -f 1); do ip link del "$l" 2>/dev/null; done
ip route replace default via 10.0.2.2
for n in eth1 eth2; do ip link set $n down; done
umount -R /mnt/* 2>/dev/null
swapoff -a
[ ! -e /run/atadisk ] || /lab/bin/atadisk pull
`

// blank leaves no array, no device-mapper device and no trace of one on any
// disk, and no disk that is not the machine's own. More than one round, since
// udev assembles again what it still finds signed.
const blank = `
for i in 1 2 3 4 5; do
	for d in $(dmsetup ls | cut -f 1 | grep -vx labroot); do dmsetup remove "$d" 2>/dev/null; done
	for m in /sys/block/md*; do
		[ -e "$m" ] || continue
		umount -A "/dev/${m##*/}" 2>/dev/null
		mdadm --stop "/dev/${m##*/}" 2>/dev/null
	done
	modprobe -rq brd scsi_debug
	for d in /dev/sd?[1-9]; do
		[ ! -b "$d" ] || wipefs -aqf "$d"
	done
	for d in /dev/sd? /dev/nvme?n1; do
		[ -b "$d" ] || continue
		mdadm --zero-superblock --force $d 2>/dev/null
		dd if=/dev/zero of=$d bs=1M count=2 conv=fsync status=none
		[ ! -b "$d"1 ] || blockdev --rereadpt $d
	done
	udevadm settle
	ls -d /sys/block/md* >/dev/null 2>&1 || exit 0
	sleep 1
done
exit 1
`

// clean brings the guest back to how it was after its boot.
func (m *Machine) clean(ctx context.Context) error {
	if m.noCard {
		return errors.New("its second card was pulled, for good")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if _, err := m.MustRun(ctx, wipe+blank); err != nil {
		return err
	}
	for n := 1; n <= bondNICs; n++ {
		if err := m.Cable(ctx, n, LinkUp); err != nil {
			return err
		}
	}
	if m.twice {
		if err := m.unplugPath(ctx); err != nil {
			return err
		}
	}
	if err := m.cleanHardware(ctx); err != nil {
		return err
	}
	if err := m.sortDisks(ctx); err != nil {
		return err
	}
	if err := m.prepareHardware(ctx); err != nil {
		return err
	}
	// A disk that was out of its slot is still signed.
	_, err := m.MustRun(ctx, blank)
	return err
}

// sortDisks plugs in what is missing and gives every disk its first name
// again: what has the wrong name is pulled and put back in order, and the
// kernel gives the lowest free name.
func (m *Machine) sortDisks(ctx context.Context) error {
	missing := make(map[int]bool)
	for _, i := range m.pulled {
		missing[i] = true
	}
	clear(m.pulled)
	wrong, err := m.misnamed(ctx)
	if err != nil {
		return err
	}
	for _, i := range wrong {
		if !missing[i] {
			if err := m.Unplug(ctx, i); err != nil {
				return err
			}
		}
	}
	for _, i := range wrong {
		if err := m.Plug(ctx, i); err != nil {
			return err
		}
		if err := m.appears(ctx, i); err != nil {
			return err
		}
	}
	if wrong, err = m.misnamed(ctx); err == nil && len(wrong) > 0 {
		err = fmt.Errorf("disks %d are not named in order", wrong)
	}
	return err
}

// misnamed are the disks that do not have the name of their slot.
func (m *Machine) misnamed(ctx context.Context) ([]int, error) {
	out, err := m.Run(ctx, "cd /sys/block; grep -s . sd*/device/wwid")
	if err != nil {
		return nil, err
	}
	var wrong []int
	for i := range disks {
		if !strings.Contains(out.Out, fmt.Sprintf("%s/device/wwid:naa.%s", diskName(i), wwn(i))) {
			wrong = append(wrong, i)
		}
	}
	return wrong, nil
}
