package netbond

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"plimsoll/redundancy"
)

// The numbers of ad_select. With stable the bond stays with its aggregator as long as that has any port; with bandwidth it
// goes where the ports together are the fastest, however many they are.
const (
	adSelectStable    = 0
	adSelectBandwidth = 1
)

// judgeLACP sets states, needs and serving of an 802.3ad bond: a link that is up carries only if a partner answers on it.
//
// Every aggregator with a partner is one way to serve, and needs min_links ports (at least one). With ad_select=stable and
// min_links above one the bond does not move to another while the active one has a port, so only that one counts; that the
// failure of its last port makes the bond move, and perhaps serve again, is not counted on (docs/decisions/0022). Ports
// without a partner are bad members of the active aggregator, where they are missed. Without a partner anywhere the bond
// uses one port alone, and whether that reaches anything nobody says: the margin is -1 to 0, serving unread.
//
// Without link monitoring a failed link is used until LACP itself finds its partner silent, after 3 s or 90 s: the failure
// of any one may be an outage, as in the other modes.
func (b Bond) judgeLACP(g *redundancy.Group, seats []seat) {
	for i := range seats {
		b.port(&seats[i])
		if b.monitoring() == monitoringUnread {
			seats[i].doubt(redundancy.DoubtUnread)
		}
	}
	g.Serving = b.serving(seats)
	if len(seats) == 0 {
		return
	}
	needed, sure := b.portsNeeded(seats)
	moves := b.monitoring() == monitoringOn && !b.lured(needed.Low)
	if !moves {
		needed.High = max(needed.High, len(seats))
	}
	if !sure {
		for i := range seats {
			seats[i].doubt(redundancy.DoubtUnread)
		}
	}
	aggregators := aggregators(seats)
	if len(aggregators) == 0 {
		b.judgeAlone(g, seats, needed)
		return
	}
	g.Needs = b.ways(aggregators, seats, needed, moves)
	if b.weighs(needed.Low) && open(g.Needs) {
		g.Warnings = append(g.Warnings, b.outweighed())
	}
}

// ways are the needs of a bond with partners: of these aggregators.
func (b Bond) ways(aggregators []uint16, seats []seat, needed redundancy.Interval, moves bool) redundancy.Needs {
	if !moves {
		return redundancy.Needs{AllOf: []redundancy.Need{need(ids(seats), needed)}}
	}
	home, places := b.places(aggregators, seats)
	if needed.Low > 1 && is(b.ADSelect, adSelectStable) {
		return redundancy.Needs{AllOf: []redundancy.Need{need(places[home], needed)}}
	}
	var out redundancy.Needs
	for _, agg := range slices.Sorted(maps.Keys(places)) {
		n := need(places[agg], needed)
		if b.weighs(needed.Low) && len(places) > 1 {
			n.Needed.High = max(needed.High, len(places[agg]))
		}
		out.AnyOf = append(out.AnyOf, n)
	}
	return out
}

// open says whether it is not sure how many members some need takes.
func open(needs redundancy.Needs) bool {
	return slices.ContainsFunc(slices.Concat(needs.AllOf, needs.AnyOf), func(n redundancy.Need) bool { return n.Needed.Low < n.Needed.High })
}

// weighs says whether bandwidth decides to which aggregator of n ports at least the bond goes. The kernel takes that for the
// number of the aggregator's ports that are up times the speed of the first one on its list, which is nothing while that one is
// down, and tells nobody which one it is (Linux 6.1, __get_agg_bandwidth; seen by make oracle-bond). So an aggregator surely
// outweighs one that is short of ports only while it has lost none of its own.
func (b Bond) weighs(n int) bool { return n > 1 && is(b.ADSelect, adSelectBandwidth) }

// outweighed warns of a bond that may go to a partner that is short of ports.
func (b Bond) outweighed() redundancy.Warning {
	return redundancy.Warning{
		Key: WarnOutweighed,
		Text: fmt.Sprintf("%s goes where the bandwidth is (ad_select bandwidth), and may come to a partner with less than the %d ports "+
			"that it needs (min_links), though another has enough", b.Name, b.MinLinks.Value),
		Evidence: []redundancy.Evidence{
			told(b.Name, "IFLA_BOND_AD_SELECT", b.ADSelect, func(v uint8) string { return word(adSelectWords, v) }),
			told(b.Name, "IFLA_BOND_MIN_LINKS", b.MinLinks, decimal),
		},
	}
}

