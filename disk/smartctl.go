package disk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/priv"
)

// ExitStatus is how smartctl ended, bit by bit (smartctl(8), EXIT STATUS).
type ExitStatus uint8

// The bits.
const (
	ExitUsage    ExitStatus = 1 << iota // the command line did not parse
	ExitUnopened                        // the disk was not opened, or did not say who it is
	ExitCommand                         // a command to it failed, or a checksum was wrong
	ExitFailing                         // its SMART status is failing
	ExitPrefail                         // attributes that predict a failure are at their thresholds
	ExitPast                            // attributes are, or were, at their thresholds, and its status is not failing
	ExitErrors                          // its log of errors has entries
	ExitSelfTest                        // its log of self-tests has errors

	// exitAsleep is what it is told to end with where the disk sleeps. The two bits do not go together otherwise.
	exitAsleep = ExitUsage | ExitUnopened
)

// Words are what the bits mean, from the lowest on.
func (e ExitStatus) Words() []string {
	if e == exitAsleep {
		return []string{"the disk sleeps"}
	}
	var out []string
	for bit, words := range []string{
		"the command line did not parse", "the disk was not opened", "a command to the disk failed", "the disk is failing",
		"attributes that predict a failure are at their thresholds", "attributes are or were at their thresholds",
		"the log of errors has entries", "the log of self-tests has errors",
	} {
		if e>>bit&1 == 1 {
			out = append(out, words)
		}
	}
	return out
}

// Smartctl is what smartctl says of a disk. Of the three healths the one of its protocol is filled in, as far as it was said.
type Smartctl struct {
	Exit          ExitStatus
	Protocol      priv.Protocol // empty: not said
	Model, Serial string
	Speaks        bool // it says whether the disk is failing
	NVMe          NVMeHealth
	ATA           ATAHealth
	SCSI          SCSIHealth
	Names         map[uint8]string // of ATA attributes, from its drive database
}

// Asleep says whether the disk sleeps, and nothing was read.
func (s Smartctl) Asleep() bool { return s.Exit == exitAsleep }

// maxSmartctl bounds what is read: more than the helper hands over.
const maxSmartctl = 64 << 10

// smartctlJSON is what is taken of `smartctl --json`, format 1.
type smartctlJSON struct {
	Format   []int `json:"json_format_version"`
	Smartctl struct {
		Exit     *uint8 `json:"exit_status"`
		Messages []struct {
			Text     string `json:"string"`
			Severity string `json:"severity"`
		} `json:"messages"`
	} `json:"smartctl"`
	Device struct {
		Protocol string `json:"protocol"`
	} `json:"device"`
	Model     string `json:"model_name"`
	SCSIModel string `json:"scsi_model_name"`
	Serial    string `json:"serial_number"`
	Status    *struct {
		Passed *bool `json:"passed"`
		SCSI   struct {
			Code      *uint8 `json:"asc"`
			Qualifier uint8  `json:"ascq"`
		} `json:"scsi"`
	} `json:"smart_status"`
	Temperature struct {
		Current *int `json:"current"`
	} `json:"temperature"`
	NVMe *struct {
		Warning         *uint8 `json:"critical_warning"`
		Celsius         *int   `json:"temperature"`
		Spare           uint8  `json:"available_spare"`
		SpareThreshold  uint8  `json:"available_spare_threshold"`
		Used            uint8  `json:"percentage_used"`
		PowerCycles     uint64 `json:"power_cycles"`
		PowerOnHours    uint64 `json:"power_on_hours"`
		UnsafeShutdowns uint64 `json:"unsafe_shutdowns"`
		MediaErrors     uint64 `json:"media_errors"`
		ErrorLogEntries uint64 `json:"num_err_log_entries"`
	} `json:"nvme_smart_health_information_log"`
	ATA struct {
		Table []struct {
			ID        uint8  `json:"id"`
			Name      string `json:"name"`
			Value     uint8  `json:"value"`
			Worst     uint8  `json:"worst"`
			Threshold uint8  `json:"thresh"`
			Flags     struct {
				Prefail bool `json:"prefailure"`
			} `json:"flags"`
			Raw struct {
				Value uint64 `json:"value"`
			} `json:"raw"`
		} `json:"table"`
	} `json:"ata_smart_attributes"`
	Grown  *uint64 `json:"scsi_grown_defect_list"`
	Used   *uint8  `json:"scsi_percentage_used_endurance_indicator"`
	Errors struct {
		Read, Write, Verify struct {
			Uncorrected *uint64 `json:"total_uncorrected_errors"`
		}
	} `json:"scsi_error_counter_log"`
}

