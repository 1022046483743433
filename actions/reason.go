package actions

import (
	"strings"
	"time"
)

// Reason is why an action is held. Key is the key of the policy, or the word of the vocabulary, that a person can look up.
type Reason struct {
	Key  string `json:"key"`
	Text string `json:"text"`
	// Until is when time alone does away with it; zero: it takes more than time.
	Until time.Time `json:"until,omitzero"`
}

// String is the reason in one line.
func (r Reason) String() string { return r.Key + ": " + r.Text }

// Unlogged is the reason of an order that the log can't keep, for a cause.
func Unlogged(cause string) Reason {
	return Reason{Key: whyLog, Text: "it has to be written down, and cannot be: " + cause}
}

// NoGroup is the reason of an order on a group that is not there.
func NoGroup() Reason { return Reason{Key: whyUnknown, Text: "there is no such group"} }

// NoMaintenance is the reason of an order that ends one that there is not.
func NoMaintenance() Reason { return Reason{Key: whyMaintenance, Text: "there is no such maintenance"} }

// The keys of reasons that are no key of a rule.
const (
	whyMode        = "mode"
	whyFreeze      = "freeze"
	whyMaintenance = "maintenance"
	whyShutdown    = "shutdown"
	whyBoot        = "boot"
	whyLog         = "log"
	whyCap         = "daily cap"
	whyUnknown     = "unknown"
	whySource      = "source"
	whySettles     = "settle"
	whyBusy        = "one at a time"
	whyVain        = "in vain"
	whyRefused     = "refused" // by the room that would do it
	whyNoWay       = "no way"  // no room of this program does it
)

// The keys of a rule that hold an action.
const (
	whyStatus    = "when.status"
	whySettle    = "settle.worse"
	whyLimit     = "limit"
	whyThreshold = "migration_threshold"
	whyReach     = "reach"
	whyUnless    = "unless"
	whyStable    = "failback.stable_for"
)

// span is d as people write it: 30m, not 30m0s. What is shorter than a second is shown as it is.
func span(d time.Duration) string {
	if d >= time.Second {
		d = d.Round(time.Second)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
