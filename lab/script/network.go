package script

import "regexp"

var (
	cableName = regexp.MustCompile(`^(eth[12]|veth[0-9]{1,3})$`)
	vethName  = regexp.MustCompile(`^veth[0-9]{1,3}$`)
	// linkName is any link of the guest, VLANs included.
	linkName = regexp.MustCompile(`^[a-z][a-z0-9]{1,9}(\.[0-9]{1,4})?$`)
)

// The statements about networks.
type (
	// Partner makes a switch in a network namespace of its own, and cables that lead to it.
	Partner struct {
		Name, Kind string
		Cables     []string
	}
	// Bond makes a bond; Options are the kernel's names and values.
	Bond struct {
		Name, Mode string
		Options    []string
		NICs       []string
	}
	// Cable plugs in or unplugs a network cable.
	Cable struct {
		NIC string
		Up  bool
	}
	// Port takes the far port of a cable out of its switch's group, or puts it in again; the cable stays plugged in.
	Port struct {
		Cable string
		In    bool
	}
	// VLAN makes a VLAN on a link.
	VLAN struct {
		Link string
		ID   int
	}
	// Bridge makes a bridge of links.
	Bridge struct {
		Name  string
		Links []string
	}
	// DefaultRoute lets a link lead to the rest of the world.
	DefaultRoute struct{ Link string }
	// Move puts a link into another network namespace, or back.
	Move struct {
		Link string
		Back bool
	}
)

func (Partner) statement()      {}
func (Bond) statement()         {}
func (Cable) statement()        {}
func (Port) statement()         {}
func (VLAN) statement()         {}
func (Bridge) statement()       {}
func (DefaultRoute) statement() {}
func (Move) statement()         {}

func networkForms() []Form {
	return []Form{
		{
			Words: "partner", Usage: "partner NAME lacp|static|bridge CABLE...",
			Help:  "make a switch in a namespace of its own, with the address 10.9.0.2, and cables veth0, veth1, ... to it; its ports are a group that speaks LACP, a group that speaks nothing, or no group",
			parse: parsePartner,
		},
		{
			Words: "bond", Usage: "bond NAME MODE [OPTION VALUE]... CABLE...", Help: "make a bond of the machine's cables eth1 and eth2, or of those to partners; the first has the address 10.9.0.1",
			parse: parseBond,
		},
		{
			Words: "cable", Usage: "cable CABLE up|down", Help: "plug a network cable in, or pull it out",
			parse: func(a *args) Statement {
				return Cable{NIC: a.matching("cable, eth1, eth2 or one to a partner", cableName), Up: a.oneOf("up", "down") == "up"}
			},
		},
		{
			Words: "port", Usage: "port CABLE in|out", Help: "put the partner's port of a cable into its group, or take it out while the cable stays plugged in",
			parse: func(a *args) Statement {
				return Port{Cable: a.matching("cable to a partner", vethName), In: a.oneOf("in", "out") == "in"}
			},
		},
		{
			Words: "vlan", Usage: "vlan LINK ID", Help: "make the VLAN LINK.ID on a link",
			parse: func(a *args) Statement { return VLAN{Link: a.matching("link", linkName), ID: a.number("VLAN")} },
		},
		{
			Words: "bridge", Usage: "bridge NAME LINK...", Help: "make a bridge of links",
			parse: func(a *args) Statement {
				b := Bridge{Name: a.matching("bridge name", ifName), Links: a.allMatching(linkName)}
				if len(b.Links) == 0 {
					a.fail("a bridge needs links")
				}
				return b
			},
		},
		{
			Words: "default route", Usage: "default route LINK", Help: "let a link, with the address 10.9.0.1, be the default route, by way of 10.9.0.2",
			parse: func(a *args) Statement { return DefaultRoute{Link: a.matching("link", linkName)} },
		},
		{
			Words: "move", Usage: "move LINK away|back", Help: "put a link into another network namespace, or back into the guest's own",
			parse: func(a *args) Statement {
				return Move{Link: a.matching("link", linkName), Back: a.oneOf("away", "back") == "back"}
			},
		},
	}
}

func parsePartner(a *args) Statement {
	p := Partner{Name: a.matching("partner name", ifName), Kind: a.oneOf("lacp", "static", "bridge"), Cables: a.allMatching(vethName)}
	if len(p.Cables) == 0 {
		a.fail("a partner needs cables")
	}
	return p
}

func parseBond(a *args) Statement {
	b := Bond{Name: a.matching("bond name", ifName), Mode: a.word("mode")}
	for len(a.words) > 0 && !cableName.MatchString(a.words[0]) {
		b.Options = append(b.Options, a.word("option"), a.word("value"))
	}
	if b.NICs = a.allMatching(cableName); len(b.NICs) == 0 {
		a.fail("a bond needs cables")
	}
	return b
}
