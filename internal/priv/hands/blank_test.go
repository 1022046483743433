package hands

import (
	"bytes"
	"errors"
	"testing"
)

func TestADiskIsBlankWhoseEndsAreZeros(t *testing.T) {
	t.Parallel()
	const size = 3 * margin
	for name, tt := range map[string]struct {
		at    int // of the one byte that is set; -1: none
		blank bool
	}{
		"nothing":                  {-1, true},
		"at the beginning":         {0, false},
		"VMFS, two megabytes in":   {2 << 20, false},
		"the last of the first":    {margin - 1, false},
		"in the middle":            {size / 2, true},
		"the first of the last":    {size - margin, false},
		"GPT's copy, 33 from last": {size - 33*512, false},
		"DDF, the last sector":     {size - 512, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := make([]byte, size)
			if tt.at >= 0 {
				disk[tt.at] = 1
			}
			if err := zeros(bytes.NewReader(disk), size); (err == nil) != tt.blank || err != nil && !errors.Is(err, errNotZero) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := zeros(bytes.NewReader(make([]byte, 512)), 512); err != nil {
		t.Errorf("a disk of one sector: %v", err)
	}
	if err := zeros(bytes.NewReader(nil), size); err == nil || errors.Is(err, errNotZero) {
		t.Errorf("a disk that cannot be read: %v", err)
	}
}
