package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The peers' words, captured in a guest: ipmitool 1.8.19, nvme-cli 2.4, smartctl 7.3, node_exporter 1.5.0.
const (
	elist = `PS Redundancy    | 20h | ok  | 19.1 | Redundancy Lost
Pwr Unit Status  | 21h | ok  | 19.1 | 
PS1 Status       | 01h | ok  | 10.1 | Presence detected
PS1 Input Power  | 11h | ok  | 10.1 | 120 Watts
PS1              | 00h | ns  | 10.1 | Logical FRU @01h
PS2 Status       | 02h | ok  | 10.2 | Presence detected, Power Supply AC lost
`
	fruPrint = `FRU Device Description : Builtin FRU Device (ID 0)
 Product Serial        : LABHOST0001

FRU Device Description : PS1 (ID 1)
 Product Manufacturer  : Plimsoll Lab
 Product Serial        : PSLAB0001
`
	smartctl = `{"device": {"protocol": "ATA"}, "smart_status": {"passed": false}, "temperature": {"current": 31},
"ata_smart_attributes": {"table": [{"id": 5, "raw": {"value": 3000}}, {"id": 9, "raw": {"value": 1234}}]}, "power_on_time": {"hours": 1234}}`
	smartLog = `{"critical_warning": 9, "temperature": 323, "avail_spare": 0, "spare_thresh": 0, "percent_used": 0, "power_on_hours": "0", "unsafe_shutdowns": 0, "media_errors": 0}`
	page     = `# HELP node_hwmon_temp_celsius Hardware monitor for temperature (input)
node_hwmon_temp_celsius{chip="nvme_nvme0",sensor="temp1"} 49.85
node_power_supply_online{power_supply="LAC0"} 0
node_power_supply_info{power_supply="LBAT",status="Full"} 1
`
)

func ours(values map[string]string) told {
	return told{values: values, devices: map[string]string{"psu1": "serial:PSLAB0001"}}
}

func TestWhatIpmitoolSaysIsPutBesideWhatWeSay(t *testing.T) {
	t.Parallel()
	got := bmcFields(parseSensors([]byte(elist)), parseSerials([]byte(fruPrint)), ours(map[string]string{
		"IPMI sensor 20h PS Redundancy":   "Redundancy Lost",
		"IPMI sensor 01h PS1 Status":      "Presence detected",
		"IPMI sensor 02h PS2 Status":      "Presence detected, Predictive Failure",
		"IPMI sensor 11h PS1 Input Power": "120 W",
	}))
	want := []field{
		{"PS Redundancy", "ipmitool", "states [1]", "states [1]"},
		{"PS1 Status", "ipmitool", "states [0]", "states [0]"},
		{"psu1 serial", "ipmitool", "PSLAB0001", "PSLAB0001"},
		{"PS1 Input Power", "ipmitool", "120 W", "120 W"},
		{"PS2 Status", "ipmitool", "states [0 3]", "states [0 2]"},
		{"psu2 serial", "ipmitool", "", ""},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryStateHasANumberAndUnknownWordsHaveNone(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{supplyTheirs, supplyOurs, redundancyTheirs, redundancyOurs} {
		for i, w := range words {
			if got, want := offsets(w, words), offsets(words[i], words[:i+1]); got != want {
				t.Errorf("%q: %s, and alone %s", w, got, want)
			}
		}
	}
	if got := offsets("Presence detected, Smells", supplyTheirs); !strings.HasPrefix(got, "unknown words") {
		t.Errorf("got %s", got)
	}
}

func TestDisksAreComparedInTheAgentsWords(t *testing.T) {
	t.Parallel()
	smart, err := smartFields("sdi", []byte(smartctl), ours(map[string]string{"sdi SMART status": "failing", "sdi reallocated_sectors": "3000"}))
	if err != nil {
		t.Fatal(err)
	}
	log, err := nvmeFields("nvme0n1", []byte(smartLog), ours(map[string]string{"nvme0 critical_warning": "0x09", "nvme0 temperature": "50 C"}))
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(smart, log)
	want := []field{
		{"sdi SMART status", "smartctl", "failing", "failing"},
		{"sdi power_on_hours", "smartctl", "1234", ""},
		{"sdi reallocated_sectors", "smartctl", "3000", "3000"},
		{"sdi temperature", "smartctl", "31 C", ""},
		{"nvme0n1 available_spare", "nvme-cli", "0%, threshold 0%", ""},
		{"nvme0n1 critical_warning", "nvme-cli", "0x09", "0x09"},
		{"nvme0n1 media_errors", "nvme-cli", "0", ""},
		{"nvme0n1 percentage_used", "nvme-cli", "0%", ""},
		{"nvme0n1 power_on_hours", "nvme-cli", "0", ""},
		{"nvme0n1 temperature", "nvme-cli", "50 C", "50 C"},
		{"nvme0n1 unsafe_shutdowns", "nvme-cli", "0", ""},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNodeExportersMetricsLeadToSysfs(t *testing.T) {
	t.Parallel()
	got := kernelFields(page, map[string]string{"nvme_nvme0": "hwmon1"}, ours(map[string]string{
		"/sys/class/hwmon/hwmon1/temp1_input": "49850", "/sys/class/power_supply/LAC0/online": "1",
	}))
	want := []field{
		{"class/hwmon/hwmon1/temp1_input", "node_exporter", "49850", "49850"},
		{"class/power_supply/LAC0/online", "node_exporter", "0", "1"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if agree, differ := tell(got); agree != 1 || differ != 1 {
		t.Errorf("%d agree, %d differ", agree, differ)
	}
}

func TestAllEvidenceOfTheStatusIsFound(t *testing.T) {
	t.Parallel()
	got, err := parseStatus([]byte(`{"groups": [{"name": "power", "evidence": [{"where": "a", "value": "1"}],
"members": [{"name": "psu1", "device": "serial:X", "evidence": [{"where": "b", "value": "2"}, {"where": "c", "value": null}]}]}],
"components": [{"name": "sda", "evidence": [{"where": "d", "value": "4"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := told{values: map[string]string{"a": "1", "b": "2", "d": "4"}, devices: map[string]string{"psu1": "serial:X"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSeriesThatOneSideLacksDifferUnlessItIsKnownWhy(t *testing.T) {
	t.Parallel()
	theirs := `# HELP node_md_disks d
node_bonding_active{master="bond0"} 1
node_md_blocks{device="md0"} 1024
node_md_disks{device="md0",state="failed"} 1
node_power_supply_capacity{power_supply="BAT0"} 50
node_power_supply_info{power_supply="BAT0"} 1
node_scrape_collector_success{collector="mdadm"} 1
`
	ours := `node_bonding_active{master="bond0"} 2
node_md_disks{device="md0",state="failed"} 1
node_md_disks{device="md9",state="failed"} 1
plimsoll_frozen 0
`
	want := []field{
		{`node_bonding_active{master="bond0"}`, "node_exporter", "1", "2"},
		{`node_md_blocks{device="md0"}`, "node_exporter", "1024", ""},
		{`node_md_disks{device="md0",state="failed"}`, "node_exporter", "1", "1"},
		{`node_md_disks{device="md9",state="failed"}`, "node_exporter", missing, "1"},
		{`node_power_supply_capacity{power_supply="BAT0"}`, "node_exporter", "50", missing},
		{`node_power_supply_info{power_supply="BAT0"}`, "node_exporter", "1", ""},
	}
	if diff := cmp.Diff(want, seriesFields(theirs, ours), cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
