package redundancy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// WarnDrifted is the key of the warning that a group works and is no longer set up as the baseline knows it: another level,
// fewer places, another mode. Raising it is the event BaselineDrifted. What is missing or broken is told by what it costs
// (component.missing, spare-missing), and is no drift.
const WarnDrifted = "drifted"

// DriftSettles is how long a group has to be set up otherwise for that to count: whoever changes a bond by hand, or has
// ifupdown make it anew, is done by then.
const DriftSettles = time.Minute

// Held is what was in a place of a group, or stood by for it, when the baseline learned of it.
type Held struct {
	Member ID     `json:"member"`           // the place, or the spare itself
	Name   string `json:"name,omitempty"`   // the kernel's, then: sda1
	Device ID     `json:"device,omitempty"` // wwn:…, serial:…, md:UUID
	Part   ID     `json:"part,omitempty"`   // and as what others stand on, with the partition: disk:wwn:…-part1
	State  State  `json:"state"`
}

// drifted adds the warning that g is set up otherwise than k knows it.
func (k Known) drifted(g Group) Group {
	if g.Activity != nil || g.Declared {
		return g // a reshape changes it as it goes
	}
	var is []string
	var evidence []Evidence
	for _, key := range slices.Sorted(maps.Keys(k.Settings)) {
		if now, read := g.Settings[key]; read && now != k.Settings[key] {
			is = append(is, fmt.Sprintf("%s is %s, was %s", key, now, k.Settings[key]))
			evidence = append(evidence, g.baselineSays(key+" %s", k.Settings[key]))
		}
	}
	if now := g.needed(); g.Slots && len(now) > 0 && len(now) < len(k.Members) {
		is = append(is, fmt.Sprintf("it has %s, had %d", counted(len(now), "place"), len(k.Members)))
		evidence = append(evidence, g.baselineSays("%s", k))
	}
	if len(is) == 0 {
		return g
	}
	g.Warnings = append(slices.Clone(g.Warnings), Warning{
		Key: WarnDrifted, Text: g.Name + " is not as the baseline knows it: " + strings.Join(is, "; "), Evidence: evidence,
	})
	return g
}

// drift holds back the warning of a drift that has not lasted yet. since is from when on the group was set up otherwise; zero:
// it is not. What was shown before is shown on: events tell that, and not since when, to an agent that starts anew.
func (g Group) drift(was Assessed, now time.Time) (Group, time.Time) {
	since := was.Drifted
	i := slices.IndexFunc(g.Warnings, func(w Warning) bool { return w.Key == WarnDrifted })
	switch {
	case i < 0:
		return g, time.Time{}
	case since.IsZero():
		since = now
		if _, shown := findWarning(was.Group.Warnings, Warning{Key: WarnDrifted}); shown {
			since = now.Add(-DriftSettles)
		}
	}
	if now.Sub(since) < DriftSettles {
		g.Warnings = slices.Delete(slices.Clone(g.Warnings), i, i+1)
	}
	return g, since
}

// drifts is when the drift of g will have lasted, and false where there is none on its way.
func (g Assessed) drifts() (time.Time, bool) {
	_, shown := findWarning(g.Group.Warnings, Warning{Key: WarnDrifted})
	return g.Drifted.Add(DriftSettles), !g.Drifted.IsZero() && !shown
}

// held is what is in the places of g and what stands by for them. Only groups of places have such: elsewhere the member is
// the device itself.
func (g Group) held() []Held {
	if !g.Slots {
		return nil
	}
	var all []Held
	for i := range g.Members {
		if c := &g.Members[i]; c.holds() {
			all = append(all, Held{Member: c.ID, Name: c.Name, Device: c.Device, Part: c.part(), State: c.State})
		}
	}
	return all
}

// holds says whether there is something in the place c, or c is a spare, that nothing has thrown out.
func (c *Component) holds() bool { return c.Device != "" && c.State != Disabled && c.State != Absent }

func (c *Component) part() ID {
	if len(c.StandsOn) == 0 {
		return ""
	}
	return c.StandsOn[0]
}

// teaches says whether g, which is well, shows something that k lacks: what is in its places is another, or a setting was not
// known yet.
func (k Known) teaches(g *Group) bool {
	for key := range g.Settings {
		if _, known := k.Settings[key]; !known {
			return true
		}
	}
	if !g.Slots {
		return false
	}
	n := 0
	for i := range g.Members {
		c := &g.Members[i]
		if !c.holds() {
			continue
		}
		if n == len(k.Holds) || k.Holds[n].Member != c.ID || k.Holds[n].Device != c.Device || k.Holds[n].Part != c.part() {
			return true
		}
		n++
	}
	return n != len(k.Holds)
}

// learned are the settings of k with those of is that it did not know. What it knows otherwise stays: that is a drift.
func (k Known) learned(is map[string]string) map[string]string {
	all := maps.Clone(is)
	if all == nil {
		return k.Settings
	}
	maps.Copy(all, k.Settings)
	return all
}

// Known is what the baseline would keep of g as it is shown.
func (g Assessed) Known() Known { return g.Group.known(g.Source) }

// Drift is in what the groups that the baseline knows differ from what the last looks found, sorted by group: what was accepted of
// shared fates, what nobody could read, and a device that another has taken the place of, is none. What is still waited for is
// left out. It is pure.
func (b Baseline) Drift(a Assessment, s Snapshot) []Acceptance {
	_, changes, _ := b.Accept(a, s)
	missed := map[ID]bool{}
	for _, c := range changes {
		missed[c.Group] = c.Is == nil
	}
	seen := s.known()
	var all []Acceptance
	for _, id := range slices.Sorted(maps.Keys(b.Groups)) {
		was := b.Groups[id]
		c := Acceptance{Group: id, Name: was.Name, Was: &was}
		if is, there := seen[id]; there {
			if is.Fates = was.Fates; was.differs(is) {
				c.Is = &is
				all = append(all, c)
			}
		} else if missed[id] {
			all = append(all, c)
		}
	}
	return all
}

// differs says whether is lacks something of k, or is set up otherwise.
func (k Known) differs(is Known) bool {
	for key, v := range k.Settings {
		if now, read := is.Settings[key]; read && now != v {
			return true
		}
	}
	return is.Spares < k.Spares || !slices.Equal(k.Members, is.Members) || len(k.Empty(is)) > 0
}

// Empty is what k knows to be in places that are empty now.
func (k Known) Empty(is Known) []Held {
	var all []Held
	for _, h := range k.Holds {
		if h.State != Spare && !slices.ContainsFunc(is.Holds, func(now Held) bool { return now.Member == h.Member }) {
			all = append(all, h)
		}
	}
	return all
}

// known is what the last looks found, as the baseline would keep it. What a person lists is left out.
func (s Snapshot) known() map[ID]Known {
	seen := map[ID]Known{}
	for _, src := range s.Sources {
		for _, g := range src.Observation.Groups {
			if !g.Declared {
				seen[g.ID] = g.known(src.Name)
			}
		}
		for _, c := range src.Observation.Components {
			seen[c.ID] = c.known(src.Name)
		}
	}
	return seen
}
