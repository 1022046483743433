package netbond

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"plimsoll/netbond/paths"
	"plimsoll/redundancy"
)

// Reading is one value that the kernel may have told. Where it is not Known, Problem says what was wrong with it; both
// empty means that the kernel did not tell it, which for some attributes is an answer (no active member).
type Reading[T any] struct {
	Value   T
	Known   bool
	Problem string
}

// known is a reading of v.
func known[T any](v T) Reading[T] { return Reading[T]{Value: v, Known: true} }

// is says whether r surely is v.
func is[T comparable](r Reading[T], v T) bool { return r.Known && r.Value == v }

// Bond is one bond in the kernel's words.
type Bond struct {
	Index           int32
	Name            string
	Address         Reading[string] // its own now: that of a member by default, lower case with colons
	Flags           LinkFlags
	OperState       Reading[uint8]
	Mode            Reading[Mode]
	Active          Reading[uint32] // IFLA_BOND_ACTIVE_SLAVE, an interface index; not told: there is none
	Primary         Reading[uint32] // an interface index; not told: there is none
	PrimaryReselect Reading[uint8]
	FailOverMAC     Reading[uint8]
	MIIMon          Reading[uint32] // milliseconds
	ARPInterval     Reading[uint32] // milliseconds
	UpDelay         Reading[uint32] // milliseconds
	DownDelay       Reading[uint32] // milliseconds
	MinLinks        Reading[uint32]
	PeerNotices     Reading[uint8] // num_grat_arp: how often a failover is announced to neighbours
	ADSelect        Reading[uint8]
	LACPRate        Reading[uint8]      // how often the partner is asked to say that it is there: slow or fast
	XmitHash        Reading[uint8]      // what decides which member a frame leaves by
	Aggregator      Reading[Aggregator] // the active one; not told outside 802.3ad
	Report          string              // where the bond's report was read, for evidence; empty: it was not
	Members         []Member            // sorted by name
}

// Aggregator is IFLA_BOND_AD_INFO: the active aggregator of an 802.3ad bond.
type Aggregator struct {
	ID      uint16
	Ports   uint16
	Partner string // the partner's system address; all zero: none
}

// Member is one member of a bond in the kernel's words.
type Member struct {
	Index        int32
	Name         string
	Flags        LinkFlags
	OperState    Reading[uint8]
	Address      Reading[string] // permanent, lower case with colons
	Role         Reading[Role]
	MII          Reading[MII]
	LinkFailures Reading[uint32]
	Aggregator   Reading[uint16]              // not told: in none
	Actor        Reading[PortState]           // 802.3ad
	Partner      Reading[PortState]           // 802.3ad
	Churn        Reading[Churn]               // 802.3ad
	ChurnAt      string                       // where Churn was read
	Peer         Reading[Peer]                // 802.3ad, and only where we may read it
	PeerAt       string                       // where Peer was read
	PeerSeen     time.Time                    // when, if that was not in this look
	Speed        Reading[uint32]              // Mb/s; not told: the driver does not say
	Duplex       Reading[Duplex]              // not told: the driver does not say
	Base         string                       // what carries the link: a PCI function, a device, another link; empty: not known
	BaseAt       string                       // where Base was read
	Part         redundancy.ID                // the link as a part; empty: not known
	Announced    Reading[redundancy.Evidence] // what was heard of its telling its neighbours, just after it was put to use
	Path         Reading[paths.Finding]       // what is known of the path behind the link; not told: nobody listens there
}

// Churn is what the churn detection of LACP says of a port, by end: whether that end has agreed to carry within a minute.
type Churn struct{ Actor, Partner ChurnState }

// ChurnState is a state of the churn detection machine (IEEE 802.1AX, 6.4.17).
type ChurnState uint8

// The states, in the order of the kernel's numbers, which begin with monitoring at 0. Churned: that end has not agreed for a
// minute, and there is no telling that it will.
const (
	ChurnUnknown ChurnState = iota
	ChurnMonitoring
	Churned
	ChurnNone
)

// Peer is who answers on an 802.3ad port, and the keys by which both ends decide which ports go together.
type Peer struct {
	ActorKey, Key uint16
	System        string
	Port          uint16
}

// Duplex is whether a link sends and receives at the same time.
type Duplex uint8

