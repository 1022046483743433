package lldp

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// sighting is what is known of the other end of a link.
type sighting struct {
	link redundancy.ID // our end, as a part
	Neighbour
	heard time.Time // last
	until time.Time // for how long it counts
}

// parts are our links, the ports they end in, and the switches with those. now is the time of the look: what was heard
// before says when.
func parts(seen []sighting, now time.Time) []redundancy.Part {
	all := map[redundancy.ID]redundancy.Part{}
	for _, s := range seen {
		chassis := redundancy.ID("switch:" + s.Chassis)
		port := chassis + redundancy.ID("/"+s.Port)
		title := cmp.Or(s.System, s.Chassis)
		link := redundancy.Part{ID: s.link, Name: s.Link, StandsOn: []redundancy.ID{port}}
		if s.heard.Before(now) {
			link.Labels = map[string]string{"lldp": "last heard " + s.heard.UTC().Format(time.RFC3339)}
		}
		all[link.ID] = link
		all[port] = redundancy.Part{
			ID: port, Name: title + " " + cmp.Or(s.Label, s.Port), StandsOn: []redundancy.ID{chassis},
			Labels: map[string]string{"port": s.Port},
		}
		if was, twice := all[chassis]; !twice || title < was.Name {
			all[chassis] = redundancy.Part{ID: chassis, Name: title, Domain: "switch", Labels: map[string]string{"chassis": s.Chassis}}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(x, y redundancy.Part) int { return cmp.Compare(x.ID, y.ID) })
}
