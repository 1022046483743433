package ipmi_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ipmi"
)

func diff(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func raw(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Records and inventories made by hand from the tables.
const (
	statusSDR  = "51005102212000850a016740086fff00ff00ff00c000000100000000000000c6537461747573"
	powerSDR   = "02005101372000540a017f680b01000000000000000600000400000000000000000000000000000000000000000000cc50533120506f77657220496e"
	strangeSDR = "02005101302000540a017f680b0100000000000080060000fdc0050000f20000000000000000000000000000000000c55761747473"
	sharedSDR  = "030051021d2000c00a016740086fff00ff00ff00c000000381000000000000c25053"
	fruSDR     = "040051110f200380000010000a0100c450535531"
	productFRU = "01000000010700f7010600c444454c4ccd5057522053504c592c37353057c630585738574dc3413030c6434e31373937c1000000000000f2" +
		"008218d492ee0239030000000000000000000000000000000000000000000000"
	boardFRU = "01000001000600f8010500000000c5494e54454cc94450532d3735305842c558595a3132c6453938373931c100000095" +
		"008218382ecc01fa010000000000000000000000000000000000000000000000"
)

func record(tb testing.TB, text string) ipmi.Record {
	tb.Helper()
	r, err := ipmi.ParseRecord(raw(tb, text))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestCommandsAreAsTheyTravel(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]ipmi.Command{
		"1801":             ipmi.DeviceID(),
		"2820":             ipmi.RepositoryInfo(),
		"2822":             ipmi.ReserveRepository(),
		"2823341200100516": ipmi.ReadSDR(0x1234, 0x1000, 5, 0x16),
		"122d85":           ipmi.SensorReading(2, 0x85),
		"281003":           ipmi.FRUArea(3),
		"281103000110":     ipmi.ReadFRU(3, 0x100, 16),
		"2840":             ipmi.SELInfo(),
		"28430000341200ff": ipmi.SELEntry(0x1234),
		"2848":             ipmi.SELTime(),
		"b002dc010000":     ipmi.PowerReading(),
	} {
		diff(t, want, want, hex.EncodeToString(c))
	}
}

func TestAnAnswerIsItsBodyOrACompletionCode(t *testing.T) {
	t.Parallel()
	body, err := ipmi.Body([]byte{0, 1, 2})
	diff(t, "body", []byte{1, 2}, body)
	diff(t, "error", nil, err)
	_, err = ipmi.Body([]byte{0xCB})
	diff(t, "not present", true, ipmi.Is(err, ipmi.CodeNotPresent))
	diff(t, "in words", "sensor, data or record not present (CBh)", err.Error())
	diff(t, "of a vendor's own", "completion code 80h", ipmi.Code(0x80).String())
	if _, err = ipmi.Body(nil); err == nil || ipmi.Is(err, ipmi.CodeOK) {
		t.Errorf("an answer of no bytes is no answer: %v", err)
	}
}

func TestRecordsTellOfSensorsAndInventories(t *testing.T) {
	t.Parallel()
	opaque := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".convert" }, cmp.Ignore())
	status := ipmi.Sensor{
		Owner: 0x20, Number: 0x85, Entity: ipmi.Entity{ID: 10, Instance: 1}, Type: 8, Reads: 0x6F, Mask: 0xFF, Name: "Status",
	}
	shared := status
	shared.Number, shared.Name = 0xC0, "PS1"
	second, third := shared, shared
	second.Number, second.Name, second.Entity.Instance = 0xC1, "PS2", 2
	third.Number, third.Name, third.Entity.Instance = 0xC2, "PS3", 3
	for name, c := range map[string]struct {
		text string
		want ipmi.Record
	}{
		"compact": {statusSDR, ipmi.Record{ID: 0x51, Type: 2, Sensors: []ipmi.Sensor{status}}},
		"full": {powerSDR, ipmi.Record{ID: 2, Type: 1, Sensors: []ipmi.Sensor{{
			Owner: 0x20, Number: 0x54, Entity: ipmi.Entity{ID: 10, Instance: 1}, Type: 0x0B, Reads: 1, Unit: 6, Name: "PS1 Power In",
		}}}},
		"shared": {sharedSDR, ipmi.Record{ID: 3, Type: 2, Sensors: []ipmi.Sensor{shared, second, third}}},
		"inventory": {fruSDR, ipmi.Record{ID: 4, Type: 0x11, Inventory: &ipmi.Inventory{
			Owner: 0x20, Device: 3, Logical: true, Entity: ipmi.Entity{ID: 10, Instance: 1}, Name: "PSU1",
		}}},
		"of another type": {"05005108020000", ipmi.Record{ID: 5, Type: 8}},
	} {
		if d := cmp.Diff(c.want, record(t, c.text), opaque); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	diff(t, "whose is it", true, status.Own())
	for _, cut := range []string{"", "5100510221", statusSDR[:60], "0100510101" + "00"} {
		if _, err := ipmi.ParseRecord(raw(t, cut)); err == nil {
			t.Errorf("a record of %d bytes was read", len(cut)/2)
		}
	}
}

func TestARawReadingBecomesANumber(t *testing.T) {
	t.Parallel()
	in, strange := record(t, powerSDR).Sensors[0], record(t, strangeSDR).Sensors[0]
	for name, c := range map[string]struct {
		s    ipmi.Sensor
		raw  byte
		want float64
	}{
		"times four":                    {in, 100, 400},
		"unsigned":                      {in, 200, 800},
		"a negative slope and exponent": {strange, 10, 47},
		"two's complement":              {strange, 0xF6, 53},
	} {
		v, ok := c.s.Value(ipmi.Reading{Raw: c.raw})
		if !ok || v != c.want {
			t.Errorf("%s: %v, %v; want %v", name, v, ok, c.want)
		}
	}
	if _, ok := in.Value(ipmi.Reading{Unavailable: "reading unavailable"}); ok {
		t.Error("a reading that is unavailable has a number")
	}
	if record(t, statusSDR).Sensors[0].Measures() {
		t.Error("a sensor of states alone reads a number")
	}
}

func TestAReadingSaysItsStatesOrWhyNot(t *testing.T) {
	t.Parallel()
	s := record(t, statusSDR).Sensors[0]
	for text, want := range map[string]string{
		"00c00180": "Presence detected",
		"00c00980": "Presence detected, Power Supply input lost (AC/DC)",
		"00c08080": "Power Supply Inactive",
		"00c00081": "state 8",
		"00c00080": "no state",
		"00c0":     "no state",
		"00e00180": "reading unavailable",
		"00800180": "scanning is off",
	} {
		r, err := ipmi.ParseReading(raw(t, text))
		got := r.Unavailable
		if got == "" {
			got = s.Words(r)
		}
		diff(t, text, want, got)
		diff(t, text, nil, err)
	}
	redundant := ipmi.Sensor{Type: 9, Reads: ipmi.ReadsRedundancy}
	diff(t, "redundancy", "Redundancy Lost", redundant.State(1))
}

func TestAnInventoryTellsOfTheProductOrTheBoard(t *testing.T) {
	t.Parallel()
	f, err := ipmi.ParseFRU(raw(t, productFRU))
	diff(t, "error", nil, err)
	diff(t, "product", ipmi.FRU{Manufacturer: "DELL", Product: "PWR SPLY,750W", Part: "0XW8WM", Serial: "CN1797", Watts: 750}, f)
	f, err = ipmi.ParseFRU(raw(t, boardFRU))
	diff(t, "error", nil, err)
	diff(t, "board", ipmi.FRU{Manufacturer: "INTEL", Product: "DPS-750XB", Part: "E98791", Serial: "XYZ12", Watts: 460}, f)
	broken := raw(t, productFRU)
	broken[20]++
	f, err = ipmi.ParseFRU(broken)
	diff(t, "error", nil, err)
	diff(t, "what is left of a damaged one", ipmi.FRU{Watts: 750}, f)
	broken[1]++
	if _, err = ipmi.ParseFRU(broken); err == nil {
		t.Error("an inventory with a damaged header was read")
	}
}

func TestAnEventIsDatedByItsAgeNotByTheControllersClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const clock = 0x30000000 // years off
	next, e, err := ipmi.ParseEntry(raw(t, "0600050002f6ffff2f20000408856f"+"83ffff"))
	diff(t, "error", nil, err)
	diff(t, "next", uint16(6), next)
	diff(t, "entry", ipmi.Entry{ID: 5, At: clock - 10, Type: 8, Number: 0x85, Reads: 0x6F, Offset: 3, On: true, System: true}, e)
	when, known := e.When(now, clock)
	diff(t, "known", true, known)
	diff(t, "when", now.Add(-10*time.Second), when)
	for name, e := range map[string]ipmi.Entry{
		"before its clock was set": {At: 20}, "in its future": {At: clock + 1},
	} {
		if _, known := e.When(now, clock); known {
			t.Errorf("%s: a time was made up", name)
		}
	}
}