// ParseSmartctl reads what `smartctl --json` wrote. It is an error where that is not what smartctl writes, or where smartctl could
// not ask the disk, with why.
func ParseSmartctl(text []byte) (Smartctl, error) {
	if len(text) > maxSmartctl {
		return Smartctl{}, fmt.Errorf("parse smartctl: %d bytes", len(text))
	}
	var j smartctlJSON
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&j); err != nil {
		return Smartctl{}, fmt.Errorf("parse smartctl: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Smartctl{}, errors.New("parse smartctl: more than one value")
	}
	if len(j.Format) == 0 || j.Format[0] != 1 || j.Smartctl.Exit == nil {
		return Smartctl{}, fmt.Errorf("parse smartctl: format %v, or no exit status", j.Format)
	}
	s := Smartctl{Exit: ExitStatus(*j.Smartctl.Exit), Model: j.Model, Serial: j.Serial}
	if s.Model == "" {
		s.Model = j.SCSIModel
	}
	if s.Exit&(ExitUsage|ExitUnopened) != 0 && !s.Asleep() {
		return Smartctl{}, j.refusal(s.Exit)
	}
	s.Speaks = j.Status != nil && j.Status.Passed != nil
	switch j.Device.Protocol {
	case "NVMe":
		s.Protocol = priv.NVMe
		s.NVMe, s.Speaks = j.nvme()
	case "ATA":
		s.Protocol = priv.ATA
		s.ATA, s.Names = j.ata()
	case "SCSI":
		s.Protocol = priv.SCSI
		s.SCSI = j.scsi()
	}
	return s, nil
}

// refusal is why smartctl has read nothing.
func (j *smartctlJSON) refusal(exit ExitStatus) error {
	said := exit.Words()
	for _, m := range j.Smartctl.Messages {
		said = append(said, m.Text)
	}
	return errors.New("smartctl: " + strings.Join(said, ": "))
}

// nvme is false where there is no health log.
func (j *smartctlJSON) nvme() (NVMeHealth, bool) {
	if j.NVMe == nil || j.NVMe.Warning == nil {
		return NVMeHealth{}, false
	}
	h := NVMeHealth{
		Warning: CriticalWarning(*j.NVMe.Warning), Spare: j.NVMe.Spare, SpareThreshold: j.NVMe.SpareThreshold, Used: j.NVMe.Used,
		PowerCycles: j.NVMe.PowerCycles, PowerOnHours: j.NVMe.PowerOnHours, UnsafeShutdowns: j.NVMe.UnsafeShutdowns,
		MediaErrors: j.NVMe.MediaErrors, ErrorLogEntries: j.NVMe.ErrorLogEntries,
	}
	if c := j.NVMe.Celsius; c != nil {
		h.Kelvin = uint16(max(0, min(*c+zeroCelsius, 0xffff)))
	}
	return h, true
}

// ata has SMART enabled where anything of it was said. That it is off, a disk that we can ask says itself.
func (j *smartctlJSON) ata() (ATAHealth, map[uint8]string) {
	h := ATAHealth{On: true}
	if j.Status != nil && j.Status.Passed != nil {
		h.Failing = Yes
		if *j.Status.Passed {
			h.Failing = No
		}
	}
	names := map[uint8]string{}
	for _, a := range j.ATA.Table {
		h.Attributes = append(h.Attributes, Attribute{
			ID: a.ID, Prefail: a.Flags.Prefail, Value: a.Value, Worst: a.Worst, Raw: a.Raw.Value, Threshold: a.Threshold,
		})
		names[a.ID] = a.Name
	}
	return h, names
}

func (j *smartctlJSON) scsi() SCSIHealth {
	h := SCSIHealth{
		Grown: j.Grown, Used: j.Used,
		UncorrectedReads: j.Errors.Read.Uncorrected, UncorrectedWrites: j.Errors.Write.Uncorrected, UncorrectedVerifies: j.Errors.Verify.Uncorrected,
	}
	if c := j.Temperature.Current; c != nil && *c != 0 { // 0 is what it writes where it has read none
		h.Celsius = c
	}
	switch {
	case j.Status == nil || j.Status.Passed == nil:
	case *j.Status.Passed:
		h.Reports = true
	case j.Status.SCSI.Code != nil && *j.Status.SCSI.Code != 0:
		h.Reports, h.Exception, h.Qualifier = true, *j.Status.SCSI.Code, j.Status.SCSI.Qualifier
	default:
		h.Reports, h.Exception = true, ascPredicted
	}
	return h
}
