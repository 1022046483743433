package phrase

import (
	"fmt"
	"strings"

	"plimsoll/internal/api"
)

// stageWords are the stages of api.Work.
var stageWords = map[string]string{
	"intending": "being written down",
	"asking":    "asking the fleet for leave",
	"granting":  "the leave is being written down",
	"looking":   "taking a fresh look",
	"starting":  "its start is being written down",
	"doing":     "being done",
	"proving":   "a look has to show what became of it",
	"ending":    "its end is being written down",
	"freeing":   "giving the leave back",
}

// Stage is what a work waits for, in words.
func Stage(w api.Work) string {
	words, known := stageWords[w.Stage]
	if !known {
		words = w.Stage // of a later version
	}
	return words
}

// Doing is an action in words: "netbond.failover of bond0 from eth0 to eth1".
func Doing(a api.Action) string {
	words := []string{string(a.Verb)}
	if a.Hook != nil {
		words = append(words, *a.Hook)
	}
	words = append(words, "of", a.Name)
	from, to := NameOr(a.FromName, a.From), NameOr(a.ToName, a.To)
	switch {
	case from != "" && from == to: // a verb that concerns one member alone
		words = append(words, from)
	default:
		if from != "" {
			words = append(words, "from", from)
		}
		if to != "" {
			words = append(words, "to", to)
		}
	}
	return strings.Join(words, " ")
}

// NameOr is the name, the id where there is none, and nothing where there is neither.
func NameOr[T ~string](name *string, id *T) string {
	switch {
	case name != nil:
		return *name
	case id != nil:
		return fmt.Sprint(*id)
	}
	return ""
}
