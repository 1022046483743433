package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"plimsoll/internal/config"
)

// fits says why a file does not fit the schema; nil if it does.
func fits(tb testing.TB, text []byte) error {
	tb.Helper()
	b, err := config.Schema()
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", doc); err != nil {
		tb.Fatal(err)
	}
	s, err := c.Compile("config.json")
	if err != nil {
		tb.Fatal(err)
	}
	var file any
	if err := yaml.Unmarshal(text, &file); err != nil {
		tb.Fatal(err)
	}
	return s.Validate(file)
}

func TestWhatIsGoodFitsTheSchema(t *testing.T) {
	t.Parallel()
	policies, err := filepath.Glob("../../docs/policies/*.yaml")
	if err != nil || len(policies) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, file := range append(policies, "default.yaml", "../../docs/hooks/plimsoll.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(t, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := fits(t, []byte(everyKey)); err != nil {
		t.Errorf("a file with every key: %v", err)
	}
}

func TestWhatIsWrongInItselfDoesNotFitTheSchema(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no version":          "mode: observe",
		"another version":     "version: 2",
		"an unknown key":      "version: 1\nmoed: observe",
		"an unknown word":     "version: 1\nmode: act",
		"no unit":             "version: 1\nlooks: {raid: {every: 10}}",
		"a text for a switch": "version: 1\nstatus_page: \"yes\"",
		"out of range":        "version: 1\nflap: {count: 1000}",
		"an unknown verb":     "version: 1\npolicy: [{name: x, do: raid.grow}]",
		"an unknown status":   "version: 1\npolicy: [{name: x, when: {status: [Bad]}, do: none}]",
		"a list for a name":   "version: 1\npolicy: [{name: [x], do: none}]",
	} {
		if fits(t, []byte(text)) == nil {
			t.Errorf("%s fits", name)
		}
		if _, err := config.Parse("f", []byte(text)); err == nil {
			t.Errorf("%s: the agent takes it", name)
		}
	}
}
