package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChangedNamesTheKeysThatDiffer(t *testing.T) {
	t.Parallel()
	read := func(text string) Config {
		c, err := Parse("test.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	was := read("version: 1\npolicy: [{name: a, do: none}]")
	if got := Changed(was, read("version: 1 # the same\npolicy:\n- {do: none, name: a}")); got != nil {
		t.Errorf("changed: %v, want none", got)
	}
	now := read("version: 1\nlisten: ''\nnats: {urls: [\"nats://n1:4222\"]}\npolicy: [{name: b, do: none}]")
	if diff := cmp.Diff([]string{"nats", "listen", "policy"}, Changed(was, now)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}
