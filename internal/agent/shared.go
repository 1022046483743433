package agent

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// domains are the failure domains that the host says it shares with others, by kind: those of its labels, and the feeds of its
// power supplies.
func domains(c config.Config) map[string][]string {
	out := map[string][]string{}
	add := func(domain, name string) {
		if name != "" && slices.Contains(c.Fleet.Domains, domain) && !slices.Contains(out[domain], name) {
			out[domain] = append(out[domain], name)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(c.Host.Labels)) {
		domain, _, _ := strings.Cut(label, ".")
		add(domain, c.Host.Labels[label])
	}
	for _, supply := range slices.Sorted(maps.Keys(c.Power.Feeds)) {
		add("feed", c.Power.Feeds[supply])
	}
	return out
}

// domainIDs are the same, as parts are named, sorted.
func domainIDs(c config.Config) []redundancy.ID {
	var out []redundancy.ID
	for domain, names := range domains(c) {
		for _, name := range names {
			out = append(out, redundancy.ID(domain+":"+name))
		}
	}
	slices.Sort(out)
	return out
}

// underAll says whether all of the host stands on a failure domain, as it does on its rack: a label names it for no one part.
func underAll(labels map[string]string, domain redundancy.ID) bool {
	kind, name, _ := strings.Cut(string(domain), ":")
	return labels[kind] == name && name != ""
}

// sees are the faults that stand now below the failure domains that the host shares with others, each from when it was
// first told. It says that what stands on a domain and is of this kind does not work, and not why: of a lost feed, one BMC
// says that the input is lost, the next that the supply has failed, and a third that there is none.
func (st *State) sees(now time.Time) []view.SharedFault {
	if len(st.Shares) == 0 {
		return nil
	}
	began := map[view.SharedFault]time.Time{} // without a beginning
	for i := range st.Assessment.Groups {
		g := &st.Assessment.Groups[i]
		for k := range g.Group.Members {
			m := &g.Group.Members[k]
			if !m.Broken() {
				continue
			}
			for _, domain := range m.StandsOn {
				if _, shared := slices.BinarySearch(st.Shares, domain); !shared {
					continue
				}
				f := view.SharedFault{Domain: domain, Fault: faultOf(g.Group.Kind)}
				if at, known := began[f]; !known || st.began(g, m.ID).Before(at) {
					began[f] = st.began(g, m.ID)
				}
			}
		}
	}
	var out []view.SharedFault
	for f, at := range began {
		if f.Began = at; at.After(now) {
			f.Began = now
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b view.SharedFault) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Fault, b.Fault))
	})
	return out[:min(len(out), wire.MaxShared)]
}

// faultOf is the word for what is wrong with what stands on a domain and is of this kind.
func faultOf(k redundancy.Kind) string { return string(k) + ".failed" }

// began is when a member that does not work was told to have failed.
func (st *State) began(g *redundancy.Assessed, member redundancy.ID) time.Time {
	for _, f := range st.Will.History.Faults[g.Group.ID] {
		if f.Member == member && f.Ended.IsZero() {
			return f.Began
		}
	}
	return g.Since
}

// aged are the host's faults as it tells others of them: how old each is, by its own clock.
func aged(v *view.View) []wire.Fault {
	var out []wire.Fault
	for _, f := range v.Shared {
		out = append(out, wire.Fault{Domain: string(f.Domain), Fault: f.Fault, AgeS: max(v.At.Sub(f.Began).Seconds(), 0)})
	}
	return out
}

// footings are what becomes of the host if one of the failure domains goes that it shares with others: those that it says it
// stands on, and those of the same kinds that a look has found it to.
func footings(v *view.View, c config.Config) []wire.Footing {
	all, known := domainIDs(c), map[redundancy.ID]redundancy.Part{}
	for _, p := range v.Snapshot.Parts() {
		if known[p.ID] = p; slices.Contains(c.Fleet.Domains, p.Domain) {
			all = append(all, p.ID)
		}
	}
	all = slices.Compact(slices.Sorted(slices.Values(all)))
	var out []wire.Footing
	for _, domain := range all[:min(len(all), wire.MaxShared)] {
		part, found := known[domain]
		switch {
		case underAll(c.Host.Labels, domain):
			out = append(out, wire.Footing{Domain: string(domain), Dies: wire.AnswerYes, Down: []string{v.Host.Name}})
		case !found: // nothing has been found that stands on it
			out = append(out, wire.Footing{Domain: string(domain), Dies: wire.AnswerUnknown})
		default:
			f := footing(domain, api.NewWhatIf(v, []redundancy.ID{domain}))
			if f.Name = clipped(part.Name); strings.HasSuffix(f.Domain, ":"+f.Name) {
				f.Name = ""
			}
			out = append(out, f)
		}
	}
	return out
}

// footing is what a what-if comes to.
func footing(domain redundancy.ID, w api.WhatIf) wire.Footing {
	f := wire.Footing{Domain: string(domain), Dies: wire.AnswerNo}
	var sure, maybe []string
	for _, g := range w.Groups {
		switch was, is := g.Was, g.Is; {
		case was.Best == redundancy.Failed: // it was down before
		case g.Changed && is.Best == redundancy.Failed:
			sure = append(sure, g.Name)
		case g.Changed && is.Worst == redundancy.Failed:
			maybe = append(maybe, g.Name)
		case is.Margin.Full >= 1:
			m := wire.Margin{Least: is.Margin.Least, Most: is.Margin.Most, Full: is.Margin.Full}
			if f.Margin == nil || m.Least < f.Margin.Least {
				f.Margin = &m
			}
		}
	}
	for _, u := range w.Uses {
		switch u.Survives {
		case redundancy.No:
			sure = append(sure, u.What)
		case redundancy.Unread:
			maybe = append(maybe, u.What)
		case redundancy.Yes:
		}
	}
	switch {
	case len(sure) > 0:
		f.Dies, f.Margin = wire.AnswerYes, nil
	case len(maybe) > 0, len(w.Unread) > 0:
		f.Dies = wire.AnswerUnknown
	}
	f.Down = append(sure, maybe...)
	f.Down = f.Down[:min(len(f.Down), wire.MaxDown)]
	for i, name := range f.Down {
		f.Down[i] = clipped(name)
	}
	return f
}

// clipped is a name as a message takes it.
func clipped(name string) string { return strings.ToValidUTF8(name[:min(len(name), wire.MaxName)], "") }