// The duplexes, from the lesser to the better.
const (
	DuplexUnknown Duplex = iota
	HalfDuplex
	FullDuplex
)

// Mode is how a bond uses its members.
type Mode uint8

// The modes, in the order of the kernel's numbers, which begin with balance-rr at 0.
const (
	ModeUnknown Mode = iota
	BalanceRR
	ActiveBackup
	BalanceXOR
	Broadcast
	LACP // 802.3ad
	BalanceTLB
	BalanceALB
)

// Role is IFLA_BOND_SLAVE_STATE.
type Role uint8

// The roles. In the kernel active is 0 and backup 1.
const (
	RoleUnknown Role = iota
	RoleActive
	RoleBackup
)

// MII is IFLA_BOND_SLAVE_MII_STATUS: what the bond's link monitor, of whichever sort, has made of a member.
type MII uint8

// The states, in the order of the kernel's numbers, which begin with up at 0. MIIGoingDown waits for downdelay,
// MIIGoingBack for updelay.
const (
	MIIUnknown MII = iota
	MIIUp
	MIIGoingDown
	MIIDown
	MIIGoingBack
)

var (
	modeWords     = []string{"unknown", "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}
	roleWords     = []string{"unknown", "active", "backup"}
	miiWords      = []string{"unknown", "up", "going down", "down", "going back"}
	churnWords    = []string{"unknown", "monitoring", "churned", "none"}
	duplexWords   = []string{"unknown", "half", "full"}
	reselectWords = []string{"always", "better", "failure"}
	failOverWords = []string{"none", "active", "follow"}
	adSelectWords = []string{"stable", "bandwidth", "count"}
	rateWords     = []string{"slow", "fast"}
	hashWords     = []string{"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"}
	operWords     = []string{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}
	portWords     = []string{"activity", "timeout", "aggregation", "synchronization", "collecting", "distributing", "defaulted", "expired"}
	flagWords     = []string{"UP", "RUNNING", "LOWER_UP"}
	flagBits      = []LinkFlags{FlagUp, FlagRunning, FlagLowerUp}
)

func word[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("#%d", uint8(v))
}

// String is the kernel's word, as in /proc/net/bonding.
func (m Mode) String() string { return word(modeWords, m) }

// String is the kernel's word.
func (r Role) String() string { return word(roleWords, r) }

// String is the kernel's word, as in /proc/net/bonding.
func (m MII) String() string { return word(miiWords, m) }

// String is the kernel's word, as in /proc/net/bonding.
func (c ChurnState) String() string { return word(churnWords, c) }

// String is the kernel's word, as in /proc/net/bonding.
func (d Duplex) String() string { return word(duplexWords, d) }

// LinkFlags are the flags of a link, ifi_flags of struct ifinfomsg.
type LinkFlags uint32

// The flags that are looked at: set up by a person, operational, carrier present.
const (
	FlagUp      LinkFlags = 0x1
	FlagRunning LinkFlags = 0x40
	FlagLowerUp LinkFlags = 0x10000
)

// Has says whether all of want are set.
func (f LinkFlags) Has(want LinkFlags) bool { return f&want == want }

// String names the flags that are looked at.
func (f LinkFlags) String() string {
	var out []string
	for i, bit := range flagBits {
		if f.Has(bit) {
			out = append(out, flagWords[i])
		}
	}
	if out == nil {
		return "none of " + strings.Join(flagWords, ",")
	}
	return strings.Join(out, ",")
}

// PortState is the state octet of an LACP port (IEEE 802.1AX, 6.4.2.3).
type PortState uint8

// The bits that are looked at. Defaulted: the port goes by defaults because no partner answers; expired: a partner that
// answered has fallen silent.
const (
	PortSynchronization PortState = 0x08
	PortCollecting      PortState = 0x10
	PortDistributing    PortState = 0x20
	PortDefaulted       PortState = 0x40
	PortExpired         PortState = 0x80

	portCarries = PortSynchronization | PortCollecting | PortDistributing
)

// String is the octet in hexadecimal and the names of its bits.
func (p PortState) String() string {
	var out []string
	for i, w := range portWords {
		if p&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return fmt.Sprintf("0x%02x (%s)", uint8(p), cmp.Or(strings.Join(out, " "), "none"))
}
