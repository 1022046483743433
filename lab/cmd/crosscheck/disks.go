package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// disks compares every disk that smartctl and nvme-cli can read.
func disks(ctx context.Context, ours told) ([]field, error) {
	names, err := filepath.Glob("/sys/block/*/device")
	if err != nil {
		return nil, err
	}
	var all []field
	for _, n := range names {
		name := filepath.Base(filepath.Dir(n))
		// QEMU's own SCSI disks have no page of health, and asking each takes smartctl a second.
		if vendor, err := os.ReadFile(filepath.Join(n, "vendor")); err == nil && strings.TrimSpace(string(vendor)) == "QEMU" {
			continue
		}
		if strings.HasPrefix(name, "nvme") {
			out, err := tool(ctx, "nvme", "smart-log", "-o", "json", "/dev/"+controller(name))
			if err != nil {
				return nil, err
			}
			fields, err := nvmeFields(name, out, ours)
			if err != nil {
				return nil, err
			}
			all = append(all, fields...)
		}
		if !strings.HasPrefix(name, "nvme") && !strings.HasPrefix(name, "sd") {
			continue
		}
		out, err := tool(ctx, "smartctl", "-j", "-H", "-A", "/dev/"+name)
		if err != nil {
			return nil, err
		}
		fields, err := smartFields(name, out, ours)
		if err != nil {
			return nil, err
		}
		all = append(all, fields...)
	}
	if len(all) == 0 {
		return nil, errors.Join(errors.New("no disk"), os.ErrNotExist)
	}
	return all, nil
}

// number is a count of a peer's as the agent writes it, or nothing where the peer has none.
func number(n *json.Number, suffix string) string {
	if n == nil {
		return ""
	}
	return n.String() + suffix
}

// nvmeLog is `nvme smart-log -o json`.
type nvmeLog struct {
	CriticalWarning *json.Number `json:"critical_warning"`
	Kelvin          *json.Number `json:"temperature"`
	Spare           *json.Number `json:"avail_spare"`
	Threshold       *json.Number `json:"spare_thresh"`
	Used            *json.Number `json:"percent_used"`
	PowerOnHours    *json.Number `json:"power_on_hours"`
	UnsafeShutdowns *json.Number `json:"unsafe_shutdowns"`
	MediaErrors     *json.Number `json:"media_errors"`
}

func nvmeFields(name string, b []byte, ours told) ([]field, error) {
	var log nvmeLog
	if err := json.Unmarshal(b, &log); err != nil {
		return nil, fmt.Errorf("read the log of %s by nvme-cli: %w", name, err)
	}
	celsius := ""
	if log.Kelvin != nil {
		k, err := log.Kelvin.Int64()
		if err != nil {
			return nil, err
		}
		celsius = fmt.Sprintf("%d C", k-273)
	}
	spare := ""
	if log.Spare != nil && log.Threshold != nil {
		spare = fmt.Sprintf("%s%%, threshold %s%%", log.Spare, log.Threshold)
	}
	return disk(name, "nvme-cli", ours, map[string]string{
		"critical_warning": hex(log.CriticalWarning),
		"temperature":      celsius,
		"available_spare":  spare,
		"percentage_used":  number(log.Used, "%"),
		"power_on_hours":   number(log.PowerOnHours, ""),
		"unsafe_shutdowns": number(log.UnsafeShutdowns, ""),
		"media_errors":     number(log.MediaErrors, ""),
	}), nil
}

func hex(n *json.Number) string {
	if n == nil {
		return ""
	}
	v, err := strconv.ParseUint(n.String(), 10, 8)
	if err != nil {
		return n.String()
	}
	return fmt.Sprintf("0x%02x", v)
}

// smartReport is `smartctl -j -H -A`, of a disk of any kind.
type smartReport struct {
	Device struct{ Protocol string }
	Status *struct{ Passed bool } `json:"smart_status"`
	NVMe   struct {
		CriticalWarning *json.Number `json:"critical_warning"`
		Used            *json.Number `json:"percentage_used"`
		UnsafeShutdowns *json.Number `json:"unsafe_shutdowns"`
		MediaErrors     *json.Number `json:"media_errors"`
	} `json:"nvme_smart_health_information_log"`
	ATA struct {
		Table []struct {
			ID  int
			Raw struct{ Value json.Number }
		}
	} `json:"ata_smart_attributes"`
	Grown       *json.Number `json:"scsi_grown_defect_list"`
	Temperature struct{ Current *json.Number }
	PowerOnTime struct{ Hours *json.Number } `json:"power_on_time"`
}

func smartFields(name string, b []byte, ours told) ([]field, error) {
	var r smartReport
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("read the report of %s by smartctl: %w", name, err)
	}
	theirs := map[string]string{"temperature": number(r.Temperature.Current, " C")}
	switch r.Device.Protocol {
	case "NVMe":
		theirs["critical_warning"], theirs["percentage_used"] = hex(r.NVMe.CriticalWarning), number(r.NVMe.Used, "%")
		theirs["unsafe_shutdowns"], theirs["media_errors"] = number(r.NVMe.UnsafeShutdowns, ""), number(r.NVMe.MediaErrors, "")
		theirs["power_on_hours"] = number(r.PowerOnTime.Hours, "")
	case "ATA":
		theirs["power_on_hours"] = number(r.PowerOnTime.Hours, "")
		if r.Status != nil {
			theirs["SMART status"] = map[bool]string{true: "passed", false: "failing"}[r.Status.Passed]
		}
		for _, a := range r.ATA.Table {
			if what := map[int]string{5: "reallocated_sectors", 197: "pending_sectors", 198: "uncorrectable_sectors"}[a.ID]; what != "" {
				theirs[what] = number(&a.Raw.Value, "")
			}
		}
	case "SCSI":
		theirs["grown defects"] = number(r.Grown, "")
	}
	return disk(name, "smartctl", ours, theirs), nil
}

// controller is the NVMe controller of a namespace, and any other disk itself: whom one asks.
func controller(name string) string {
	if !strings.HasPrefix(name, "nvme") {
		return name
	}
	return name[:strings.LastIndexByte(name, 'n')]
}

// disk puts the peer's readings of a disk beside the agent's.
func disk(name, peer string, ours told, theirs map[string]string) []field {
	var all []field
	for _, what := range slices.Sorted(maps.Keys(theirs)) {
		if f := (field{name + " " + what, peer, theirs[what], ours.values[controller(name)+" "+what]}); f.ours != "" || f.theirs != "" {
			all = append(all, f)
		}
	}
	return all
}
