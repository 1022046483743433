package netbond

import (
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/sysfs"
)

// reports is where the kernel reports on its bonds for people: a file for each, in /proc.
const reports = "net/bonding"

// readReport adds to b what the kernel tells in its report alone: speed and duplex as bonding last heard them from the
// driver (asking the driver ourselves would cost it a call for each look), churn on kernels whose rtnetlink lacks it, and,
// where we may read that, who answers on each port. What can't be read stays as it is.
func readReport(proc sysfs.FS, b *Bond) error {
	path := reports + "/" + b.Name
	text, err := proc.ReadAll(path)
	if err != nil {
		return err
	}
	b.Report = proc.Path(path)
	told := parseReport(text)
	for i := range b.Members {
		if p, ok := told[b.Members[i].Name]; ok {
			b.Members[i].amend(p, b.Report)
		}
	}
	return nil
}

// port is what the report tells of one member.
type port struct {
	speed   Reading[uint32]
	duplex  Reading[Duplex]
	actor   Reading[ChurnState]
	partner Reading[ChurnState]
	peer    Peer
	detail  bool // the report holds peer
}

func (m *Member) amend(p port, report string) {
	m.Speed, m.Duplex = p.speed, p.duplex
	if !m.Churn.Known && p.actor.Known && p.partner.Known {
		m.Churn, m.ChurnAt = known(Churn{p.actor.Value, p.partner.Value}), report+" "+m.Name+" Churn State"
	}
	if p.detail {
		m.Peer, m.PeerAt = known(p.peer), report+" "+m.Name+" "+partnerBlock
	}
}

// partnerBlock is the heading of what a port's partner says of itself.
const partnerBlock = "details partner lacp pdu"

// parseReport reads a file of /proc/net/bonding: lines of "Key: value", first the bond's, then each member's, in which two
// blocks tell of LACP's two ends to those who may administer the network. A line that is not understood is left out.
func parseReport(text string) map[string]port {
	const ours, theirs = "details actor lacp pdu", partnerBlock
	ports := map[string]port{}
	var name, end string
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Slave Interface":
			name, end = value, ""
			ports[name] = port{}
			continue
		case ours, theirs:
			end = key
			continue
		}
		if name == "" {
			continue // still the bond's own
		}
		p := ports[name]
		switch end {
		case "":
			p.fact(key, value)
		case ours:
			p.ours(key, value)
		case theirs:
			p.theirs(key, value)
		}
		ports[name] = p
	}
	return ports
}

func (p *port) fact(key, value string) {
	switch key {
	case "Speed":
		mbps, unit, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(mbps, 10, 32); err == nil && n > 0 && unit == "Mbps" {
			p.speed = known(uint32(n))
		}
	case "Duplex":
		p.duplex = worded(value, duplexWords, DuplexUnknown)
	case "Actor Churn State":
		p.actor = worded(value, churnWords, ChurnUnknown)
	case "Partner Churn State":
		p.partner = worded(value, churnWords, ChurnUnknown)
	}
}

func (p *port) ours(key, value string) {
	if key == "port key" {
		p.peer.ActorKey = number16(value)
	}
}

func (p *port) theirs(key, value string) {
	switch key {
	case "system mac address":
		p.peer.System, p.detail = value, true
	case "oper key":
		p.peer.Key = number16(value)
	case "port number":
		p.peer.Port = number16(value)
	}
}

// worded finds the kernel's word among ours; "unknown" tells nothing.
func worded[T ~uint8](value string, words []string, unknown T) Reading[T] {
	for i, w := range words {
		if w == value && T(i) != unknown {
			return known(T(i))
		}
	}
	return Reading[T]{Value: unknown}
}

// number16 is zero for what is no number, as the kernel's own key for none.
func number16(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// String is p as evidence says it.
func (p Peer) String() string {
	return fmt.Sprintf("system %s key %d port %d, own key %d", p.System, p.Key, p.Port, p.ActorKey)
}
