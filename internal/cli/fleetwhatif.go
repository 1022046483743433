package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/fleet"
	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

// hostFate is what becomes of one host if a failure domain goes.
type hostFate struct {
	Host   string       `json:"host"`
	Dies   wire.Answers `json:"dies"`
	Margin *wire.Margin `json:"margin"` // what is left; null: it dies, nobody can tell, or it has none now
	Down   []string     `json:"down"`   // what goes down, or may
	Why    string       `json:"why,omitempty"`
	AgeS   *float64     `json:"age_s"` // of what the host said last; null: it has not been heard
}

func (c *command) fleetWhatIfCommand(r *reach) *cobra.Command {
	return &cobra.Command{
		Use:   "whatif DOMAIN",
		Short: "show which hosts die if a switch, a feed or a rack goes",
		Long: `whatif says for every host that stands on DOMAIN (switch:S, feed:F, rack:R) whether something goes down there that is up now, and what
margin is left if not. Each host judges that for itself and says it once a minute; a host that has not been heard of lately is unknown,
and so is one that does not say what stands on the domain. On one host, and for its disks and cards: plimsoll whatif.

Exit status: 0 no host dies; 1 some surely do; 3 some may, or no arbiter answers; 2 no host stands on such a domain.`,
		Example: "  plimsoll fleet whatif switch:sw1\n  plimsoll fleet whatif feed:r12-a",
		Args:    wants(cobra.ExactArgs(1), "a failure domain: switch:S, feed:F, rack:R"), ValidArgsFunction: r.completes(domainNames),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return r.asked(cmd.Context(), func(p *person.Person) error {
				rows, _, err := p.Hosts(cmd.Context())
				if err != nil {
					return err
				}
				fates := hostFates(rows, args[0])
				if len(fates) == 0 {
					return unnamedError{&fleet.HintError{
						Err:  fmt.Errorf("whatif %s: no host stands on it", args[0]),
						Todo: "name it as the hosts' labels do: plimsoll fleet status --json has all domains of every host",
					}}
				}
				if c.json {
					if err := c.document("plimsoll.fleet.whatif/1", map[string]any{"fleet": p.Fleet, "domain": args[0], "hosts": fates}); err != nil {
						return err
					}
				} else {
					c.screen().show(fateLines(args[0], fates)...)
				}
				if code := fateCode(fates); code != exitOK {
					return exitError(code)
				}
				return nil
			})
		}),
	}
}

// hostFates are what becomes of the hosts that stand on domain, in the order of rows.
func hostFates(rows []wire.HostRow, domain string) []hostFate {
	kind, name, _ := strings.Cut(domain, ":")
	var out []hostFate
	for _, row := range rows {
		var footing *wire.Footing
		if row.Alive != nil {
			i := slices.IndexFunc(row.Alive.Footings, func(f wire.Footing) bool {
				return f.Domain == domain || f.Name == name && strings.HasPrefix(f.Domain, kind+":")
			})
			if i >= 0 {
				footing = &row.Alive.Footings[i]
			}
		}
		if row.Retired != "" || footing == nil && !slices.Contains(row.Domains[kind], name) {
			continue
		}
		out = append(out, fateOf(row, footing))
	}
	return out
}

func fateOf(row wire.HostRow, footing *wire.Footing) hostFate {
	f := hostFate{Host: wire.HostName(row.Host), Dies: wire.AnswerUnknown, AgeS: row.AgeS, Down: []string{}}
	switch {
	case row.Seen != wire.SeenPresent && row.AgeS == nil:
		f.Why = "it has not been heard by the arbiter that answers"
	case row.Seen != wire.SeenPresent:
		f.Why = "silent, heard " + phrase.Ago(row.AgeS)
	case footing == nil:
		f.Why = "it does not say what stands on it"
	default:
		f.Dies, f.Margin, f.Down = footing.Dies, footing.Margin, listed(footing.Down)
	}
	switch {
	case f.Dies != wire.AnswerYes && f.Dies != wire.AnswerNo:
		f.Dies, f.Margin = wire.AnswerUnknown, nil
		if f.Why == "" {
			f.Why = "the host cannot tell"
		}
	case f.Dies == wire.AnswerYes:
		f.Margin = nil
	}
	return f
}

func fateCode(fates []hostFate) int {
	has := func(a wire.Answers) bool {
		return slices.ContainsFunc(fates, func(f hostFate) bool { return f.Dies == a })
	}
	switch {
	case has(wire.AnswerYes):
		return exitBad
	case has(wire.AnswerUnknown):
		return exitUnknown
	}
	return exitOK
}

// fateLines are what becomes of the hosts: those that die first.
func fateLines(domain string, fates []hostFate) []line {
	fates = slices.Clone(fates)
	rank := map[wire.Answers]int{wire.AnswerYes: 0, wire.AnswerUnknown: 1, wire.AnswerNo: 2}
	slices.SortStableFunc(fates, func(a, b hostFate) int { return rank[a.Dies] - rank[b.Dies] })
	count := map[wire.Answers]int{}
	var cells [][]line
	for _, f := range fates {
		count[f.Dies]++
		fate, more := say(green, "survives"), ""
		switch f.Dies {
		case wire.AnswerYes:
			fate, more = say(alarm, "dies"), strings.Join(f.Down, ", ")
		case wire.AnswerNo:
			if f.Margin != nil {
				more = "margin " + phrase.Margin(redundancy.Margin{Least: f.Margin.Least, Most: f.Margin.Most, Full: f.Margin.Full})
			}
		case wire.AnswerUnknown:
			fate, more = say(magenta, "unknown"), f.Why
			if len(f.Down) > 0 {
				more += ": " + strings.Join(f.Down, ", ")
			}
		}
		cells = append(cells, []line{{say(bold, "  "+f.Host)}, {fate}, {say(plain, more)}})
	}
	head := line{say(plain, "If "), say(bold, domain), say(plain, " goes:")}
	return append(append([]line{head}, table(cells)...), line{sayf(plain, "Of %s on it, %d would die, %d would survive, of %d nobody can tell.",
		phrase.Several(len(fates), "host"), count[wire.AnswerYes], count[wire.AnswerNo], count[wire.AnswerUnknown])})
}
