package disk_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

// nvmePage is a health log page with the bytes at their places, hand-made from NVM Express Base Specification 2.0, figure 207.
func nvmePage(change func(page []byte)) []byte {
	page := make([]byte, 512)
	binary.LittleEndian.PutUint16(page[1:], 273+38)
	page[3], page[4], page[5] = 100, 10, 3
	page[112], page[128], page[129], page[144] = 12, 0x10, 0x27, 7
	page[176] = 42
	if change != nil {
		change(page)
	}
	return page
}

func TestNVMeHealthLogIsReadField(t *testing.T) {
	t.Parallel()
	got, err := disk.ParseNVMe(nvmePage(func(p []byte) { p[0], p[160] = 0x15, 2 }))
	want := disk.NVMeHealth{
		Warning: disk.SpareLow | disk.ReliabilityLow | disk.BackupFailed, Kelvin: 311, Spare: 100, SpareThreshold: 10, Used: 3,
		PowerCycles: 12, PowerOnHours: 10000, UnsafeShutdowns: 7, MediaErrors: 2, ErrorLogEntries: 42,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	got, err = disk.ParseNVMe(nvmePage(func(p []byte) { p[160+9] = 1 }))
	if err != nil || got.MediaErrors != math.MaxUint64 {
		t.Errorf("a counter beyond 64 bits is %d, %v", got.MediaErrors, err)
	}
	if _, err := disk.ParseNVMe(make([]byte, 511)); err == nil {
		t.Error("half a page is taken for one")
	}
}

// told is what a report comes to.
type told struct {
	Speaks, Predicts bool
	Warnings         string
}

func toldBy(r disk.Report) told {
	var keys []string
	for _, w := range r.Warnings {
		keys = append(keys, w.Key)
	}
	return told{r.Speaks, r.Predicts, strings.Join(keys, " ")}
}

func nvmeReport(page []byte) disk.Report {
	return disk.Read("nvme0", priv.Disk{Protocol: priv.NVMe}, [][]byte{nil, page})
}

func TestOnlyTwoBitsOfAnNVMeWarningPredictAFailure(t *testing.T) {
	t.Parallel()
	for bits, want := range map[byte]told{
		0:         {Speaks: true},
		1 << 0:    {Speaks: true, Warnings: disk.WarnSpareLow},
		1 << 1:    {Speaks: true, Warnings: disk.WarnTemperature},
		1 << 2:    {Speaks: true, Predicts: true},
		1 << 3:    {Speaks: true, Predicts: true},
		1 << 4:    {Speaks: true, Warnings: disk.WarnBackupFailed},
		1 << 5:    {Speaks: true, Warnings: disk.WarnRegion},
		1 << 6:    {Speaks: true, Warnings: disk.WarnUnknown},
		1<<7 | 12: {Speaks: true, Predicts: true, Warnings: disk.WarnUnknown},
		0x13:      {Speaks: true, Warnings: "backup-failed spare-low temperature"},
	} {
		r := nvmeReport(nvmePage(func(p []byte) { p[0] = bits }))
		if diff := cmp.Diff(want, toldBy(r)); diff != "" {
			t.Errorf("%#x:\n%s", bits, diff)
		}
	}
}

func TestWearAndMediaErrorsAreWarningsAndTheErrorLogIsNone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(page []byte)
		want   string
	}{
		"new":               {nil, ""},
		"worn":              {func(p []byte) { p[5] = 90 }, disk.WarnWorn},
		"beyond its life":   {func(p []byte) { p[5] = 255 }, disk.WarnWorn},
		"media errors":      {func(p []byte) { p[160] = 1 }, disk.WarnMediaErrors},
		"refused commands":  {func(p []byte) { p[183] = 0xff }, ""},
		"both, worn, media": {func(p []byte) { p[5], p[160] = 91, 1 }, disk.WarnMediaErrors + " " + disk.WarnWorn},
	} {
		if got := toldBy(nvmeReport(nvmePage(tt.change))); got.Predicts || got.Warnings != tt.want {
			t.Errorf("%s: %+v, want %q", name, got, tt.want)
		}
	}
}

