package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/lab/acpi"
	"plimsoll/lab/bmc"
	"plimsoll/lab/script"
)

// nvmeOf asks the guest which NVMe device has a name now.
func (m *Machine) nvmeOf(ctx context.Context, name string) (int, error) {
	got, err := m.MustRun(ctx, "cat /sys/block/"+name+"/device/serial")
	if err != nil {
		return 0, err
	}
	for i := disks; i < disks+nvmes; i++ {
		if strings.TrimSpace(got.Out) == nvmeSerial(i) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("disk %s: unknown serial %q", name, got.Out)
}

// firstSupplies are what a BMC has when its guest boots.
func firstSupplies() []int { return []int{1, 2} }

// bmcArguments connect QEMU to the simulator, by way of a keyboard controller style interface.
func bmcArguments(port int) []string {
	return []string{
		"-chardev", fmt.Sprintf("socket,id=ipmi0,host=127.0.0.1,port=%d,reconnect=1", port),
		"-device", "ipmi-bmc-extern,chardev=ipmi0,id=bmc0", "-device", "isa-ipmi-kcs,bmc=bmc0,irq=5",
	}
}

// prepareHardware runs in the guest once the SCSI disks have their names, for what only some guests have. The driver of the
// SATA disk is loaded no earlier, so that it takes no name of theirs.
func (m *Machine) prepareHardware(ctx context.Context) error {
	command := ""
	if m.boot.BMC {
		command += "modprobe -a ipmi_si ipmi_devintf\n"
	}
	if m.boot.Drives {
		command += "modprobe -a ahci nvme\n"
	}
	if m.boot.Battery {
		command += "modprobe -a ac battery\n"
	}
	if command == "" {
		return nil
	}
	for _, there := range m.hardware() {
		command += fmt.Sprintf("for i in $(seq 600); do [ -e %[1]s ] && break; sleep 0.1; done; [ -e %[1]s ] || { echo no %[1]s >&2; exit 1; }\n", there)
	}
	_, err := m.MustRun(ctx, command+"udevadm settle")
	return err
}

// hardware are the nodes of what only some guests have.
func (m *Machine) hardware() []string {
	var nodes []string
	if m.boot.BMC {
		nodes = append(nodes, "/dev/ipmi0")
	}
	if m.boot.Battery {
		nodes = append(nodes, "/sys/class/power_supply/"+acpi.Mains, "/sys/class/power_supply/"+acpi.Battery)
	}
	if m.boot.Drives {
		nodes = append(nodes, "/dev/disk/by-id/ata-QEMU_HARDDISK_SATA0")
		for i := range nvmes {
			if !m.out(disks + i) {
				nodes = append(nodes, "/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_"+nvmeSerial(disks+i))
			}
		}
	}
	return nodes
}

// electronics does the statements about the BMC and about what NVMe devices say of themselves.
func (m *Machine) electronics(ctx context.Context, st script.Statement) error {
	switch st := st.(type) {
	case script.NVMeWarns:
		return m.nvmeWarns(ctx, st)
	case script.NVMeToggles:
		return m.nvmeToggles(ctx, st)
	case script.Mains:
		return m.mains(ctx, st)
	}
	if m.bmc == nil {
		return errors.New("bmc: this guest was not booted with bmc")
	}
	switch st := st.(type) {
	case script.BMCStart:
		return m.bmc.start(ctx, st.Supplies...)
	case script.BMCAdd:
		return m.bmc.do(ctx, bmc.Add(st.Supply)...)
	case script.BMCProcess:
		switch st.Verb {
		case "freeze":
			return m.bmc.freeze()
		case "thaw":
			return m.bmc.thaw()
		}
		m.bmc.kill()
		return nil
	case script.BMCSupply:
		return m.bmc.do(ctx, bmc.Status(st.Supply).SetBits(supplyBits(st.Is)...)...)
	case script.BMCWatts:
		return m.bmc.do(ctx, bmc.InputPower(st.Supply).SetWatts(st.Watts))
	case script.BMCRedundancy:
		return m.bmc.do(ctx, bmc.Redundancy().SetOnly(slices.Index(script.RedundancyStates(), st.Is)))
	case script.BMCBit:
		return m.bmc.do(ctx, sensor(st.Sensor).SetBit(st.Bit, map[bool]int{true: 1}[st.On]))
	default:
		return fmt.Errorf("no statement about the guest alone: %T", st)
	}
}

// Supplies starts the BMC anew with these supplies, of 1 to 4.
func (m *Machine) Supplies(ctx context.Context, supplies ...int) error {
	return m.electronics(ctx, script.BMCStart{Supplies: supplies})
}

// supplyBits are the states that a supply's sensor shows: its presence, and what is wrong.
func supplyBits(is string) []int {
	switch bit := slices.Index(script.SupplyStates(), is); is {
	case "ok":
		return []int{bmc.Present}
	case "absent":
		return nil
	default:
		// The words are in the order of the bits, but for "absent", which is second and has none.
		return []int{bmc.Present, bit - 1}
	}
}

func sensor(name string) bmc.Sensor {
	switch name {
	case "redundancy":
		return bmc.Redundancy()
	case "unit":
		return bmc.PowerUnit()
	default:
		return bmc.Status(int(name[len(name)-1] - '0'))
	}
}

// nvmeWarns sets the critical warning that the device's SMART log shows from now on.
func (m *Machine) nvmeWarns(ctx context.Context, w script.NVMeWarns) error {
	i, err := m.nvmeNamed(ctx, w.Disk)
	if err != nil {
		return err
	}
	return m.setCriticalWarning(ctx, i, w.Of)
}

// nvmeToggles sets the critical warning and takes it back, again and again.
func (m *Machine) nvmeToggles(ctx context.Context, t script.NVMeToggles) error {
	i, err := m.nvmeNamed(ctx, t.Disk)
	if err != nil {
		return err
	}
	off := t.Every / 4
	for range t.N {
		if err := m.setCriticalWarning(ctx, i, t.Of); err != nil {
			return err
		}
		if err := sleep(ctx, t.Every-off); err != nil {
			return err
		}
		if err := m.setCriticalWarning(ctx, i, nil); err != nil {
			return err
		}
		if err := sleep(ctx, off); err != nil {
			return err
		}
	}
	return nil
}

// nvmeNamed is the NVMe device whose controller the guest calls so now.
func (m *Machine) nvmeNamed(ctx context.Context, controller string) (int, error) {
	if !m.boot.Drives {
		return 0, errors.New("nvme: this guest was not booted with drives")
	}
	return m.nvmeOf(ctx, controller+"n1")
}

func (m *Machine) setCriticalWarning(ctx context.Context, i int, of []string) error {
	value := 0
	for _, bit := range of {
		value |= 1 << slices.Index(script.NVMeWarnings(), bit)
	}
	return m.qmp.Do(ctx, "qom-set", map[string]any{"path": "/machine/peripheral/" + diskID(i), "property": "smart_critical_warning", "value": value}, nil)
}

// powerTable is the file of the ACPI table with the adapter and the battery.
func (m *Machine) powerTable() string { return filepath.Join(m.Dir, "power.aml") }

// mains sets what the adapter and the battery say, and tells of it as a firmware's notification would.
func (m *Machine) mains(ctx context.Context, st script.Mains) error {
	if !m.boot.Battery {
		return errors.New("mains: this guest was not booted with battery")
	}
	_, err := m.MustRun(ctx, fmt.Sprintf(`set -e
printf '\%03o' | dd of=/dev/port bs=1 seek=%d conv=notrunc status=none
for s in %s %s; do echo change >/sys/class/power_supply/$s/uevent; done`, acpi.State{Mains: st.Online, Percent: st.Percent}.Byte(), acpi.Register, acpi.Mains, acpi.Battery))
	return err
}

// cleanHardware brings the BMC and the NVMe devices back to how they were after the boot, and takes the SATA disk away until
// prepareHardware.
func (m *Machine) cleanHardware(ctx context.Context) error {
	if m.bmc != nil {
		if err := m.bmc.start(ctx, firstSupplies()...); err != nil {
			return err
		}
	}
	if m.boot.Battery {
		if err := m.mains(ctx, script.Mains{Online: true, Percent: 100}); err != nil {
			return err
		}
	}
	if !m.boot.Drives {
		return nil
	}
	for i := range nvmes {
		if m.out(disks + i) {
			if err := m.Plug(ctx, disks+i); err != nil {
				return err
			}
			continue // it comes back without a warning
		}
		if err := m.setCriticalWarning(ctx, disks+i, nil); err != nil {
			return err
		}
	}
	for name, i := range m.pulled {
		if i >= disks {
			delete(m.pulled, name)
		}
	}
	// After a reset the SATA disk can have the name of a SCSI disk that was out of its slot.
	_, err := m.MustRun(ctx, "modprobe -r ahci")
	return err
}
