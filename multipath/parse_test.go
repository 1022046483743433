package multipath_test

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/multipath"
)

func TestAStatusIsReadWordByWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 F 3":                      "A 8:0 8:16!3",
		"2 0 1 1 alua 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 A 0 0 1": "A 8:0; 8:16",
		"2 1 0 0 2 2 D 0 1 1 65:160 F 12 0 A 1 x 1 1 65:176 A 0 7":  "65:160!12; A 65:176",
		"2 0 0 0 0 0":                     "",
		"":                                "error",
		"2 0 0 0 1 1 A 0 2 0 8:0 A 0":     "error",
		"2 0 0 0 1 1 X 0 1 0 8:0 A 0":     "error",
		"2 0 0 0 1 1 A 0 1 0 8:0 B 0":     "error",
		"2 0 0 0 1 1 A 0 1 0 8:0 A 0 9":   "error",
		"2 0 0 0 1 1 A 0 1 0 8:0 A -1":    "error",
		"99999999 0":                      "error",
		"2 0 0 0 2147483647 1 A 0 1 0":    "error",
		"2 0 0 0 1 1 A 0 2147483647 0":    "error",
		"0 " + strings.Repeat("1 ", 1000): "error",
	} {
		if got := words(multipath.ParseStatus(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func words(s multipath.Status, err error) string {
	if err != nil {
		return "error"
	}
	var groups []string
	for _, g := range s.Groups {
		var group []string
		if g.Current {
			group = append(group, "A")
		}
		for _, p := range g.Paths {
			word := p.Number
			if p.Failed {
				word += fmt.Sprintf("!%d", p.Fails)
			}
			group = append(group, word)
		}
		groups = append(groups, strings.Join(group, " "))
	}
	return strings.Join(groups, "; ")
}

func FuzzParseStatus(f *testing.F) {
	for _, text := range mapper() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := multipath.ParseStatus(text)
		if err != nil && len(s.Groups) > 0 {
			t.Error("an error, and a status all the same")
		}
		paths := 0
		for _, g := range s.Groups {
			paths += len(g.Paths)
		}
		if paths > len(strings.Fields(text)) {
			t.Errorf("%d paths of %d words", paths, len(strings.Fields(text)))
		}
	})
}
