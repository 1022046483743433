package hands

import (
	"errors"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestStructuresAreTheKernels(t *testing.T) {
	t.Parallel()
	if got := unsafe.Sizeof(nvmeCommand{}); got != nvmeAdminIO>>16&0x3fff {
		t.Errorf("struct nvme_admin_cmd has %d bytes here, %d in its ioctl's number", got, nvmeAdminIO>>16&0x3fff)
	}
	const sizeofSGHeader = 88 // with pointers of eight bytes (scsi/sg.h)
	if got := unsafe.Sizeof(sgHeader{}); unsafe.Sizeof(uintptr(0)) == 8 && got != sizeofSGHeader {
		t.Errorf("struct sg_io_hdr has %d bytes", got)
	}
}

func TestWhatTheHeaderSaysAgainstACommandIsItsError(t *testing.T) {
	t.Parallel()
	sense := func(key byte) []byte { return []byte{0x72, key, 0x20, 0, 0, 0, 0, 0} }
	for name, tt := range map[string]struct {
		h           sgHeader
		sense       []byte
		bad, lacked bool
	}{
		"carried out":             {},
		"sense data alone":        {h: sgHeader{driverStatus: 8}},
		"no such command":         {h: sgHeader{status: 2, driverStatus: 8}, sense: sense(5), bad: true, lacked: true},
		"a medium error":          {h: sgHeader{status: 2}, sense: sense(3), bad: true},
		"no sense data":           {h: sgHeader{status: 2}, bad: true},
		"busy":                    {h: sgHeader{status: 8}, bad: true},
		"the link is gone":        {h: sgHeader{hostStatus: 1}, bad: true},
		"a driver of older times": {h: sgHeader{driverStatus: 6}, bad: true},
	} {
		err := tt.h.err(tt.sense)
		if (err != nil) != tt.bad || errors.Is(err, errUnsupported) != tt.lacked {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANodeThatIsAnotherDeviceIsNotOpened(t *testing.T) {
	t.Parallel()
	var st unix.Stat_t
	if err := unix.Stat("/dev/null", &st); err != nil {
		t.Fatal(err)
	}
	null := Node{Name: "null", Major: unix.Major(st.Rdev), Minor: unix.Minor(st.Rdev), Controller: true}
	d, err := OpenDisk(null)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.SCSI([]byte{scsiRequestSense, 0, 0, 0, 0, 0}, senseLength); !errors.Is(err, unix.ENOTTY) {
		t.Errorf("SG_IO: %v", err)
	}
	if _, err := d.NVMe(AdminCommand{Opcode: nvmeIdentify}, identifyLength); !errors.Is(err, unix.ENOTTY) {
		t.Errorf("NVME_IOCTL_ADMIN_CMD: %v", err)
	}
	d.Close()
	for name, n := range map[string]Node{
		"a block device":    {Name: "null", Major: null.Major, Minor: null.Minor},
		"another number":    {Name: "null", Major: null.Major, Minor: null.Minor + 1, Controller: true},
		"a directory":       {Name: "shm", Controller: true},
		"nothing":           {Name: "no-such-device", Controller: true},
		"one behind a link": {Name: "stdin", Controller: true},
	} {
		if d, err := OpenDisk(n); err == nil {
			d.Close()
			t.Errorf("%s was opened", name)
		}
	}
	if _, err := OpenDisk(Node{Name: "no-such-device"}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// FuzzSense: sense data comes from a disk, or from a controller that makes it up.
func FuzzSense(f *testing.F) {
	f.Add([]byte{0x72, 1, 0, 0x1d, 0, 0, 0, 14, 9, 12, 0, 0, 0, 0xff, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0x50})
	f.Add([]byte{0x70, 0, 1, 4, 0x51, 0, 0xff, 10, 0, 0, 0, 0, 0, 0x1d, 0, 0, 0, 0})
	f.Add([]byte{0x72, 0, 0, 0, 0, 0, 0, 4, 1, 0xff})
	f.Fuzz(func(t *testing.T, sense []byte) {
		if r, ok := registersIn(sense); ok && (len(r) != descriptorLength || r[0] != descriptorATA) {
			t.Fatalf("% x", r)
		}
		if asleep, err := sleeps(sense); asleep && err != nil {
			t.Fatal("asleep, and an error")
		}
	})
}
