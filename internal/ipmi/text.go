package ipmi

import "strings"

// The encodings of text (chapter 43.15, and chapter 13 of the FRU definition).
const (
	textBCD    = 1
	textPacked = 2
	textASCII  = 3
)

// text is a string in one of the encodings; what is not printable is left out. Unicode, or what an inventory calls binary,
// has none.
func text(encoding byte, b []byte) string {
	var out strings.Builder
	switch encoding {
	case textBCD:
		for _, c := range b {
			out.WriteByte("0123456789 -.:,_"[c>>4])
			out.WriteByte("0123456789 -.:,_"[c&0x0F])
		}
	case textPacked: // six bits a letter, the lowest first
		bits, n := uint(0), 0
		for _, c := range b {
			bits |= uint(c) << n
			for n += 8; n >= 6; n -= 6 {
				out.WriteByte(byte(bits&0x3F) + ' ')
				bits >>= 6
			}
		}
	case textASCII:
		for _, c := range b {
			if c >= ' ' && c <= '~' {
				out.WriteByte(c)
			}
		}
	}
	return strings.TrimSpace(out.String())
}