// lured says whether the bond may move to an aggregator with less than the n ports that it needs, and so drop its carrier
// though another aggregator has enough: with ad_select=bandwidth one fast port outweighs two slow ones. Ports whose speed the driver
// does not say weigh nothing, to the kernel too; but where the report is unread nobody knows.
func (b Bond) lured(n int) bool {
	if n <= 1 || !is(b.ADSelect, adSelectBandwidth) {
		return false
	}
	var up []Member
	for _, m := range b.Members {
		if m.linked() {
			up = append(up, m)
		}
	}
	return b.Report == "" || slices.ContainsFunc(up, func(m Member) bool { return m.Speed.Value != up[0].Speed.Value })
}

// places are the members by aggregator, those without one of their own in home, the active one, where they are missed.
func (b Bond) places(ways []uint16, seats []seat) (home uint16, places map[uint16][]redundancy.ID) {
	home = ways[0]
	if b.Aggregator.Known {
		home = b.Aggregator.Value.ID
	}
	places = map[uint16][]redundancy.ID{}
	for _, s := range seats {
		agg := s.member.Aggregator.Value
		if !s.member.Aggregator.Known || !slices.Contains(ways, agg) {
			agg = home
		}
		places[agg] = append(places[agg], s.component.ID)
	}
	return home, places
}

func need(members []redundancy.ID, needed redundancy.Interval) redundancy.Need {
	return redundancy.Need{Members: slices.Sorted(slices.Values(members)), Needed: needed}
}

// portsNeeded is how many ports an aggregator needs for the bond to have a carrier: min_links, and at least one. Above one
// it matters which ports are together and whether the bond moves; where not all of that is known, the number is between
// one and all, and not sure. That the kernel tells of no active aggregator is knowledge: no port is up.
func (b Bond) portsNeeded(seats []seat) (needed redundancy.Interval, sure bool) {
	const most = 1 << 16 // no bond has more ports; keeps a nonsensical number from wrapping
	n := int(max(1, min(b.MinLinks.Value, most)))
	unread := slices.ContainsFunc(seats, func(s seat) bool { return s.member.Aggregator.Problem != "" })
	if !b.MinLinks.Known || n > 1 && (unread || !b.ADSelect.Known || b.Aggregator.Problem != "") {
		return redundancy.Interval{Low: 1, High: max(n, len(seats))}, false
	}
	return redundancy.Exactly(n), true
}

// port amends what a member's link says by what its LACP port says.
func (b Bond) port(s *seat) {
	m, c := s.member, &s.component
	c.Evidence = append(c.Evidence, m.lacpEvidence()...)
	if c.Broken() {
		return
	}
	switch {
	case !m.Actor.Known || !b.Aggregator.Known || m.Aggregator.Problem != "":
		s.doubt(redundancy.DoubtUnread)
	case m.Actor.Value&PortDefaulted != 0 || !m.Aggregator.Known:
		c.State, c.Health = redundancy.Disabled, redundancy.Critical
	case m.Actor.Value&PortExpired != 0:
		s.doubt(redundancy.DoubtSilent)
	case m.Aggregator.Value != b.Aggregator.Value.ID:
		c.State = redundancy.Standby
	case m.Actor.Value&portCarries != portCarries:
		c.State = redundancy.Recovering // still agreeing with its partner
	default:
		c.State = redundancy.Enabled
	}
}

// aggregators are those with a port that has or may have a partner, in order.
func aggregators(seats []seat) []uint16 {
	var out []uint16
	for _, s := range seats {
		if s.member.Aggregator.Known && (!s.component.Broken() || s.component.State == redundancy.Recovering) {
			out = append(out, s.member.Aggregator.Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// judgeAlone is the bond whose ports have no partner: the kernel uses the active aggregator's all the same.
func (b Bond) judgeAlone(g *redundancy.Group, seats []seat, needed redundancy.Interval) {
	alone := false
	for i := range seats {
		s := &seats[i]
		up := s.member.Flags.Has(FlagUp|FlagLowerUp) && s.member.MII.Value == MIIUp
		if !up || alone || !is(s.member.Aggregator, b.Aggregator.Value.ID) {
			continue
		}
		alone = true
		s.component.State, s.component.Health = redundancy.Enabled, redundancy.OK
		s.component.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	}
	g.Needs.AllOf = []redundancy.Need{need(ids(seats), needed)}
	if !alone {
		return
	}
	if g.Serving == redundancy.Yes {
		g.Serving = redundancy.Unread
	}
	g.Warnings = append(g.Warnings, redundancy.Warning{
		Key:  WarnNoPartner,
		Text: fmt.Sprintf("%s speaks LACP and nobody answers: one port is used alone, the others are not", b.Name),
		Evidence: []redundancy.Evidence{told(b.Name, "IFLA_BOND_AD_INFO", b.Aggregator, func(a Aggregator) string {
			return "partner " + cmp.Or(a.Partner, "none")
		})},
	})
}
