package cli

import (
	"context"
	"encoding/json"
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

func (c *command) checkCommand() *cobra.Command {
	var host bool
	cmd := &cobra.Command{
		Use:   "check [GROUP…]",
		Short: "test the host or some groups, as a monitoring plugin",
		Long: `check says in one line whether the host, or each of the groups named, is as redundant as it can be, with performance data:
for each group its sure margin, warning below the full margin, critical below 1.

CRITICAL (2): a group has surely no margin left, or is down. WARNING (1): a group may have less than its full margin, or has a
warning; a disk or another component in no group has failed, is missing, is predicted to fail or has a warning. UNKNOWN (3): a status is not known, a source is blind, the agent could not be asked, or nothing here is redundant.
OK (0): none of these. Groups that never had a margin (raid0) are OK while they serve.`,
		Example:           "  plimsoll check\n  plimsoll check md0 bond0",
		ValidArgsFunction: c.names,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if host && len(args) > 0 {
				return c.verdict([]finding{{About: "usage", Text: "--host and groups exclude each other", level: levelUnknown}}, "")
			}
			s, err := c.groups(cmd.Context(), args)
			if err != nil {
				return c.verdict([]finding{{About: "plimsolld", Text: err.Error(), level: levelUnknown}}, "")
			}
			return c.verdict(findingsOf(s, len(args) == 0), perfdata(s.Groups))
		}),
	}
	cmd.Flags().BoolVar(&host, "host", false, "test the whole host; this is what happens without arguments")
	return cmd
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

// verdict prints the one line, or the document, and ends with the code of the worst of all, which are never none.
func (c *command) verdict(all []finding, perf string) error {
	worst := levelOK
	for i, f := range all {
		all[i].Level = levelWords[f.level]
		if f.level.over(worst) {
			worst = f.level
		}
	}
	if c.json {
		doc := struct {
			State    string    `json:"state"`
			Code     int       `json:"code"`
			Findings []finding `json:"findings"`
		}{levelWords[worst], int(worst), all}
		text, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "%s\n", text)
	} else {
		if perf != "" {
			perf = " | " + perf
		}
		fmt.Fprintf(c.Out, "PLIMSOLL %s - %s%s\n", levelWords[worst], summary(all, worst), perf)
	}
	if worst == levelOK {
		return nil
	}
	return exitError(worst)
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
func findingsOf(s api.Status, host bool) []finding {
	var out []finding
	for _, g := range s.Groups {
		out = append(out, findingOf(g))
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

func findingOf(g api.Group) finding {
	f := finding{About: g.Name, Text: fmt.Sprintf("%s, margin %s", g.Status, phrase.Margin(g.Margin))}
	switch {
	case g.Best == redundancy.Failed, g.Best == redundancy.Lost:
		f.level = levelCritical
	case g.Status == redundancy.StatusUnknown:
		f.level = levelUnknown
		f.Text += fmt.Sprintf(", %s at worst, %s at best", g.Worst, g.Best)
	case g.Margin.Least < g.Margin.Full:
		f.level = levelWarning
	}
	return f
}

// perfdata is the sure margin of each group: 'label'=value;warn;crit;min;max, where "2:" alerts below 2.
func perfdata(groups []api.Group) string {
	var out []string
	for _, g := range groups {
		if g.Margin.Full < 1 {
			continue // it has no threshold that means anything
		}
		label := strings.NewReplacer("'", "_", "=", "_", "|", "_", "\n", "_").Replace(clean(g.Name))
		out = append(out, fmt.Sprintf("'%s'=%d;%d:;1:;;%d", label, g.Margin.Least, g.Margin.Full, g.Margin.Full))
	}
	return strings.Join(out, " ")
}
