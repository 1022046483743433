package lldp

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
)

// Neighbour is who speaks LLDP at the other end of a link.
type Neighbour struct {
	Link    string // our end
	Chassis string // its chassis id, in the form of name
	Port    string // its port id, in the form of name
	System  string // its system name; empty: not told
	Label   string // its port's description; empty: not told
	Carries bool   // it says that it is a bridge or a router, and that it works as one
}

// name makes an id, which a stranger chose, fit for ours: what is printable ASCII stands, a space as an underscore, a slash as a
// hyphen, since it divides our ids; anything else makes it hexadecimal.
func name(id string) string {
	clean := strings.NewReplacer(" ", "_", "/", "-").Replace(strings.TrimSpace(id))
	if strings.ContainsFunc(clean, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "0x" + hex.EncodeToString([]byte(id))
	}
	return clean
}

// spoken is text that a stranger chose, fit for people: without control characters, and not long.
func spoken(text string) string {
	const most = 64
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, text))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// opposite is who is at the other end of a link, of all that are heard there: the one that says that it is a bridge or a router;
// without such a one the only one. Where several say so the link leads into something that hands LLDP on, and nobody knows to
// which of them.
func opposite(heard []Neighbour) (n Neighbour, ok bool) {
	if carrying := slices.DeleteFunc(slices.Clone(heard), func(n Neighbour) bool { return !n.Carries }); len(carrying) > 0 {
		heard = carrying
	}
	slices.SortFunc(heard, func(x, y Neighbour) int {
		return cmp.Or(cmp.Compare(x.Chassis, y.Chassis), cmp.Compare(x.Port, y.Port))
	})
	heard = slices.CompactFunc(heard, func(x, y Neighbour) bool { return x.Chassis == y.Chassis && x.Port == y.Port })
	if len(heard) != 1 {
		return Neighbour{}, false
	}
	return heard[0], true
}
