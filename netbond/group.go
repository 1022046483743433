package netbond

import (
	"cmp"
	"slices"
	"strconv"

	"plimsoll/redundancy"
)

// monitoring is whether a bond watches its links. Without it the bond goes on using a link that is gone.
type monitoring uint8

const (
	monitoringUnread monitoring = iota
	monitoringOff
	monitoringOn
)

func (b Bond) monitoring() monitoring {
	switch {
	case b.MIIMon.Known && b.MIIMon.Value > 0, b.ARPInterval.Known && b.ARPInterval.Value > 0:
		return monitoringOn
	case b.MIIMon.Known && b.ARPInterval.Known:
		return monitoringOff
	default:
		return monitoringUnread
	}
}

// Group tells b as a group: members by permanent address, what it needs of them by its mode, and whether it serves.
func (b Bond) Group() redundancy.Group {
	g := redundancy.Group{
		ID:       b.id(),
		Name:     b.Name,
		Kind:     redundancy.KindBond,
		Type:     b.groupType(),
		Settings: b.settings(),
		Evidence: b.evidence(),
		Warnings: b.warnings(),
	}
	seats := b.seats()
	if b.Mode.Value == LACP {
		b.judgeLACP(&g, seats)
	} else {
		b.judgeLinks(&g, seats)
	}
	for _, s := range seats {
		g.Members = append(g.Members, s.component)
	}
	slices.SortFunc(g.Members, func(x, y redundancy.Component) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(g.Warnings, func(x, y redundancy.Warning) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.Member, y.Member))
	})
	return g
}

// judgeLinks sets needs and serving where a member carries as soon as its link is up: one of n.
//
// Without link monitoring the kernel goes on using a link that has failed, so the failure of any one may be the outage: what
// is needed lies between one and all. Where it is not known what the bond would do (mode or monitoring unread), the members
// are doubtful as well.
func (b Bond) judgeLinks(g *redundancy.Group, seats []seat) {
	needed := redundancy.Exactly(1)
	watched := b.monitoring()
	if watched != monitoringOn || !b.Mode.Known {
		needed.High = max(1, len(seats))
	}
	if watched == monitoringUnread || !b.Mode.Known {
		for i := range seats {
			seats[i].doubt(redundancy.DoubtUnread)
		}
	}
	if len(seats) > 0 {
		g.Needs.AllOf = []redundancy.Need{{Members: ids(seats), Needed: needed}}
	}
	g.Serving = b.serving(seats)
}

// serving goes by the bond's own carrier, which bonding drops when no member is left, and by members that surely work: the
// active one where the mode has one; all, where that one is not known or where the bond stays with a link that has failed;
// else any.
func (b Bond) serving(seats []seat) redundancy.Tristate {
	if !b.Flags.Has(FlagUp|FlagLowerUp) || len(seats) == 0 {
		return redundancy.No
	}
	works := func(s seat) bool { return s.component.Works() }
	stays := b.monitoring() == monitoringOff
	active := slices.IndexFunc(seats, func(s seat) bool { return is(b.Active, uint32(s.member.Index)) })
	var proved bool
	switch {
	case hasActive(b.Mode.Value) && active >= 0:
		if stays && seats[active].component.Broken() {
			return redundancy.No
		}
		proved = works(seats[active]) // if not, the kernel is about to move, or waits for downdelay
	case hasActive(b.Mode.Value) || stays:
		proved = !slices.ContainsFunc(seats, func(s seat) bool { return !works(s) })
	default:
		proved = slices.ContainsFunc(seats, works)
	}
	if proved {
		return redundancy.Yes
	}
	return redundancy.Unread
}

// seat is a member and the component it is told as.
type seat struct {
	member    Member
	component redundancy.Component
}

func (s *seat) doubt(d redundancy.Doubt) {
	if s.component.Works() {
		s.component.Doubts = []redundancy.Doubt{d}
	}
}

func ids(seats []seat) []redundancy.ID {
	out := make([]redundancy.ID, len(seats))
	for i, s := range seats {
		out[i] = s.component.ID
	}
	slices.Sort(out)
	return out
}

func (b Bond) seats() []seat {
	out := make([]seat, len(b.Members))
	for i, m := range b.Members {
		c := redundancy.Component{ID: b.memberID(m), Name: m.Name, Evidence: m.evidence()}
		if m.Part != "" {
			c.StandsOn = []redundancy.ID{m.Part}
		}
		if b.alone(m) {
			c.Device = redundancy.ID("mac:" + m.Address.Value)
		}
		c.State, c.Health, c.Doubts = b.condition(m)
		m.path(&c)
		out[i] = seat{m, c}
	}
	return out
}

