package paths

import (
	"time"

	"plimsoll/redundancy"
)

// Bond is a bond whose paths are watched, as the newest look found it.
type Bond struct {
	Name    string
	Address MAC      // its own, which its members send from
	Active  string   // the member in use; empty: none
	Members []Member // sorted by name
}

// Member is one member of a bond.
type Member struct {
	Name      string
	Index     int // of its link
	Permanent MAC
	Up        bool // it has a link
}

// Probing is whom to ask through the members of a bond, and how often.
type Probing struct {
	Targets []Target
	Every   time.Duration
	// Enough is how many targets have to fall silent through the member in use, and to answer through a standby, before the
	// path in use is called silent.
	Enough int
}

// Finding is what is known of the path behind one member. It holds until the next one.
type Finding struct {
	Proven    redundancy.Tristate // Unread: it cannot be said, for Problem
	Silent    bool                // it carried before and does not now, while another does
	WrongVLAN bool                // what comes through it is not what comes through the member in use
	Problem   string              // why nothing can be heard; empty: it can
	Evidence  []redundancy.Evidence
}

// findings are those of all members that are watched, by bond and member.
type findings map[string]map[string]Finding

const (
	// often is how many occasions in a row a path has to miss to be called silent.
	often = 5

	// flood is how long one frame may take to come out of all ports of a switch, and we to hear it on all members.
	flood = time.Second

	// pace is how many rounds fit into one interval while a path is suspected, and what part of an interval an answer may
	// take. A path that has just died is asked a first time after at most 1.2 intervals, then four times more, and the last
	// answer is waited for: 2.45 intervals after it died it is called silent, of three that detection and switch may take.
	pace = 4

	// slowest bounds how long an answer is waited for, however long the interval.
	slowest = time.Second

	// jitter keeps a rack of hosts from asking their gateway at the same time.
	jitter = 0.2

	// shouting is how rarely somebody whose address is not known is asked for by broadcast, however short the interval.
	shouting = 10 * time.Second

	// crowd bounds how many broadcasts are kept while they may still come out of other ports. In a storm the rest is left.
	crowd = 256

	// coarse is how exactly it is kept when a path was last heard: a finding that says the same is the same.
	coarse = time.Minute
)
