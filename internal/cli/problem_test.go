package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
)

// problemConfig is what node-problem-detector reads of a custom plugin monitor's configuration (pkg/custompluginmonitor/types).
type problemConfig struct {
	Plugin       string `json:"plugin"`
	PluginConfig struct {
		InvokeInterval string `json:"invoke_interval"`
		Timeout        string `json:"timeout"`
		MaxOutput      int    `json:"max_output_length"`
		Concurrency    int    `json:"concurrency"`
		OnMessage      bool   `json:"enable_message_change_based_condition_update"`
		SkipInitial    bool   `json:"skip_initial_status"`
	} `json:"pluginConfig"`
	Source     string `json:"source"`
	Reporting  bool   `json:"metricsReporting"`
	Conditions []struct {
		Type    string `json:"type"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"conditions"`
	Rules []struct {
		Type           string   `json:"type"`
		Condition      string   `json:"condition"`
		Reason         string   `json:"reason"`
		Path           string   `json:"path"`
		Args           []string `json:"args"`
		Timeout        string   `json:"timeout"`
		InvokeInterval string   `json:"invoke_interval"`
	} `json:"rules"`
}

func shippedProblems(t *testing.T) problemConfig {
	t.Helper()
	f, err := os.Open("../../packaging/node-problem-detector/plimsoll.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var c problemConfig
	strict := json.NewDecoder(f)
	strict.DisallowUnknownFields()
	if err := strict.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheConfigurationForNodeProblemDetectorIsOneThatItTakes asks what its ApplyConfiguration and Validate ask.
func TestTheConfigurationForNodeProblemDetectorIsOneThatItTakes(t *testing.T) {
	t.Parallel()
	c := shippedProblems(t)
	if c.Plugin != "custom" || c.Source == "" {
		t.Errorf("plugin %q, source %q", c.Plugin, c.Source)
	}
	whole, err := time.ParseDuration(c.PluginConfig.Timeout)
	if err != nil {
		t.Error(err)
	}
	if every, err := time.ParseDuration(c.PluginConfig.InvokeInterval); err != nil || every <= whole {
		t.Errorf("asked every %s, which may take %s: %v", every, whole, err)
	}
	if c.PluginConfig.MaxOutput != problemLength {
		t.Errorf("lines are cut at %d bytes there, at %d here", c.PluginConfig.MaxOutput, problemLength)
	}
	reasons := map[string]string{}
	for _, d := range c.Conditions {
		reasons[d.Type] = d.Reason
	}
	for _, r := range c.Rules {
		if reasons[r.Condition] == "" || reasons[r.Condition] == r.Reason {
			t.Errorf("condition %q of rule %q has no state of its own without a problem", r.Condition, r.Reason)
		}
		if d, err := time.ParseDuration(r.Timeout); err != nil || d > whole {
			t.Errorf("%s: timeout %s: %v", r.Reason, r.Timeout, err)
		}
		if r.Type != "permanent" || r.Path != "/usr/bin/plimsoll" {
			t.Errorf("%s: %s %s", r.Reason, r.Type, r.Path)
		}
	}
}

// TestEachRuleForNodeProblemDetectorTellsProblemsFromNone runs what the rules run. 0 is no problem, 1 is one, 2 is not known.
func TestEachRuleForNodeProblemDetectorTellsProblemsFromNone(t *testing.T) {
	t.Parallel()
	unknown := xtest.Quiet()
	unknown.Assessment.Sources[0].Blind = true
	wants := map[string]map[string]int{
		"RedundancyLost":    {"whole": 0, "dying": 0, "faulty": 1, "unknown": 2, "nobody": 2},
		"RedundancyReduced": {"whole": 0, "dying": 1, "faulty": 1, "unknown": 2, "nobody": 2},
	}
	worlds := map[string]world{"nobody": {socket: t.TempDir() + "/none"}}
	for name, v := range map[string]*view.View{"whole": xtest.Healthy(2, 1), "dying": xtest.Dying(), "faulty": xtest.Faulty(), "unknown": unknown} {
		worlds[name] = serve(t, v)
	}
	for _, r := range shippedProblems(t).Rules {
		for name, w := range worlds {
			got := w.run(t, r.Args...)
			if want, known := wants[r.Condition][name]; !known || got.code != want {
				t.Errorf("%s on the host %s: code %d, want %d: %s", r.Condition, name, got.code, want, got.out)
			}
			line := strings.TrimSpace(got.out)
			if line == "" || strings.Contains(line, "\n") || len(line) > problemLength || got.err != "" {
				t.Errorf("%s on the host %s: want one line of at most %d bytes: %q, %q", r.Condition, name, problemLength, got.out, got.err)
			}
		}
	}
}

func TestLongLinesAreCutBetweenLetters(t *testing.T) {
	t.Parallel()
	for n := range 8 {
		got := short(strings.Repeat("a", n) + strings.Repeat("ü", problemLength))
		if !utf8.ValidString(got) || len(got) > problemLength || !strings.HasSuffix(got, "…") {
			t.Errorf("got %q", got)
		}
	}
}
