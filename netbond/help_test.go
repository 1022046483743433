package netbond

import (
	"fmt"
	"testing"

	"plimsoll/redundancy"
)

const carrier = FlagUp | FlagRunning | FlagLowerUp

// bonded is a bond that works, watching its links, of members eth0, eth1, … with links; the first is active.
func bonded(mode Mode, n int) Bond {
	b := Bond{
		Index: 100, Name: "bond0", Address: known("aa:bb:cc:00:00:00"), Flags: carrier, OperState: known(uint8(6)), Mode: known(mode),
		MIIMon: known(uint32(100)), ARPInterval: known(uint32(0)), UpDelay: known(uint32(0)), DownDelay: known(uint32(0)),
		MinLinks: known(uint32(0)), ADSelect: known(uint8(0)), FailOverMAC: known(uint8(0)), PrimaryReselect: known(uint8(0)),
	}
	if hasActive(mode) {
		b.Active = known(uint32(1))
	}
	if mode == LACP {
		b.Aggregator = known(Aggregator{ID: 1, Ports: uint16(n), Partner: "02:00:00:00:00:01"})
	}
	for i := range n {
		m := Member{
			Index: int32(i + 1), Name: fmt.Sprintf("eth%d", i), Flags: carrier, OperState: known(uint8(6)),
			Address: known(fmt.Sprintf("aa:bb:cc:00:00:%02x", i)), Role: known(RoleActive), MII: known(MIIUp), LinkFailures: known(uint32(0)),
		}
		if hasActive(mode) && i > 0 {
			m.Role = known(RoleBackup)
		}
		if mode == LACP {
			m.Aggregator, m.Actor, m.Partner = known(uint16(1)), known(PortState(0x3f)), known(PortState(0x3f))
		}
		b.Members = append(b.Members, m)
	}
	return b
}

func cut(m *Member) { m.Flags, m.MII = FlagUp, known(MIIDown) }

func malformed[T any]() Reading[T] { return Reading[T]{Problem: "malformed"} }

// checked is b's group, with needs that hold together.
func checked(tb testing.TB, b Bond) redundancy.Group {
	tb.Helper()
	g := b.Group()
	if err := g.Needs.Check(); err != nil {
		tb.Fatal(err)
	}
	return g
}

// shown is what a group comes to: the verdict, members by name, and the keys of its warnings.
type shown struct {
	Status  redundancy.Status
	Margin  redundancy.Margin
	Serving redundancy.Tristate
	Members map[string]redundancy.State
	Warns   []string
}

func show(g redundancy.Group) shown {
	v := redundancy.Judge(g)
	out := shown{v.Status, v.Margin, v.Serving, map[string]redundancy.State{}, nil}
	for _, c := range g.Members {
		out.Members[c.Name] = c.State
	}
	for _, w := range g.Warnings {
		out.Warns = append(out.Warns, w.Key)
	}
	return out
}
