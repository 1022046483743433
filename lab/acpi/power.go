package acpi

// Register is the port on which hangs what the adapter and the battery say:
// the scratch register of the second serial port of a PC.
const Register = 0x2ff

// offline is the bit of the register that is set while the mains are away; the rest is how many percent the battery lacks.
const offline = 0x80

// Full is what the battery holds when it is full, in mWh, and Rate what it gives while the mains are away, in mW.
const (
	Full = 50000
	Rate = 10000
)

// The kernel's names for the two.
const (
	Mains   = "LAC0"
	Battery = "LBAT"
)

// State is what the two say.
type State struct {
	Mains   bool // are there
	Percent int  // that the battery has
}

// Byte is what the register holds in that state.
func (s State) Byte() byte {
	v := byte(100 - s.Percent)
	if !s.Mains {
		v |= offline
	}
	return v
}

// Power is the table with both.
func Power() []byte {
	const millivolts = 12000
	const present, adapterThere = 0x1f, 0x0f
	value := seg("LABV")
	away := calc(opShift, value, integer(7))
	lacks := calc(opAnd, value, integer(offline-1))
	of := list([]byte{opRoot, '_', 'S', 'B', '_'})
	adapter := device(Mains,
		name("_HID", text("ACPI0003")), name("_UID", integer(1)), name("_STA", integer(adapterThere)), name("_PCL", of),
		method("_PSR", calc(opSub, integer(1), away)))
	battery := device(Battery,
		name("_HID", text("PNP0C0A")), name("_UID", integer(1)), name("_STA", integer(present)), name("_PCL", of),
		name("_BIF", list(
			integer(0), integer(Full), integer(Full), integer(1), integer(millivolts), // in mWh; capacities; chargeable; design voltage
			integer(Full/10), integer(Full/20), integer(1), integer(1), // warning, low; granularity
			text("LAB-BATTERY"), text("BATLAB0001"), text("LION"), text("Plimsoll Lab"))),
		name("LBST", list(integer(0), integer(0), integer(0), integer(millivolts))),
		status(away, lacks))
	return table("SSDT", "LABPOWER", scope([]byte{opRoot, '_', 'S', 'B', '_'}, cat(register("LABR", "LABV", Register), adapter, battery)))
}

// status is _BST: discharging or not, at what rate, what is left, at what voltage.
func status(away, lacks []byte) []byte {
	const opStore, opIndex, serialized = 0x70, 0x88, 0x08
	set := func(at uint32, v []byte) []byte {
		return cat([]byte{opStore}, v, []byte{opIndex}, seg("LBST"), integer(at), []byte{0})
	}
	body := cat(
		seg("_BST"), []byte{serialized},
		set(0, away), // bit 0: discharging
		set(1, calc(opMul, away, integer(Rate))),
		set(2, calc(opSub, integer(Full), calc(opMul, lacks, integer(Full/100)))),
		[]byte{opReturn}, seg("LBST"))
	return append([]byte{opMethod}, sized(body)...)
}