func TestSmallAnswersAreRead(t *testing.T) {
	t.Parallel()
	repository, err := ipmi.ParseRepository(raw(t, "5105000010"+"01000000"+"02000000"+"21"))
	diff(t, "repository", ipmi.Repository{Records: 5, Added: 1, Erased: 2}, repository)
	diff(t, "error", nil, err)
	log, err := ipmi.ParseLog(raw(t, "5105000010"+"01000000"+"02000000"+"02"))
	diff(t, "log", ipmi.Log{Entries: 5, Added: 1, Erased: 2}, log)
	diff(t, "error", nil, err)
	watts, measured, err := ipmi.PowerWatts(raw(t, "dc6e005000c8006400000000000000000040"))
	diff(t, "watts", 110, watts)
	diff(t, "measured", true, measured)
	diff(t, "error", nil, err)
	b, err := ipmi.FRUBytes(raw(t, "020a0b"))
	diff(t, "bytes", []byte{10, 11}, b)
	diff(t, "error", nil, err)
	size, err := ipmi.FRUSize(raw(t, "000100"))
	diff(t, "size", 256, size)
	diff(t, "error", nil, err)
}

func FuzzRecord(f *testing.F) {
	for _, text := range []string{statusSDR, powerSDR, strangeSDR, sharedSDR, fruSDR} {
		f.Add(raw(f, text), []byte{0, 0xC0, 1, 0x80})
	}
	f.Fuzz(func(_ *testing.T, b, reading []byte) {
		rec, err := ipmi.ParseRecord(b)
		r, unread := ipmi.ParseReading(reading)
		if err != nil || unread != nil {
			return
		}
		for _, s := range rec.Sensors {
			_, _ = s.Value(r)
			_ = s.Words(r)
		}
	})
}

func FuzzFRU(f *testing.F) {
	f.Add(raw(f, productFRU))
	f.Add(raw(f, boardFRU))
	f.Fuzz(func(t *testing.T, b []byte) {
		if fru, err := ipmi.ParseFRU(b); err == nil && fru.Watts > 0x0FFF {
			t.Errorf("%d W is more than the record can say", fru.Watts)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 0x51, 5, 0, 0, 0x10, 1, 0, 0, 0, 2, 0, 0, 0, 0x21})
	f.Fuzz(func(_ *testing.T, b []byte) {
		body, err := ipmi.Body(b)
		if err != nil {
			return
		}
		_, _ = ipmi.ParseRepository(body)
		_, _ = ipmi.ParseReservation(body)
		_, _, _ = ipmi.ParsePiece(body)
		_, _ = ipmi.FRUSize(body)
		_, _ = ipmi.FRUBytes(body)
		_, _, _ = ipmi.PowerWatts(body)
		_, _ = ipmi.ParseLog(body)
		_, _ = ipmi.ParseTime(body)
		_, _, _ = ipmi.ParseEntry(body)
	})
}
