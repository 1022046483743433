package priv

import "slices"

// Verb is one thing that the helper can be asked to do.
type Verb string

// The verbs. They are an interface between two programs that may be of different versions: none changes its meaning.
const (
	BondLACP         Verb = "bond.lacp"
	BondPacketSocket Verb = "bond.packet_socket"
	BondSetActive    Verb = "bond.set_active"
	UnitRestart      Verb = "unit.restart"
	UnitStop         Verb = "unit.stop"
)

// Entry is one verb as docs/security.md tells of it.
type Entry struct {
	Verb   Verb
	Writes bool   // changes the host: there in mode enforce only, and carries an [Effect]
	Takes  string // the fields of a request, beside verb and version
	Allows string // the key of the configuration that lists what it may be used on; empty: anything of its kind
	Does   string // what it does and what it takes to be allowed to
	Why    string // why the agent cannot do without
}

// Vocabulary is every verb there is, sorted.
func Vocabulary() []Entry {
	return slices.Clone([]Entry{
		{
			Verb: BondLACP, Takes: "bond",
			Does: "Reads /proc/net/bonding/BOND as the kernel shows it to CAP_NET_ADMIN, and hands over the text.",
			Why:  "The kernel hides the LACP partner's and the ports' details (system, key, port priority and state) from others, and rtnetlink has only a part of them.",
		},
		{
			Verb: BondPacketSocket, Takes: "bond, member, hear", Allows: "helper.packet_socket",
			Does: "Opens a packet socket (CAP_NET_RAW) bound to MEMBER, which must be one of BOND's, and hands it over. A filter, locked before the socket hears anything, lets ARP of this member and its bond through and nothing else.",
			Why:  "Whether a standby's path carries shows only on the member itself: in what it hears, and in who answers a probe sent through it.",
		},
		{
			Verb: BondSetActive, Writes: true, Takes: "bond, member, effect", Allows: "helper.set_active",
			Does: "Writes MEMBER to active_slave of BOND. Refused unless the bond is active-backup, not monitored by ARP, would not be moved back at once (primary_reselect), and MEMBER is one of its members with its link up.",
			Why:  "A path that is dead behind a link that is up: the kernel sees nothing wrong and stays.",
		},
		{
			Verb: UnitRestart, Writes: true, Takes: "unit, effect", Allows: "helper.restart",
			Does: "Asks systemd over its private socket to restart UNIT, a service, and waits for the job to end. Refused while it is neither active, inactive nor failed.",
			Why:  "A service that hangs does not end, so systemd does not start it again.",
		},
		{
			Verb: UnitStop, Writes: true, Takes: "unit, effect", Allows: "helper.stop",
			Does: "Asks systemd to stop UNIT, a service, and waits for the job to end. Refused while it is not active.",
			Why:  "A sick instance among healthy ones answers some of the requests, wrongly.",
		},
	})
}

// Known is the entry of verb.
func Known(verb Verb) (Entry, bool) {
	all := Vocabulary()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Verb == verb })
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}
