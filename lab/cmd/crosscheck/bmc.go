package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What IPMI's states are called, by offset: by ipmitool (lib/ipmi_sensor.c and the like) and by the standard (IPMI 2.0 tables
// 42-2 and 42-3), whose words the agent's evidence has.
var (
	supplyTheirs = []string{
		"Presence detected", "Failure detected", "Predictive failure", "Power Supply AC lost", "AC lost or out-of-range",
		"AC out-of-range, but present", "Config Error",
	}
	supplyOurs = []string{
		"Presence detected", "Power Supply Failure detected", "Predictive Failure", "Power Supply input lost (AC/DC)",
		"Power Supply input lost or out-of-range", "Power Supply input out-of-range, but present", "Configuration error",
	}
	redundancyTheirs = []string{
		"Fully Redundant", "Redundancy Lost", "Redundancy Degraded", "Non-Redundant: Sufficient from Redundant",
		"Non-Redundant: Sufficient from Insufficient", "Non-Redundant: Insufficient Resources",
		"Redundancy Degraded from Fully Redundant", "Redundancy Degraded from Non-Redundant",
	}
	redundancyOurs = []string{
		"Fully Redundant", "Redundancy Lost", "Redundancy Degraded", "Non-redundant: Sufficient Resources from Redundant",
		"Non-redundant: Sufficient Resources from Insufficient Resources", "Non-redundant: Insufficient Resources",
		"Redundancy Degraded from Fully Redundant", "Redundancy Degraded from Non-redundant",
	}
)

// offsets are the states that a text names, as numbers. Longer names come first: some begin others.
func offsets(text string, words []string) string {
	order := make([]int, len(words))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return len(words[b]) - len(words[a]) })
	var on []int
	for _, i := range order {
		if rest := strings.Replace(text, words[i], "", 1); rest != text {
			text, on = rest, append(on, i)
		}
	}
	slices.Sort(on)
	if rest := strings.Trim(text, ", "); rest != "" && rest != "no state" && rest != "No Reading" {
		return "unknown words: " + rest
	}
	return fmt.Sprintf("states %d", on)
}

// sensor is one line of `ipmitool sdr elist`.
type sensor struct{ name, number, entity, reading string }

func parseSensors(b []byte) []sensor {
	var all []sensor
	for line := range strings.Lines(string(b)) {
		f := strings.Split(line, "|")
		if len(f) != 5 {
			continue
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		all = append(all, sensor{name: f[0], number: strings.ToUpper(strings.TrimSuffix(f[1], "h")), entity: f[3], reading: f[4]})
	}
	return all
}

// parseSerials are the serial numbers of `ipmitool fru print`, by the device's name.
func parseSerials(b []byte) map[string]string {
	serials := make(map[string]string)
	device := ""
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, ":")
		switch key, value = strings.TrimSpace(key), strings.TrimSpace(value); key {
		case "FRU Device Description":
			device, _, _ = strings.Cut(value, " (")
		case "Product Serial":
			serials[device] = value
		}
	}
	return serials
}

// bmc compares the states of supplies and of their redundancy, what they take, and their serial numbers, with ipmitool.
func bmc(ctx context.Context, ours told) ([]field, error) {
	out, err := tool(ctx, "ipmitool", "sdr", "elist", "all")
	if err != nil {
		return nil, err
	}
	fru, err := tool(ctx, "ipmitool", "fru", "print")
	if err != nil {
		return nil, err
	}
	return bmcFields(parseSensors(out), parseSerials(fru), ours), nil
}

func bmcFields(sensors []sensor, serials map[string]string, ours told) []field {
	const peer = "ipmitool"
	var all []field
	for _, s := range sensors {
		said := ours.values["IPMI sensor "+s.number+"h "+s.name]
		switch {
		case s.name == "PS Redundancy":
			all = append(all, field{s.name, peer, offsets(s.reading, redundancyTheirs), stated(said, redundancyOurs)})
		case strings.HasPrefix(s.name, "PS") && strings.HasSuffix(s.name, " Power"):
			number, _ := strings.CutSuffix(s.reading, " Watts")
			theirs := ""
			if v, err := strconv.ParseFloat(number, 64); err == nil {
				theirs = fmt.Sprintf("%g W", v)
			}
			all = append(all, field{s.name, peer, theirs, said})
		case strings.HasPrefix(s.name, "PS") && strings.HasSuffix(s.name, " Status"):
			all = append(all, field{s.name, peer, offsets(s.reading, supplyTheirs), stated(said, supplyOurs)})
			device := strings.TrimSuffix(s.name, " Status")
			name := "psu" + strings.TrimPrefix(device, "PS")
			all = append(all, field{name + " serial", peer, serials[device], strings.TrimPrefix(ours.devices[name], "serial:")})
		}
	}
	return all
}

// stated is offsets, but nothing where nothing was told.
func stated(text string, words []string) string {
	if text == "" {
		return ""
	}
	return offsets(text, words)
}
