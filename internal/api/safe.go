package api

import (
	"fmt"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaSafe names the safe-to-pull document.
const SchemaSafe = "plimsoll.safe-to-pull/1"

// Safe is the answer to whoever stands before the host with a screwdriver.
type Safe struct {
	Schema string              `json:"schema"`
	At     time.Time           `json:"at"`
	Safe   redundancy.Tristate `json:"safe"` // unread: nobody can tell
	Why    []string            `json:"why"`  // what speaks against it
	Mind   []string            `json:"mind"` // what does not, and should be known before
	Pulled []Pulled            `json:"pulled"`
	WhatIf WhatIf              `json:"whatif"`
}

// Pulled is one thing that goes with what is pulled, and where it is found. Empty: not known.
type Pulled struct {
	ID        redundancy.ID `json:"id"`
	Name      string        `json:"name"`
	Domain    string        `json:"domain"`
	Serial    string        `json:"serial"`
	WWN       string        `json:"wwn"`
	Model     string        `json:"model"`
	Slot      string        `json:"slot"`
	Enclosure string        `json:"enclosure"`
}

// NewSafe is the document on pulling what these ids stand for. It is safe if no group and no use goes down that is up now; it
// is not known to be where one may, or while a source can't be read.
func NewSafe(v *view.View, ids []redundancy.ID) Safe {
	s := Safe{
		Schema: SchemaSafe, At: v.At.UTC(), Safe: redundancy.Yes, Why: []string{}, Mind: []string{}, Pulled: []Pulled{},
		WhatIf: NewWhatIf(v, ids),
	}
	for _, source := range s.WhatIf.Unread { // what it would tell of may stand on this: silence is no leave
		s.against(redundancy.Unread, source+" has not been read: what else stands on this is not known")
	}
	for _, f := range s.WhatIf.Groups {
		s.weigh(f)
	}
	for _, u := range s.WhatIf.Uses {
		switch u.Survives {
		case redundancy.No:
			s.against(redundancy.No, u.What+" goes down: nothing covers for it")
		case redundancy.Unread:
			s.against(redundancy.Unread, "nobody can tell whether "+u.What+" goes down")
		case redundancy.Yes:
		}
	}
	g := newGround(v.Assessment, v.Snapshot.Parts())
	for _, p := range g.disks(ids) {
		s.Pulled = append(s.Pulled, pulled(p))
	}
	for _, id := range s.WhatIf.Lost {
		if p, known := g.parts[id]; known && p.Domain != redundancy.DomainDisk && p.Domain != "" {
			s.Pulled = append(s.Pulled, pulled(p))
		}
	}
	return s
}

func pulled(p redundancy.Part) Pulled {
	return Pulled{
		ID: p.ID, Name: p.Name, Domain: p.Domain, Serial: p.Labels["serial"], WWN: p.Labels["wwn"], Model: p.Labels["model"],
		Slot: p.Labels["slot"], Enclosure: p.Labels["enclosure"],
	}
}

// weigh says what the pull means for a group that it reaches.
func (s *Safe) weigh(f Fork) {
	if !f.Changed || f.Was.Best == redundancy.Failed {
		return
	}
	switch {
	case f.Is.Best == redundancy.Failed:
		s.against(redundancy.No, fmt.Sprintf("%s goes down: it is %s, margin %s", f.Name, f.Was.Status, f.Was.Margin))
	case f.Is.Worst == redundancy.Failed:
		s.against(redundancy.Unread, fmt.Sprintf("%s may go down: it surely survives %d, at the most %d", f.Name, f.Was.Margin.Least, f.Was.Margin.Most))
	case f.Is.Margin.Least == 0:
		s.Mind = append(s.Mind, f.Name+" is without margin then: the next failure is an outage")
	}
}

// against takes the worse of what is known so far and says why.
func (s *Safe) against(is redundancy.Tristate, why string) {
	if s.Safe != redundancy.No {
		s.Safe = is
	}
	s.Why = append(s.Why, why)
}
