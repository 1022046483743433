package blockid_test

import (
	"strings"
	"testing"

	"plimsoll/internal/blockid"
	"plimsoll/redundancy"
)

func TestDevicesAreNamedByWorldwideNameOrSerial(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]redundancy.ID{
		"naa.5000C500A1B2C3D4":  "wwn:0x5000c500a1b2c3d4",
		"eui.0025385971b0cafe":  "wwn:eui.0025385971b0cafe",
		"t10.ATA     DISK    1": "",
		"naa.0000000000000000":  "",
		"":                      "",
	} {
		if got, ok := blockid.ParseWWID(text); got != want || ok != (want != "") {
			t.Errorf("wwid %q: %q, %t; want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]redundancy.ID{
		"QM00005":                          "serial:QM00005",
		"\x00\x80\x00\x14     WD-WX1 A2/3": "serial:WD-WX1_A2_3",
		"\x00\x80\x00\x00":                 "",
		"0000":                             "",
		"":                                 "",
	} {
		if got, ok := blockid.ParseSerial(text); got != want || ok != (want != "") {
			t.Errorf("serial %q: %q, %t; want %q", text, got, ok, want)
		}
	}
}

// FuzzParse gives every parser the same text: what was understood and written out again is understood the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "naa.5000c500a1b2c3d4", "eui.0", "\x00\x80\x00\x04abcd", "6b8b4567:327b23c6:643c9869:66334873",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := blockid.ParseSerial(text); ok {
			if id2, ok := blockid.ParseSerial(strings.TrimPrefix(string(id), "serial:")); !ok || id2 != id {
				t.Errorf("serial %q is %q, and that is %q", text, id, id2)
			}
		}
		if id, ok := blockid.ParseWWID(text); ok != strings.HasPrefix(string(id), "wwn:") {
			t.Errorf("wwid %q: %q, %t", text, id, ok)
		}
		if id, ok := blockid.ParseUUID(text); ok {
			if id2, ok := blockid.ParseUUID(id); !ok || id2 != id {
				t.Errorf("uuid %q is %q, and that is %q", text, id, id2)
			}
		}
	})
}
