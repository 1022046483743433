package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

// level is a Monitoring Plugins state; its value is the exit code.
type level int

// The states (https://www.monitoring-plugins.org/doc/guidelines.html, plugin return codes).
const (
	levelOK level = iota
	levelWarning
	levelCritical
	levelUnknown
)

var levelWords = [...]string{levelOK: "OK", levelWarning: "WARNING", levelCritical: "CRITICAL", levelUnknown: "UNKNOWN"}

// over orders states as max_state of the Monitoring Plugins does: what surely is wrong goes before what is not known.
func (l level) over(m level) bool {
	rank := [...]int{levelOK: 0, levelUnknown: 1, levelWarning: 2, levelCritical: 3}
	return rank[l] > rank[m]
}

// finding is what is said of one group or source.
type finding struct {
	Level string `json:"state"`
	About string `json:"about"`
	Text  string `json:"text"`
	level level
}

// checkFlags are the flags of check.
type checkFlags struct {
	host              bool
	warning, critical string
	problem           string // where node-problem-detector asks, from which level on it is a problem
}

func (c *command) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [GROUP…]",
		Short: "test the host or some groups, as a monitoring plugin",
		Long: `check says in one line whether the host, or each of the groups named, is as redundant as it can be, with performance data:
for each group its sure margin, with the thresholds, and its full margin as the maximum.

CRITICAL (2): a group has surely no margin left, or is down. WARNING (1): a group may have less than its full margin, or has a
warning; a disk or another component in no group has failed, is missing, is predicted to fail or has a warning. UNKNOWN (3): a status is not known, a source is blind, the agent could not be asked, the command line is wrong, or nothing here is redundant.
OK (0): none of these. Groups that never had a margin (raid0) are OK while they serve.

--warning and --critical are ranges as all monitoring plugins have them, and are compared with the margin of each group that has one: CRITICAL
where it surely alerts, WARNING where it may. "1:" alerts below 1, "2" outside 0 to 2, "~:3" above 3, "@0:1" inside 0 to 1. Without them a
group warns below its full margin and is critical below 1.

--node-problem-detector LEVEL answers as its custom plugins do: 0 there is no problem; 1 there is one, which is what is LEVEL (warning or
critical) or worse; 2 not known; and a line without performance data, short enough to be shown whole.`,
		Example: `  plimsoll check
  plimsoll check md0 bond0
  plimsoll check --warning 2: --critical 1: md0
  plimsoll check --node-problem-detector critical`,
		ValidArgsFunction: c.groupNames,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			answer, err := f.answer()
			if err != nil {
				return c.verdict(answer, usageFinding(err), "")
			}
			if f.host && len(args) > 0 {
				return c.verdict(answer, usageFinding(errors.New("--host and groups exclude each other")), "")
			}
			l, err := parseLimits(f.warning, f.critical)
			if err != nil {
				return c.verdict(answer, usageFinding(err), "")
			}
			s, err := c.groups(cmd.Context(), args)
			if err != nil {
				text := err.Error()
				if there := c.here(cmd.Context(), err); there != "" {
					text += "; " + there
				}
				return c.verdict(answer, []finding{{About: "plimsolld", Text: text, level: levelUnknown}}, "")
			}
			return c.verdict(answer, findingsOf(s, l, len(args) == 0), perfdata(s.Groups, l))
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.host, "host", false, "test the whole host; this is what happens without arguments")
	flags.StringVarP(&f.warning, "warning", "w", "", "warn where a group's margin may be outside this `range`")
	flags.StringVarP(&f.critical, "critical", "c", "", "be critical where a group's margin surely is outside this `range`")
	flags.StringVar(&f.problem, "node-problem-detector", "", "answer as its custom plugins do; what is this `level` (warning or critical) is a problem")
	// What reads the code would take any other for a state.
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return c.verdict(asPlugin, usageFinding(err), "") })
	return cmd
}

func usageFinding(err error) []finding {
	return []finding{{About: "usage", Text: err.Error(), level: levelUnknown}}
}

// groups is the status, with only the groups that are asked for if any are.
func (c *command) groups(ctx context.Context, names []string) (api.Status, error) {
	var s api.Status
	if err := c.client().Ask(ctx, api.PathStatus, nil, &s); err != nil || len(names) == 0 {
		return s, err
	}
	all := s.Groups
	s.Groups = nil
	for _, name := range names {
		found := false
		for _, g := range all {
			if g.Name == name || string(g.ID) == name {
				s.Groups, found = append(s.Groups, g), true
			}
		}
		if !found {
			return s, &api.AnswerError{Code: http.StatusNotFound, Problem: api.Problem{Text: fmt.Sprintf("no group is called %q", name)}}
		}
	}
	return s, nil
}

// answer is how a verdict is given: what is printed of it, and the code.
type answer func(all []finding, perf string) (text string, code int)