// ataPages are the pages of an ATA disk, hand-made: attributes as SFF-8035i lays them out.
func ataPages(failing bool, attributes ...disk.Attribute) [][]byte {
	pages := make([][]byte, priv.ATAPages)
	identify := make([]byte, 512)
	identify[2*85] = 1
	binary.LittleEndian.PutUint16(identify[2*76:], 1<<1|1<<2|1<<3)
	binary.LittleEndian.PutUint16(identify[2*77:], 3<<1)
	status := []byte{9, 12, 0, 0, 0, 0, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0x50}
	if failing {
		status[9], status[11] = 0xf4, 0x2c
	}
	data, limits := make([]byte, 512), make([]byte, 512)
	for i, a := range attributes {
		at := 2 + 12*i
		data[at], data[at+3], data[at+4] = a.ID, a.Value, a.Worst
		if a.Prefail {
			data[at+1] = 1
		}
		var raw [8]byte
		binary.LittleEndian.PutUint64(raw[:], a.Raw)
		copy(data[at+5:at+11], raw[:6])
		limits[at], limits[at+1] = a.ID, a.Threshold
	}
	summed(data)
	summed(limits)
	pages[priv.ATAIdentify], pages[priv.ATAStatus], pages[priv.ATAData], pages[priv.ATAThresholds] = identify, status, data, limits
	return pages
}

// summed gives a page its checksum.
func summed(page []byte) {
	page[511] = 0
	for _, b := range page[:511] {
		page[511] -= b
	}
}

func TestATAPagesAreReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	want := disk.ATAHealth{On: true, Failing: disk.No, Speed: 3, Most: 3, Attributes: []disk.Attribute{
		{ID: 5, Prefail: true, Value: 100, Worst: 99, Raw: 1 << 47, Threshold: 36},
		{ID: 194, Value: 30, Worst: 40, Raw: 30},
	}}
	p := ataPages(false, want.Attributes...)
	got, err := disk.ParseATA(p[0], p[1], p[2], p[3])
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhatAnATADiskSaysOfItsHealth(t *testing.T) {
	t.Parallel()
	good := disk.Attribute{ID: 1, Prefail: true, Value: 100, Worst: 100, Threshold: 50}
	for name, tt := range map[string]struct {
		pages [][]byte
		want  told
	}{
		"well":                     {ataPages(false, good), told{Speaks: true}},
		"failing":                  {ataPages(true, good), told{Speaks: true, Predicts: true}},
		"pending sectors":          {ataPages(false, disk.Attribute{ID: 197, Value: 100, Raw: 8}), told{Speaks: true, Warnings: disk.WarnPending}},
		"reallocated sectors":      {ataPages(false, disk.Attribute{ID: 5, Value: 100, Raw: 1}), told{Speaks: true, Warnings: disk.WarnReallocated}},
		"uncorrectable sectors":    {ataPages(false, disk.Attribute{ID: 198, Value: 100, Raw: 1}), told{Speaks: true, Warnings: disk.WarnUncorrectable}},
		"below a threshold":        {ataPages(false, disk.Attribute{ID: 3, Prefail: true, Value: 20, Worst: 20, Threshold: 21}), told{Speaks: true, Predicts: true}},
		"old":                      {ataPages(false, disk.Attribute{ID: 9, Value: 1, Worst: 1, Threshold: 1}), told{Speaks: true, Warnings: disk.WarnAttribute}},
		"was below a threshold":    {ataPages(false, disk.Attribute{ID: 3, Prefail: true, Value: 90, Worst: 20, Threshold: 21}), told{Speaks: true, Warnings: disk.WarnAttribute}},
		"a value that is none":     {ataPages(false, disk.Attribute{ID: 3, Prefail: true, Value: 0, Worst: 0, Threshold: 21}), told{Speaks: true}},
		"a threshold that is none": {ataPages(false, disk.Attribute{ID: 3, Prefail: true, Value: 1, Worst: 1}), told{Speaks: true}},
	} {
		got := toldBy(disk.Read("sda", priv.Disk{Protocol: priv.ATA}, tt.pages))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestATAPagesThatAreMissingOrBrokenSayNothing(t *testing.T) {
	t.Parallel()
	broken := ataPages(false, disk.Attribute{ID: 197, Value: 100, Raw: 8})
	broken[priv.ATAData][100]++
	strange := ataPages(false)
	strange[priv.ATAStatus][9] = 0
	off := ataPages(false)
	off[priv.ATAIdentify][2*85] = 0
	for name, tt := range map[string]struct {
		pages [][]byte
		want  told
	}{
		"a wrong checksum":   {broken, told{Speaks: true}},
		"a strange status":   {strange, told{}},
		"SMART is off":       {off[:1], told{Warnings: disk.WarnSMARTOff}},
		"status alone":       {[][]byte{ataPages(true)[0], ataPages(true)[1]}, told{Speaks: true, Predicts: true}},
		"attributes and all": {ataPages(false), told{Speaks: true}},
	} {
		r := disk.Read("sda", priv.Disk{Protocol: priv.ATA}, tt.pages)
		if diff := cmp.Diff(tt.want, toldBy(r)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		faulty := name == "a wrong checksum" || name == "a strange status"
		if said := hasError(r.Evidence); said != faulty {
			t.Errorf("%s: an error among the evidence: %v", name, said)
		}
	}
}

func hasError(all []redundancy.Evidence) bool {
	for _, e := range all {
		if e.Err != "" {
			return true
		}
	}
	return false
}

// logPage is a SCSI log page of these parameters.
func logPage(code byte, parameters map[uint16][]byte) []byte {
	page := []byte{code, 0, 0, 0}
	for id := range uint16(math.MaxUint16) {
		if v, ok := parameters[id]; ok {
			page = append(append(page, byte(id>>8), byte(id), 0, byte(len(v))), v...)
		}
	}
	binary.BigEndian.PutUint16(page[2:], uint16(len(page)-4))
	return page
}

func scsiPages(change func(p [][]byte)) [][]byte {
	p := make([][]byte, priv.SCSIPages)
	p[priv.SCSISense] = []byte{0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0}
	p[priv.SCSIExceptions] = logPage(0x2f, map[uint16][]byte{0: {0, 0, 38}})
	p[priv.SCSIReads] = logPage(0x03, map[uint16][]byte{5: {0, 0, 0x10, 0}, 6: {0, 0, 0, 0, 0, 0, 0, 0}})
	p[priv.SCSIWrites] = logPage(0x02, map[uint16][]byte{6: {0}})
	p[priv.SCSITemperature] = logPage(0x0d, map[uint16][]byte{0: {0, 38}, 1: {0, 60}})
	p[priv.SCSIGrown] = []byte{0, 0x0d, 0, 0, 0, 0, 0, 0}
	if change != nil {
		change(p)
	}
	return p
}

func TestWhatASCSIDiskSaysOfItsHealth(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(p [][]byte)
		want   told
	}{
		"well":      {nil, told{Speaks: true}},
		"predicted": {func(p [][]byte) { p[priv.SCSIExceptions] = logPage(0x2f, map[uint16][]byte{0: {0x5d, 0x10, 38}}) }, told{Speaks: true, Predicts: true}},
		"predicted, by sense data": {func(p [][]byte) {
			p[priv.SCSIExceptions], p[priv.SCSISense] = nil, []byte{0x72, 1, 0x5d, 0x00, 0, 0, 0, 0}
		}, told{Speaks: true, Predicts: true}},
		"hot":                  {func(p [][]byte) { p[priv.SCSIExceptions] = logPage(0x2f, map[uint16][]byte{0: {0x0b, 0x01}}) }, told{Speaks: true, Warnings: disk.WarnTemperature}},
		"some other exception": {func(p [][]byte) { p[priv.SCSIExceptions] = logPage(0x2f, map[uint16][]byte{0: {0x0b, 0x03}}) }, told{Speaks: true, Warnings: disk.WarnUnknown}},
		"a read that was lost": {func(p [][]byte) { p[priv.SCSIReads] = logPage(0x03, map[uint16][]byte{6: {1}}) }, told{Speaks: true, Warnings: disk.WarnMediaErrors}},
		"grown defects":        {func(p [][]byte) { p[priv.SCSIGrown] = []byte{0, 0x0d, 0, 0, 0, 0, 0, 16} }, told{Speaks: true, Warnings: disk.WarnReallocated}},
		"a bad block in background": {func(p [][]byte) {
			p[priv.SCSIScan] = logPage(0x15, map[uint16][]byte{0: make([]byte, 12), 1: make([]byte, 20)})
		}, told{Speaks: true, Warnings: disk.WarnPending}},
		"a background scan":        {func(p [][]byte) { p[priv.SCSIScan] = logPage(0x15, map[uint16][]byte{0: make([]byte, 12)}) }, told{Speaks: true}},
		"worn":                     {func(p [][]byte) { p[priv.SCSIWear] = logPage(0x11, map[uint16][]byte{1: {0, 0, 0, 95}}) }, told{Speaks: true, Warnings: disk.WarnWorn}},
		"no page on exceptions":    {func(p [][]byte) { p[priv.SCSIExceptions] = nil }, told{}},
		"nothing at all":           {func(p [][]byte) { clear(p) }, told{}},
		"a list in a strange form": {func(p [][]byte) { p[priv.SCSIGrown] = []byte{0, 0x0f, 0, 0, 0, 0, 0, 16} }, told{Speaks: true}},
		"a page cut in the middle": {func(p [][]byte) { p[priv.SCSIReads] = p[priv.SCSIReads][:9] }, told{Speaks: true}},
	} {
		got := toldBy(disk.Read("sda", priv.Disk{Protocol: priv.SCSI}, scsiPages(tt.change)))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestReadingsAreTold(t *testing.T) {
	t.Parallel()
	r := disk.Read("sda", priv.Disk{Protocol: priv.SCSI, Said: []string{"LOG SENSE, page 15h: sense 5/24/00"}}, scsiPages(nil))
	want := []redundancy.Evidence{
		{Where: "sda pages", Err: "LOG SENSE, page 15h: sense 5/24/00"},
		{Where: "sda informational exceptions", Value: "00/00"},
		{Where: "sda temperature", Value: "38 C"},
		{Where: "sda uncorrected reads", Value: "0"},
		{Where: "sda uncorrected writes", Value: "0"},
		{Where: "sda grown defects", Value: "0"},
	}
	if diff := cmp.Diff(want, r.Evidence); diff != "" {
		t.Error(diff)
	}
}

func TestAProtocolThatNobodyKnowsIsKeptAsItsWord(t *testing.T) {
	t.Parallel()
	r := disk.Read("sda", priv.Disk{Protocol: "ufs"}, nil)
	if len(r.Evidence) != 1 || !strings.Contains(r.Evidence[0].Err, `"ufs"`) || r.Speaks {
		t.Errorf("%+v", r)
	}
}

// FuzzRead holds the parsers to this: whatever comes, none panics, and every warning has a key of its own and evidence.
func FuzzRead(f *testing.F) {
	for i, p := range [][][]byte{{nil, nvmePage(nil)}, ataPages(true, disk.Attribute{ID: 5, Value: 1, Raw: 9, Threshold: 3}), scsiPages(nil)} {
		var all []byte
		for _, page := range p {
			all = append(append(all, byte(len(page)>>8), byte(len(page))), page...)
		}
		f.Add(byte(i), all)
	}
	f.Fuzz(func(t *testing.T, protocol byte, b []byte) {
		var pages [][]byte
		for len(b) >= 2 {
			n := min(int(b[0])<<8|int(b[1]), len(b)-2)
			pages, b = append(pages, b[2:2+n]), b[2+n:]
		}
		r := disk.Read("sda", priv.Disk{Protocol: []priv.Protocol{priv.NVMe, priv.ATA, priv.SCSI}[protocol%3]}, pages)
		for i, w := range r.Warnings {
			if len(w.Evidence) == 0 || w.Text == "" || i > 0 && r.Warnings[i-1].Key >= w.Key {
				t.Fatalf("%+v", r.Warnings)
			}
		}
		if r.Predicts && len(r.Evidence) == 0 {
			t.Fatal("a prediction without evidence")
		}
	})
}
