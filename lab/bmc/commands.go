package bmc

import (
	"fmt"
	"strings"
)

// Configuration is what ipmi_sim is configured with (ipmi_lan(5)): nothing but
// the port on which the guest's machine is heard.
func Configuration(port int) string {
	return fmt.Sprintf("name \"lab\"\nserial 15 127.0.0.1 %d codec VM\n", port)
}

// Commands set up a BMC with these supplies, all of them working.
func Commands(supplies ...int) string {
	const log = 512 // entries of the system event log
	lines := []string{
		fmt.Sprintf("mc_setbmc %#x", address),
		// Device 23h, firmware 9.08; it has sensors, SDRs, an event log and FRU data; the maker is OpenIPMI's example.
		fmt.Sprintf("mc_add %#x 0x23 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02", address),
		fmt.Sprintf("sel_enable %#x %d 0x0a", address, log),
	}
	lines = append(lines, addFRU(0, boardFRU()))
	for _, s := range []Sensor{Redundancy(), PowerUnit()} {
		lines = append(lines, s.add()...)
	}
	for _, n := range supplies {
		lines = append(lines, Add(n)...)
	}
	return strings.Join(append(lines, fmt.Sprintf("mc_enable %#x", address)), "\n") + "\n"
}

// Add are the commands that put a supply into a BMC, which may be running.
func Add(supply int) []string {
	n := byte(supply)
	commands := append([]string{addFRU(supply, supplyFRU(supply))}, Status(supply).add()...)
	commands = append(commands, InputPower(supply).add()...)
	return append(commands, addRecord(locator(n, entitySupply, n, fmt.Sprintf("PS%d", n))))
}

func addFRU(device int, data []byte) string {
	return fmt.Sprintf("mc_add_fru_data %#x %d %d data %s", address, device, len(data), bytesOf(data))
}
