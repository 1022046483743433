package lldp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// errFrame says that a frame is none of LLDP, or is cut short.
var errFrame = errors.New("no whole LLDP frame")

// The types of the values in a frame (IEEE 802.1AB, 8.4).
const (
	tlvEnd = iota
	tlvChassis
	tlvPort
	tlvLife
	tlvPortDescription
	tlvSystem
	_ // the system's description
	tlvCapabilities
)

// parseFrame reads an Ethernet frame of LLDP. life is for how long it counts after it was heard.
func parseFrame(b []byte) (n Neighbour, life time.Duration, err error) {
	const header, etherType, lldp = 14, 12, 0x88cc
	if len(b) < header || binary.BigEndian.Uint16(b[etherType:]) != lldp {
		return n, 0, errFrame
	}
	for b = b[header:]; ; {
		if len(b) < 2 {
			return n, 0, errFrame
		}
		head := binary.BigEndian.Uint16(b)
		kind, size := head>>9, int(head&0x1ff)
		if len(b) < 2+size {
			return n, 0, errFrame
		}
		value := b[2 : 2+size]
		b = b[2+size:]
		switch kind {
		case tlvEnd:
			if n.Chassis == "" || n.Port == "" {
				return n, 0, errFrame
			}
			return n, life, nil
		case tlvChassis:
			n.Chassis = identifier(value, chassisMAC, chassisAddress)
		case tlvPort:
			n.Port = identifier(value, portMAC, portAddress)
		case tlvLife:
			if size >= 2 {
				life = time.Duration(binary.BigEndian.Uint16(value)) * time.Second
			}
		case tlvPortDescription:
			n.Label = spoken(string(value))
		case tlvSystem:
			n.System = spoken(string(value))
		case tlvCapabilities: // what it can be, then what it is enabled as
			const bridge, router = 0x04, 0x10
			n.Carries = size >= 4 && binary.BigEndian.Uint16(value[2:])&(bridge|router) != 0
		}
	}
}

// The subtypes of ids that are not text (IEEE 802.1AB, tables 8-2 and 8-3).
const (
	chassisMAC     = 4
	chassisAddress = 5
	portMAC        = 3
	portAddress    = 4
)

// identifier is an id as lldpd writes it: a subtype, then an address or text.
func identifier(b []byte, mac, address byte) string {
	const macLen = 6
	if len(b) < 2 {
		return ""
	}
	subtype, value := b[0], b[1:]
	switch {
	case subtype == mac && len(value) == macLen:
		return net.HardwareAddr(value).String()
	case subtype == address: // an address family of RFC 3232, then the address
		if ip, ok := netip.AddrFromSlice(value[1:]); ok {
			return ip.String()
		}
		return "0x" + fmt.Sprintf("%x", value)
	default:
		return name(strings.TrimRight(string(value), "\x00"))
	}
}

// parseFrames reads a file of systemd-networkd: for each frame its length in eight bytes, little-endian, and the frame.
func parseFrames(b []byte) (frames [][]byte, err error) {
	const sized = 8
	for len(b) > 0 {
		if len(b) < sized {
			return frames, errFrame
		}
		size := binary.LittleEndian.Uint64(b)
		b = b[sized:]
		if size > uint64(len(b)) {
			return frames, errFrame
		}
		frames = append(frames, bytes.Clone(b[:size]))
		b = b[size:]
	}
	return frames, nil
}
