package acpi

import "encoding/binary"

// Opcodes of AML (ACPI 6.5, section 20.3).
const (
	opName    = 0x08
	opByte    = 0x0a
	opWord    = 0x0b
	opDWord   = 0x0c
	opString  = 0x0d
	opScope   = 0x10
	opPackage = 0x12
	opMethod  = 0x14
	opRoot    = '\\'
	opExt     = 0x5b
	opReturn  = 0xa4
	opSub     = 0x74
	opMul     = 0x77
	opAnd     = 0x7b
	opShift   = 0x7a // right

	extRegion = 0x80
	extField  = 0x81
	extDevice = 0x82
)

func cat(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// sized puts the length of a body, itself included, before it (section 20.2.4).
func sized(body []byte) []byte {
	const oneByte, twoBytes = 63, 1 << 12
	n := len(body) + 1
	if n <= oneByte {
		return append([]byte{byte(n)}, body...)
	}
	if n++; n >= twoBytes {
		panic("internal error: an object of AML that is too long")
	}
	return append([]byte{1<<6 | byte(n&0xf), byte(n >> 4)}, body...)
}

// seg is a name; shorter ones are filled up.
func seg(s string) []byte { return []byte((s + "___")[:4]) }

func name(s string, value []byte) []byte { return cat([]byte{opName}, seg(s), value) }

func integer(v uint32) []byte {
	switch {
	case v <= 0xff:
		return []byte{opByte, byte(v)}
	case v <= 0xffff:
		return binary.LittleEndian.AppendUint16([]byte{opWord}, uint16(v))
	default:
		return binary.LittleEndian.AppendUint32([]byte{opDWord}, v)
	}
}

func text(s string) []byte { return append(append([]byte{opString}, s...), 0) }

func list(elements ...[]byte) []byte {
	return append([]byte{opPackage}, sized(append([]byte{byte(len(elements))}, cat(elements...)...))...)
}

func scope(path, body []byte) []byte { return append([]byte{opScope}, sized(cat(path, body))...) }

func device(s string, body ...[]byte) []byte {
	return append([]byte{opExt, extDevice}, sized(append(seg(s), cat(body...)...))...)
}

// method is one without arguments that returns a value, serialized since it makes objects.
func method(s string, value []byte) []byte {
	const serialized = 0x08
	return append([]byte{opMethod}, sized(cat(seg(s), []byte{serialized, opReturn}, value))...)
}

// calc is an operation on two values whose result is kept nowhere else.
func calc(op byte, a, b []byte) []byte { return cat([]byte{op}, a, b, []byte{0}) }

// register is a byte of I/O space, by a name.
func register(region, field string, port uint16) []byte {
	const systemIO, byteAccess, bits = 1, 1, 8
	return cat(
		[]byte{opExt, extRegion}, seg(region), []byte{systemIO}, integer(uint32(port)), integer(1),
		[]byte{opExt, extField}, sized(cat(seg(region), []byte{byteAccess}, seg(field), []byte{bits})),
	)
}

// table puts the header of a description table before a body.
func table(signature, id string, body []byte) []byte {
	const headerSize, checksumAt = 36, 9
	b := append([]byte(signature), binary.LittleEndian.AppendUint32(nil, uint32(headerSize+len(body)))...)
	b = append(b, 2, 0) // revision; checksum
	b = append(b, (id + "        ")[:6]...)
	b = append(b, (id + "        ")[:8]...)
	b = append(b, 1, 0, 0, 0, 'L', 'A', 'B', ' ', 1, 0, 0, 0)
	b = append(b, body...)
	for i, sum := 0, byte(0); i < len(b); i++ {
		sum += b[i]
		if i == len(b)-1 {
			b[checksumAt] = -sum
		}
	}
	return b
}