func (f checkFlags) answer() (answer, error) {
	switch f.problem {
	case "":
		return asPlugin, nil
	case "warning":
		return asProblemFrom(levelWarning), nil
	case "critical":
		return asProblemFrom(levelCritical), nil
	}
	return asProblemFrom(levelCritical), fmt.Errorf("--node-problem-detector %s: want warning or critical", f.problem)
}

// verdict prints the one line, or the document, and ends with the code. The findings are never none.
func (c *command) verdict(as answer, all []finding, perf string) error {
	for i, f := range all {
		all[i].Level = levelWords[f.level]
	}
	text, code := as(all, perf)
	if c.json {
		doc, err := json.MarshalIndent(struct {
			State    string    `json:"state"`
			Code     int       `json:"code"`
			Findings []finding `json:"findings"`
		}{levelWords[worstOf(all)], code, all}, "", "  ")
		if err != nil {
			return err
		}
		text = string(doc)
	}
	fmt.Fprintln(c.Out, text)
	if code == 0 {
		return nil
	}
	return exitError(code)
}

func worstOf(all []finding) level {
	worst := levelOK
	for _, f := range all {
		if f.level.over(worst) {
			worst = f.level
		}
	}
	return worst
}

// asPlugin is the answer of a monitoring plugin.
func asPlugin(all []finding, perf string) (string, int) {
	worst := worstOf(all)
	if perf != "" {
		perf = " | " + perf
	}
	return fmt.Sprintf("PLIMSOLL %s - %s%s", levelWords[worst], summary(all, worst), perf), int(worst)
}

// summary is what is worst, as far as it fits a line that pagers show, and how much there is beside.
func summary(all []finding, worst level) string {
	const enough = 3
	var says []string
	more := 0
	for _, f := range all {
		switch {
		case f.level == worst && len(says) < enough:
			// "|" parts the text from the performance data.
			says = append(says, strings.ReplaceAll(clean(f.About+": "+f.Text), "|", "/"))
		case f.level != levelOK || worst == levelOK:
			more++
		}
	}
	text := strings.Join(says, "; ")
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// findingsOf judges nothing anew: it only says how loud each verdict is. There is always one.
func findingsOf(s api.Status, l limits, host bool) []finding {
	var out []finding
	for _, g := range s.Groups {
		out = append(out, findingOf(g, l))
		for _, w := range g.Warnings {
			out = append(out, finding{About: g.Name, Text: w.Text, level: levelWarning})
		}
	}
	if host {
		for _, l := range s.Lone {
			if t := phrase.TroubleOf(l); t <= phrase.Warned {
				out = append(out, finding{About: phrase.Member(l.Component), Text: phrase.Lone(l), level: levelWarning})
			}
			for _, w := range l.Warnings {
				out = append(out, finding{About: phrase.Member(l.Component), Text: w.Text, level: levelWarning})
			}
		}
		for _, src := range s.Sources {
			switch {
			case src.Blind:
				out = append(out, finding{About: "source " + src.Name, Text: "blind" + because(src.Error), level: levelUnknown})
			case unseen(src):
				out = append(out, finding{About: "source " + src.Name, Text: "has told nothing yet" + because(src.Error), level: levelUnknown})
			}
		}
		switch {
		case s.Status == nil:
			out = append(out, finding{About: s.Host.Name, Text: nothing(s), level: levelUnknown})
		case s.Margin != nil:
			text := fmt.Sprintf("%s, %s", *s.Status, phrase.Survives(*s.Margin))
			out = append([]finding{{About: s.Host.Name, Text: text}}, out...)
		}
	}
	return out
}

func findingOf(g api.Group, l limits) finding {
	f := finding{About: g.Name, Text: fmt.Sprintf("%s, margin %s", g.Status, phrase.Margin(g.Margin))}
	warning, critical := l.of(g.Margin)
	judged := g.Margin.Full > 0 // else it has no margin to lose
	switch {
	case g.Best == redundancy.Failed, judged && critical.surely(g.Margin):
		f.level = levelCritical
	case g.Status == redundancy.StatusUnknown:
		f.level = levelUnknown
		f.Text += fmt.Sprintf(", %s at worst, %s at best", g.Worst, g.Best)
	case judged && warning.perhaps(g.Margin):
		f.level = levelWarning
	}
	return f
}

// perfdata is the sure margin of each group: 'label'=value;warn;crit;min;max, where "2:" alerts below 2.
func perfdata(groups []api.Group, l limits) string {
	var out []string
	for _, g := range groups {
		if g.Margin.Full < 1 {
			continue // it has no threshold that means anything
		}
		warning, critical := l.of(g.Margin)
		label := strings.NewReplacer("'", "_", "=", "_", "|", "_", "\n", "_").Replace(clean(g.Name))
		out = append(out, fmt.Sprintf("'%s'=%d;%s;%s;;%d", label, g.Margin.Least, warning.text, critical.text, g.Margin.Full))
	}
	return strings.Join(out, " ")
}
