package cli

import "strings"

// The codes of node-problem-detector's custom plugins (pkg/custompluginmonitor/types in
// https://github.com/kubernetes/node-problem-detector); any other is Unknown to it.
const (
	problemNone    = 0
	problemThere   = 1
	problemUnknown = 2
)

// problemLength is how long a line may be in bytes, which the configuration that we ship lets through whole. It is cut at a byte
// there, in the middle of a letter as it may be.
const problemLength = 160

// asProblemFrom answers node-problem-detector, to whom what is of this level or worse is a problem.
func asProblemFrom(least level) answer {
	return func(all []finding, _ string) (string, int) {
		says, code := levelOK, problemNone
		for _, f := range all {
			switch {
			case f.level != levelUnknown && (f.level == least || f.level.over(least)):
				code = problemThere
				if f.level.over(says) {
					says = f.level
				}
			case f.level == levelUnknown && code == problemNone:
				code, says = problemUnknown, levelUnknown
			}
		}
		return short(summary(all, says)), code
	}
}

// short is text of at most problemLength bytes.
func short(text string) string {
	const more = "…"
	if len(text) <= problemLength {
		return text
	}
	return strings.ToValidUTF8(text[:problemLength-len(more)], "") + more
}
