package ledger

import (
	"slices"
	"time"
)

// Ask is what a host wants leave for.
type Ask struct {
	Host   string `json:"host"` // as the store's server knows it, never as it says itself
	Nonce  string `json:"nonce"`
	Action string `json:"action"` // for people
	// Repairs says that the action restores margin, which a lack of margin is no reason against.
	Repairs bool `json:"repairs,omitempty"`
}

// Opinion is what a member says of an ask.
type Opinion struct {
	Host  string `json:"host"` // as the store's server knows it
	Nonce string `json:"nonce"`
	On    Mark   `json:"on"` // the ledger that it was asked about
	// Yes, or a veto with its words, or neither: it cannot tell.
	Yes     bool    `json:"yes"`
	Veto    string  `json:"veto,omitempty"`
	Serving Serving `json:"serving"`
	// Wants are the nonces that it has asked for, and may still begin. Holds are those that it has been told are granted or
	// started, and has not begun to release.
	Wants []string `json:"wants,omitempty"`
	Holds []string `json:"holds,omitempty"`
	// Remembers is the newest mark that it was shown before this one.
	Remembers Mark `json:"remembers"`
}

// Serving says whether a host does for others what its pool is for.
type Serving string

// What a host can say of that. Anything else is not known, and does not count as serving.
const (
	ServingYes Serving = "yes"
	ServingNo  Serving = "no"
)

// Question is what members are polled with.
type Question struct {
	Ask Ask  `json:"ask"`
	On  Mark `json:"on"`
}

// Self is what a member knows of itself when it is asked.
type Self struct {
	Host    string
	Serving Serving
	// Wants, Holds and Remembers are as in Opinion.
	Wants, Holds []string
	Remembers    Mark
	// Frozen is why nothing is to be done to this host; empty: nothing.
	Frozen string
	// Thin says what margin of its own it has lost; empty: none. It speaks against all but repairs.
	Thin string
}

// Claim is what a member says of itself to whoever shows it a mark, without being asked for leave: for Reassert.
func (s Self) Claim(on Mark) Opinion {
	return Opinion{
		Host: s.Host, On: on, Serving: s.Serving,
		Wants: slices.Clone(s.Wants), Holds: slices.Clone(s.Holds), Remembers: s.Remembers,
	}
}

// Opine is the opinion of a member on q.
func (s Self) Opine(q Question) Opinion {
	o := s.Claim(q.On)
	o.Nonce = q.Ask.Nonce
	freeze, forgotten := q.On.Forgotten(s.Remembers, s.Host)
	switch {
	case forgotten:
		o.Veto = freeze.Why
	case q.Ask.Host == s.Host && !slices.Contains(s.Wants, q.Ask.Nonce):
		o.Veto = withdrawn
	case s.Frozen != "":
		o.Veto = Clip("frozen: " + s.Frozen)
	case s.Thin != "" && !q.Ask.Repairs:
		o.Veto = Clip("has lost margin: " + s.Thin)
	default:
		o.Yes = true
	}
	return o
}

// withdrawn is the veto of a host against what it has given up itself.
const withdrawn = "does not want this any more"

// Fresh is how old an opinion may be when it is decided on: an arbiter asks, hears and writes within a second, and what a host
// is may have changed after five.
const Fresh = 5 * time.Second

// Poll is one round of questions about one ask, and what came back.
type Poll struct {
	Question Question
	// Sent is when it was sent, by the arbiter's steady clock: no answer to it is older.
	Sent     time.Time
	Opinions []Opinion
}
