package bmc_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/bmc"
)

// data are the bytes that follow so many words in each command of that name.
func data(t *testing.T, commands, name string, skip int) [][]byte {
	t.Helper()
	var all [][]byte
	for line := range strings.Lines(commands) {
		words := strings.Fields(line)
		if words[0] != name {
			continue
		}
		var b []byte
		for _, w := range words[skip:] {
			v, err := strconv.ParseUint(w, 0, 8)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			b = append(b, byte(v))
		}
		all = append(all, b)
	}
	return all
}

func TestEveryRecordHasTheLengthItSays(t *testing.T) {
	t.Parallel()
	records := data(t, bmc.Commands(1, 2, 3, 4), "main_sdr_add", 2)
	if len(records) != 2+4*3 {
		t.Errorf("want two records, and three for each supply, got %d", len(records))
	}
	for _, r := range records {
		if want := len(r) - 5; int(r[4]) != want {
			t.Errorf("record % x: %d bytes follow its header, and it says %d", r, want, r[4])
		}
	}
}

func TestFRUDataAddUpToNothing(t *testing.T) {
	t.Parallel()
	fru := data(t, bmc.Commands(1, 2), "mc_add_fru_data", 5)
	if len(fru) != 3 {
		t.Fatalf("want the board's and two supplies', got %d", len(fru))
	}
	for i, b := range fru {
		sum := func(part []byte) (s byte) {
			for _, v := range part {
				s += v
			}
			return s
		}
		product := b[8*int(b[4]):]
		product = product[:8*int(product[1])]
		if s := sum(b[:8]); s != 0 {
			t.Errorf("device %d: the header's sum is %d", i, s)
		}
		if s := sum(product); s != 0 {
			t.Errorf("device %d: the product area's sum is %d", i, s)
		}
		if i > 0 && !strings.Contains(string(product), bmc.Serial(i)) {
			t.Errorf("device %d: no serial %s in %q", i, bmc.Serial(i), product)
		}
		if record := b[8*int(b[5]):]; i > 0 && (sum(record[:5]) != 0 || sum(record[5:])+record[3] != 0 || len(record) != 5+24) {
			t.Errorf("device %d: the power supply record % x does not add up", i, record)
		}
	}
}

func TestASupplyIsWhatIsSaidAndNothingElse(t *testing.T) {
	t.Parallel()
	var want []string
	for bit, value := range []int{1, 0, 0, 1, 0, 0, 0} {
		want = append(want, fmt.Sprintf("sensor_set_bit 0x20 0 2 %d %d 1", bit, value))
	}
	if diff := cmp.Diff(want, bmc.Status(2).SetBits(bmc.Present, 3)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
