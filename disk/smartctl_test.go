package disk_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/disk"
)

// wrote is what smartctl wrote: testdata/smartctl has it as smartctl 7.3 wrote it in the lab, by the command line of the helper, of
// QEMU's disks, scsi_debug's, the lab's ATA disk, and a disk behind an emulated MegaRAID controller.
func wrote(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "smartctl", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestWhatSmartctlSaysOfADisk(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]told{
		"nvme-well":                 {Speaks: true},
		"nvme-reliability-degraded": {Speaks: true, Predicts: true, Warnings: "spare-low"},
		"ata-well":                  {Speaks: true},
		"ata-failing":               {Speaks: true, Predicts: true, Warnings: "pending-sectors reallocated-sectors"},
		"ata-asleep":                {},
		"scsi-debug":                {Speaks: true},
		"scsi-without-health":       {},
		"behind-megaraid":           {},
	} {
		s, err := disk.ParseSmartctl(wrote(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := disk.ReportOf(s)
		slices.SortFunc(r.Warnings, byKey)
		if d := cmp.Diff(want, toldBy(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if s.Asleep() != (name == "ata-asleep") {
			t.Errorf("%s: asleep is %v", name, s.Asleep())
		}
	}
}

func TestSmartctlsReadings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nvme-reliability-degraded": "critical_warning 0x05, temperature 50 C, available_spare 0%, threshold 0%, percentage_used 0%, power_on_hours 0, unsafe_shutdowns 0, media_errors 0",
		"ata-failing":               "SMART status failing, reallocated_sectors 3000, SMART attribute 5 value 20, worst 20, threshold 36, power_on_hours 1234, temperature 31 C, pending_sectors 16, uncorrectable_sectors 0",
		"scsi-debug":                "informational exceptions 00/00, temperature 38 C",
		"behind-megaraid":           "", // it says 0 °C, and means none
	} {
		s, err := disk.ParseSmartctl(wrote(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range disk.ReportOf(s).Evidence {
			got = append(got, strings.TrimPrefix(e.Where, "sda ")+" "+e.Value)
		}
		if d := cmp.Diff(want, strings.Join(got, ", ")); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestWhereSmartctlCouldNotAskItSaysWhy(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nobody-behind-megaraid":  "the disk was not opened: Smartctl open device: /dev/bus/10 [megaraid_disk_07] failed: INQUIRY failed",
		"scsi-volume-of-megaraid": "the disk was not opened",
		"wrong-option":            "the command line did not parse: /dev/sda: Unknown device type 'bogus'",
	} {
		if _, err := disk.ParseSmartctl(wrote(t, name)); err == nil || !strings.HasPrefix(err.Error(), "smartctl: "+want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// A SAS disk that expects to fail, behind a controller: by hand, after the source of smartctl 7.4 (scsiPrintSmart and its JSON).
func TestASASDiskBehindAControllerThatExpectsToFail(t *testing.T) {
	t.Parallel()
	s, err := disk.ParseSmartctl([]byte(`{"json_format_version":[1,0],"smartctl":{"exit_status":8},
		"device":{"name":"/dev/bus/0","type":"megaraid,4","protocol":"SCSI"},"scsi_model_name":"SEAGATE ST600MM0088","serial_number":"W4200001",
		"smart_status":{"passed":false,"scsi":{"asc":93,"ascq":16,"ie_string":"HARDWARE IMPENDING FAILURE GENERAL HARD DRIVE FAILURE [asc=5d, ascq=10]"}},
		"temperature":{"current":41,"drive_trip":65},"scsi_grown_defect_list":12,"scsi_percentage_used_endurance_indicator":3,
		"scsi_error_counter_log":{"read":{"total_uncorrected_errors":0},"write":{"total_uncorrected_errors":2},"verify":{"total_uncorrected_errors":0}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := disk.ReportOf(s)
	slices.SortFunc(r.Warnings, byKey)
	if d := cmp.Diff(told{Speaks: true, Predicts: true, Warnings: "media-errors reallocated-sectors"}, toldBy(r)); d != "" {
		t.Error(d)
	}
	if s.Model != "SEAGATE ST600MM0088" || s.Serial != "W4200001" || !slices.Equal(s.Exit.Words(), []string{"the disk is failing"}) {
		t.Errorf("%+v", s)
	}
}

func TestEveryBitOfTheExitStatusHasWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for bit := range 8 {
		words := disk.ExitStatus(1 << bit).Words()
		if len(words) != 1 || seen[words[0]] {
			t.Errorf("bit %d: %q", bit, words)
			continue
		}
		seen[words[0]] = true
	}
	for exit, want := range map[disk.ExitStatus]int{0: 0, disk.ExitUsage | disk.ExitUnopened: 1, disk.ExitFailing | disk.ExitPrefail: 2, 0xff: 8} {
		if got := exit.Words(); len(got) != want {
			t.Errorf("%08b: %q", exit, got)
		}
	}
}

func TestWhatIsNotSmartctlsIsRefused(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"nothing":         "",
		"text":            "smartctl 7.3 2022-02-28 r5338",
		"two values":      `{"json_format_version":[1,0],"smartctl":{"exit_status":0}} {}`,
		"another format":  `{"json_format_version":[2,0],"smartctl":{"exit_status":0}}`,
		"no format":       `{"smartctl":{"exit_status":0}}`,
		"no exit status":  `{"json_format_version":[1,0],"smartctl":{}}`,
		"a wrong status":  `{"json_format_version":[1,0],"smartctl":{"exit_status":256}}`,
		"a wrong reading": `{"json_format_version":[1,0],"smartctl":{"exit_status":0},"ata_smart_attributes":{"table":[{"id":"5"}]}}`,
		"too much":        `{"json_format_version":[1,0],"smartctl":{"exit_status":0}}` + strings.Repeat(" ", 64<<10),
	} {
		if s, err := disk.ParseSmartctl([]byte(text)); err == nil {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

// FuzzSmartctl holds the parser to this: whatever comes, it does not panic, every warning has a key of its own and evidence, and what
// was refused says nothing.
func FuzzSmartctl(f *testing.F) {
	names, err := filepath.Glob("testdata/smartctl/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		f.Add(wrote(f, strings.TrimSuffix(filepath.Base(name), ".json")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := disk.ParseSmartctl(text)
		if err != nil && s.Protocol != "" {
			t.Fatalf("refused, and says %+v", s)
		}
		r := disk.ReportOf(s)
		keys := map[string]bool{}
		for _, w := range r.Warnings {
			if len(w.Evidence) == 0 || w.Text == "" || keys[w.Key] {
				t.Fatalf("%+v", r.Warnings)
			}
			keys[w.Key] = true
		}
		if (r.Predicts || r.Speaks) && len(r.Evidence) == 0 {
			t.Fatal("a verdict without evidence")
		}
	})
}
