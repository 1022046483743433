package actions

import "slices"

// RefusedError is an order that is not followed. Nothing has been done, and nothing will be.
type RefusedError struct {
	Text string
	Why  []Reason // what speaks against it; empty: only the text says
}

// Error is why.
func (e *RefusedError) Error() string { return "not done: " + e.Text }

// Hint says what a person can do about the first reason that somebody can do something about.
func (e *RefusedError) Hint() string {
	for _, h := range hints {
		if slices.ContainsFunc(e.Why, func(r Reason) bool { return r.Key == h.key }) {
			return h.text
		}
	}
	return ""
}

// hints are what can be done about reasons; what would hold even if the others were gone comes first.
var hints = []struct{ key, text string }{
	{whyMode, "the configuration's key mode decides: set mode: enforce in /etc/plimsoll/plimsoll.yaml, and restart plimsolld"},
	{whyFreeze, "`plimsoll thaw` ends a freeze"},
	{whyLog, "`plimsoll status` says what the log lacks"},
	{whyShutdown, "wait until the host is up again"},
	{whyBusy, "`plimsoll plan` shows what is under way"},
	{whyMaintenance, "`plimsoll plan` shows which there are"},
	{whyRefused, "`plimsoll why GROUP` shows what this rests on"},
}