func (b Bond) id() redundancy.ID { return redundancy.ID("bond:" + b.Name) }

// memberID is by the permanent address. Without one that is its own only the name tells a member apart; no name of a link
// holds a colon.
func (b Bond) memberID(m Member) redundancy.ID {
	if b.alone(m) {
		return b.id() + redundancy.ID("/"+m.Address.Value)
	}
	return b.id() + redundancy.ID("/"+m.Name)
}

// alone says whether m has an address that no other member has.
func (b Bond) alone(m Member) bool {
	return m.Address.Known && !slices.ContainsFunc(b.Members, func(other Member) bool {
		return other.Index != m.Index && other.Address == m.Address
	})
}

// condition is what a member's link says of it. Good is a link that is up in the eyes of the bond's monitor and has a
// carrier now: the monitor is late by up to its interval, the carrier alone does not tell of updelay or ARP.
func (b Bond) condition(m Member) (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	if !m.Flags.Has(FlagUp | FlagLowerUp) {
		return redundancy.Disabled, redundancy.Critical, nil
	}
	var doubts []redundancy.Doubt
	switch m.MII.Value {
	case MIIUp:
	case MIIGoingDown, MIIDown:
		return redundancy.Disabled, redundancy.Critical, nil
	case MIIGoingBack:
		return redundancy.Recovering, redundancy.OK, nil
	case MIIUnknown:
		doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	default:
		doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	}
	return b.role(m), redundancy.OK, doubts
}

// role says whether a member with a link is in use or stands by; the bond's word stands in where the member's is unread.
func (b Bond) role(m Member) redundancy.State {
	switch m.Role.Value {
	case RoleActive:
		return redundancy.Enabled
	case RoleBackup:
		return redundancy.Standby
	case RoleUnknown:
	}
	switch {
	case !b.Active.Known:
		return redundancy.StateUnknown
	case b.Active.Value == uint32(m.Index):
		return redundancy.Enabled
	default:
		return redundancy.Standby
	}
}

func (b Bond) groupType() redundancy.Type {
	switch b.Mode.Value {
	case ActiveBackup:
		return redundancy.Failover
	case BalanceRR, BalanceXOR, Broadcast, LACP, BalanceTLB, BalanceALB:
		return redundancy.Sharing
	case ModeUnknown:
		return redundancy.TypeUnknown
	default:
		return redundancy.TypeUnknown
	}
}

// settings are what the baseline keeps of b, in the words that ip-link and the kernel's documentation use. What is unread
// is left out.
func (b Bond) settings() map[string]string {
	s := map[string]string{}
	note := func(key string, value string, ok bool) {
		if ok {
			s[key] = value
		}
	}
	number := func(key string, r Reading[uint32]) { note(key, strconv.FormatUint(uint64(r.Value), 10), r.Known) }
	note("mode", b.Mode.Value.String(), b.Mode.Known)
	number("miimon", b.MIIMon)
	number("arp_interval", b.ARPInterval)
	number("updelay", b.UpDelay)
	number("downdelay", b.DownDelay)
	note("fail_over_mac", failOverWord(b.FailOverMAC.Value), b.FailOverMAC.Known)
	if b.Mode.Value == LACP {
		number("min_links", b.MinLinks)
		note("ad_select", word(adSelectWords, b.ADSelect.Value), b.ADSelect.Known)
		note("lacp_rate", word(rateWords, b.LACPRate.Value), b.LACPRate.Known)
	}
	switch b.Mode.Value {
	case BalanceXOR, LACP, BalanceTLB: // the others do not hash
		note("xmit_hash_policy", word(hashWords, b.XmitHash.Value), b.XmitHash.Known)
	case ModeUnknown, BalanceRR, ActiveBackup, Broadcast, BalanceALB:
	}
	if b.Primary.Problem == "" && b.Primary.Value == 0 {
		note("primary", "none", true)
		return s
	}
	note("primary_reselect", word(reselectWords, b.PrimaryReselect.Value), b.PrimaryReselect.Known)
	if name, ok := b.memberName(b.Primary); ok {
		note("primary", name, true)
	}
	return s
}

func (b Bond) memberName(index Reading[uint32]) (string, bool) {
	for _, m := range b.Members {
		if is(index, uint32(m.Index)) {
			return m.Name, true
		}
	}
	return "", false
}
