package netbond

import (
	"context"
	"os"
	"sync"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/netbond/paths"
	"plimsoll/redundancy"
)

const (
	// announceWithin is how long after a switch the gratuitous ARP is waited for. The kernel sends the first within the very
	// write that switches; a bond without an IP address sends none.
	announceWithin = 50 * time.Millisecond

	// announceKept is how long what was heard of it stays with the member: the look that proves the switch comes at once.
	announceKept = time.Minute
)

// announcements are what was heard of a bond's telling its neighbours about a switch, by bond. Operators add, Collect reads.
type announcements struct {
	mu sync.Mutex
	by map[string]announcement
}

type announcement struct {
	member   string
	evidence redundancy.Evidence
}

func (a *announcements) note(bond, member string, e redundancy.Evidence) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil {
		a.by = map[string]announcement{}
	}
	a.by[bond] = announcement{member, e}
}

// add adds what was heard lately to the member that it was heard on.
func (a *announcements) add(b *Bond, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	heard, any := a.by[b.Name]
	if !any {
		return
	}
	if now.Sub(heard.evidence.At) > announceKept {
		delete(a.by, b.Name)
		return
	}
	for i := range b.Members {
		if b.Members[i].Name == heard.member {
			b.Members[i].Announced = known(heard.evidence)
		}
	}
}

// witness listens on the member that a bond is about to use, for the gratuitous ARP that tells its neighbours. Its socket sees
// all that leaves, so it is there for that moment only.
type witness struct {
	bond, member string
	own          paths.MAC
	file         *os.File // nil: it cannot listen
	problem      error    // why not; nil beside a nil file: the bond announces nothing that could be heard
}

func (m *mover) witness(ctx context.Context, b Bond, to Member) witness {
	w := witness{bond: b.Name, member: to.Name}
	var ethernet bool
	if w.own, ethernet = paths.ParseMAC(b.Address.Value); ethernet {
		w.file, w.problem = m.helper.PacketSocket(ctx, b.Name, to.Name, priv.HearBoth)
	}
	return w
}

// close ends it.
func (w witness) close() {
	if w.file != nil {
		_ = w.file.Close() // nothing was written to it
	}
}

// tell waits for the announcement of a switch that has been made, and notes what became of it.
func (w witness) tell(ctx context.Context, heard *announcements) {
	e := redundancy.Evidence{Where: "packet socket " + w.member + ", both ways"}
	switch {
	case w.problem != nil:
		e.Err = w.problem.Error()
	case w.file == nil:
		return
	default:
		ctx, cancel := context.WithTimeout(ctx, announceWithin)
		defer cancel()
		e.Value = "no gratuitous ARP went out within " + announceWithin.String()
		if address, announced := paths.Announcement(ctx, w.file, w.own); announced {
			e.Value = "gratuitous ARP for " + address.String() + " went out"
		}
	}
	e.At = time.Now()
	heard.note(w.bond, w.member, e)
}
