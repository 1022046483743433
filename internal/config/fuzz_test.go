package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func FuzzParseAcceptsOnlyWhatItCanWriteBack(f *testing.F) {
	f.Add(config.DefaultYAML())
	for _, s := range []string{
		"", "version: 1", "version: 1\nlooks: {raid: {every: 10}}", "a: &a [*a]", "\t", "version: 1\n---\n", "{", "? [a]\n: b",
		"version: 1\nhost: {labels: {a: \"1\", b: 'yes'}}", "version: 1\nnats: {urls: [\"nats://u:p@h\"]}",
		"version: 1\npolicy: [{name: a, do: none, when: {kind: bond, labels: {rack: [a, b], row: c}}, unless: correlated}]",
		"version: 1\nservices: [{name: a, needed: 2, members: [{unit: a.service}, {name: b, check: {exec: [/b, c], fall: 1}}]}]",
		"version: 1\nservices: [{name: a, members: [{name: b, check: {dns: {name: h, server: 'h:53'}}}, {name: c, check: {file_age: {path: /*, at_most: 1h}}}]}]",
		"version: 1\nhooks: {a: {url: \"https://h/p?q\", authorization_file: /t}, b: {argv: [/b, c], max_output: 0}}\npolicy: [{name: a, do: hook, hook: b}]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("f", text)
		if err != nil {
			e, ok := errors.AsType[*config.Error](err)
			if !ok || len(e.Problems) == 0 {
				t.Fatalf("not an *Error with problems: %#v", err)
			}
			for _, p := range e.Problems {
				if p.Line < 1 || p.Column < 1 || p.What == "" {
					t.Errorf("a problem without its place: %+v", p)
				}
			}
			return
		}
		for i := range c.NATS.URLs {
			c.NATS.URLs[i] = "nats://host:4222" // passwords are hidden on purpose
		}
		for name, h := range c.Hooks {
			if h.URL != "" {
				h.URL = "https://host" // paths are hidden on purpose
			}
			c.Hooks[name] = h
		}
		shown, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := config.Parse("shown", shown)
		if err != nil {
			t.Fatalf("%v\n%s", err, shown)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
