package acpi

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestTheTableHasTheLengthAndTheSumThatItSays(t *testing.T) {
	t.Parallel()
	b := Power()
	if string(b[:4]) != "SSDT" || int(binary.LittleEndian.Uint32(b[4:])) != len(b) {
		t.Errorf("%q says %d bytes, and has %d", b[:4], binary.LittleEndian.Uint32(b[4:]), len(b))
	}
	var sum byte
	for _, v := range b {
		sum += v
	}
	if sum != 0 {
		t.Errorf("the sum is %d", sum)
	}
	for _, s := range []string{Mains, Battery, "ACPI0003", "PNP0C0A", "_PSR", "_BST", "_BIF"} {
		if !bytes.Contains(b, []byte(s)) {
			t.Errorf("no %s", s)
		}
	}
}

func TestLengthsGrowAByteWhenTheyMust(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]byte{0: {1}, 62: {63}, 63: {0x41, 0x04}, 1000: {0x4a, 0x3e}} {
		if got := sized(make([]byte, n)); !bytes.HasPrefix(got, want) || len(got) != n+len(want) {
			t.Errorf("%d bytes: want them behind % x, got % x", n, want, got[:2])
		}
	}
}

func TestTheRegisterHoldsBoth(t *testing.T) {
	t.Parallel()
	if got := (State{Mains: true, Percent: 100}).Byte(); got != 0 {
		t.Errorf("online and full is what a register is at first, got %#x", got)
	}
	if got := (State{Percent: 40}).Byte(); got != 0x80|60 {
		t.Errorf("got %#x", got)
	}
}
