package layout

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// Plan is what to do, as lines for a shell, in their order, and what to know of it.
type Plan struct {
	Commands []string `json:"commands"`
	// Config are lines that belong into the host's own configuration: "ARRAY …" into mdadm.conf.
	Config []string `json:"config"`
	Notes  []string `json:"notes"` // what commands cannot say or should not do unread
}

func (p *Plan) run(words ...string) {
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		if w != "" {
			quoted = append(quoted, quote(w))
		}
	}
	p.Commands = append(p.Commands, strings.Join(quoted, " "))
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// filled has empty lists where there are none, as documents do.
func (p Plan) filled() Plan {
	for _, list := range []*[]string{&p.Commands, &p.Config, &p.Notes} {
		if *list == nil {
			*list = []string{}
		}
	}
	return p
}

// Make is how the group id that k tells of is made from nothing, on blank hardware.
func Make(id redundancy.ID, k redundancy.Known) Plan {
	var p Plan
	switch k.Kind {
	case redundancy.KindRAID:
		makeArray(&p, id, k)
	case redundancy.KindBond:
		makeBond(&p, k)
	case redundancy.KindService:
		for _, unit := range units(k) {
			p.run("systemctl", "enable", "--now", unit)
		}
	case redundancy.KindPower, redundancy.KindDisk, redundancy.KindHwmon, redundancy.KindMultipath, redundancy.KindAgent, redundancy.KindFleet,
		redundancy.KindDrill:
		// hardware, and no commands
	}
	return p.filled()
}

// Restore is how the group id, which the baseline knows as was, comes back to that. is what it is now; nil: it is not there.
func Restore(id redundancy.ID, was redundancy.Known, is *redundancy.Known) Plan {
	var p Plan
	switch {
	case was.Kind == redundancy.KindRAID && is == nil:
		assemble(&p, id, was)
	case was.Kind == redundancy.KindRAID:
		restoreArray(&p, was, *is)
	case was.Kind == redundancy.KindBond && is == nil:
		makeBond(&p, was)
	case was.Kind == redundancy.KindBond:
		restoreBond(&p, was, *is)
	}
	return p.filled()
}

// Start is how the units of g, which the configuration lists, come back that do not run; false: they all do.
func Start(g redundancy.Group) (Plan, bool) {
	var p Plan
	for _, c := range g.Members {
		if unit, is := unitOf(c.ID); is && (c.State == redundancy.Disabled || c.State == redundancy.Absent) {
			p.run("systemctl", "start", unit)
		}
	}
	return p.filled(), len(p.Commands) > 0
}

// unitTypes are those that run something; see systemd.unit(5).
var unitTypes = []string{".service", ".socket", ".timer", ".path", ".mount", ".target"}

// units are the units among the members of a service, as its ids end with them.
func units(k redundancy.Known) []string {
	var all []string
	for _, id := range k.Members {
		if unit, is := unitOf(id); is {
			all = append(all, unit)
		}
	}
	return all
}

func unitOf(id redundancy.ID) (string, bool) {
	name := string(id[strings.LastIndexByte(string(id), '/')+1:])
	return name, slices.ContainsFunc(unitTypes, func(t string) bool { return strings.HasSuffix(name, t) })
}

// plain are the characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%"

// quote is w as one word of a POSIX shell.
func quote(w string) string {
	if w != "" && strings.Trim(w, plain) == "" {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
