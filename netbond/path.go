package netbond

import (
	"fmt"

	"plimsoll/netbond/paths"
	"plimsoll/redundancy"
)

// hear adds to b what w knows of the paths behind its members.
func (b *Bond) hear(w *paths.Watch) (notes []string) {
	if w == nil || !w.Wants(b.Name) || !b.Mode.Known {
		return nil
	}
	if b.Mode.Value != ActiveBackup {
		return []string{fmt.Sprintf("%s is %s: paths are listened to in active-backup alone", b.Name, b.Mode.Value)}
	}
	for i := range b.Members {
		m := &b.Members[i]
		f, found := w.Finding(b.Name, m.Name)
		if !found {
			continue
		}
		m.Path = known(f)
		if f.Problem != "" {
			notes = append(notes, fmt.Sprintf("nobody hears whether the path behind %s of %s carries: %s", m.Name, b.Name, f.Problem))
		}
	}
	return notes
}

// showPaths tells those who listen which bonds there are now.
func (c *Collector) showPaths() {
	if c.paths == nil {
		return
	}
	var bonds []paths.Bond
	for _, s := range c.last {
		if b, fit := s.bond.forPaths(); fit {
			bonds = append(bonds, b)
		}
	}
	c.paths.Look(bonds)
}

// forPaths is b for those who listen, and false where there is nothing to listen to: outside active-backup, and where the
// addresses are none of Ethernet.
func (b Bond) forPaths() (paths.Bond, bool) {
	own, ethernet := paths.ParseMAC(b.Address.Value)
	if b.Mode.Value != ActiveBackup || !ethernet {
		return paths.Bond{}, false
	}
	active, _ := b.memberName(b.Active)
	out := paths.Bond{Name: b.Name, Address: own, Active: active}
	for _, m := range b.Members {
		if permanent, ethernet := paths.ParseMAC(m.Address.Value); ethernet {
			out.Members = append(out.Members, paths.Member{Name: m.Name, Index: int(m.Index), Permanent: permanent, Up: m.linked()})
		}
	}
	return out, true
}

// path adds to c what is known of the path behind m.
func (m Member) path(c *redundancy.Component) {
	if m.Announced.Known {
		c.Evidence = append(c.Evidence, m.Announced.Value)
	}
	if !m.Path.Known {
		return
	}
	f := m.Path.Value
	c.Evidence = append(c.Evidence, f.Evidence...)
	if c.Broken() {
		return // that its link is down says it all
	}
	if c.State == redundancy.Standby {
		c.Proven = f.Proven
	}
	if f.Silent {
		c.Doubts = append(c.Doubts, redundancy.DoubtSilent) // the last of the doubts
	}
}

// pathWarnings are of the path behind a standby.
func (b Bond) pathWarnings(m Member) []redundancy.Warning {
	if !m.Path.Known || !m.linked() || b.role(m) != redundancy.Standby {
		return nil
	}
	f := m.Path.Value
	warning := redundancy.Warning{Member: b.memberID(m), Evidence: f.Evidence}
	switch {
	case f.WrongVLAN:
		warning.Key = WarnWrongVLAN
		warning.Text = m.Name + " does not hear what the member in use does, and others instead: it is not in the same VLANs, and would cut the host off"
	case f.Proven == redundancy.No && !f.Silent:
		warning.Key = redundancy.WarnUnproven
		warning.Text = fmt.Sprintf("%s stands by for %s and is unproven: its path has not been seen to carry yet", m.Name, b.Name)
	default:
		return nil
	}
	return []redundancy.Warning{warning}
}
