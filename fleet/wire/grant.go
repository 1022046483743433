package wire

import (
	"fmt"

	"plimsoll/fleet/ledger"
)

// Wish is what a host asks leave for.
type Wish struct {
	Pool    string `json:"pool"`
	Nonce   string `json:"nonce"`  // names the action, for good, among all of its host's
	Action  string `json:"action"` // for people
	Repairs bool   `json:"repairs,omitempty"`
}

// Schema is Message.
func (Wish) Schema() string { return "plimsoll.ask/1" }

// Check is Message.
func (w Wish) Check() error {
	if err := checkLeave(w.Pool, w.Nonce); err != nil {
		return err
	}
	return checkNamed("action", w.Action, MaxText)
}

// Beginning asks whether what was granted may begin now.
type Beginning struct {
	Pool  string `json:"pool"`
	Nonce string `json:"nonce"`
	Token uint64 `json:"token"`
}

// Schema is Message.
func (Beginning) Schema() string { return "plimsoll.start/1" }

// Check is Message.
func (b Beginning) Check() error { return checkLeave(b.Pool, b.Nonce) }

// Ending gives leave back.
type Ending struct {
	Pool  string     `json:"pool"`
	Nonce string     `json:"nonce"`
	End   ledger.End `json:"end"`
}

// Schema is Message.
func (Ending) Schema() string { return "plimsoll.release/1" }

// Check is Message.
func (e Ending) Check() error {
	if err := checkLeave(e.Pool, e.Nonce); err != nil {
		return err
	}
	return checkNamed("end", string(e.End), MaxName)
}

// Claim is what a host wants and holds, after the store of its pool has forgotten something.
type Claim struct {
	Pool string `json:"pool"`
	View Views  `json:"view"`
}

// Schema is Message.
func (Claim) Schema() string { return "plimsoll.assert/1" }

// Check is Message.
func (c Claim) Check() error {
	if err := checkPools([]string{c.Pool}); err != nil {
		return err
	}
	return c.View.check()
}

// Reminder has a host say what it holds, since the store of the pool has forgotten something.
type Reminder struct {
	Pool string      `json:"pool"`
	On   ledger.Mark `json:"on"` // of the ledger as it is now
}

// Schema is Message.
func (Reminder) Schema() string { return "plimsoll.notice/1" }

// Check is Message.
func (r Reminder) Check() error { return checkPools([]string{r.Pool}) }

// Question is an arbiter's, about the wish of a host.
type Question struct {
	Pool string          `json:"pool"`
	Q    ledger.Question `json:"question"`
}

// Schema is Message.
func (Question) Schema() string { return "plimsoll.poll/1" }

// Check is Message.
func (q Question) Check() error {
	if err := checkLeave(q.Pool, q.Q.Ask.Nonce); err != nil {
		return err
	}
	return checkNamed("host", q.Q.Ask.Host, MaxName)
}

// Verdict is a host's answer to a question, by its own subject of opinions.
type Verdict struct {
	Pool string `json:"pool"`
	View Views  `json:"view"`
}

// Schema is Message.
func (Verdict) Schema() string { return "plimsoll.opinion/1" }

// Check is Message.
func (v Verdict) Check() error {
	if err := checkLeave(v.Pool, v.View.Nonce); err != nil {
		return err
	}
	return v.View.check()
}

// Views are an opinion without the name of whose it is, which the subject says.
type Views struct {
	Nonce     string         `json:"nonce,omitempty"`
	On        ledger.Mark    `json:"on"`
	Yes       bool           `json:"yes"`
	Veto      string         `json:"veto,omitempty"`
	Serving   ledger.Serving `json:"serving,omitempty"`
	Wants     []string       `json:"wants,omitempty"`
	Holds     []string       `json:"holds,omitempty"`
	Remembers ledger.Mark    `json:"remembers"`
}

// ViewsOf are those of an opinion.
func ViewsOf(o ledger.Opinion) Views {
	return Views{
		Nonce: o.Nonce, On: o.On, Yes: o.Yes, Veto: o.Veto, Serving: o.Serving, Wants: o.Wants, Holds: o.Holds, Remembers: o.Remembers,
	}
}

// By is the opinion of a host with these views.
func (v Views) By(host string) ledger.Opinion {
	return ledger.Opinion{
		Host: host, Nonce: v.Nonce, On: v.On, Yes: v.Yes, Veto: v.Veto, Serving: v.Serving, Wants: v.Wants, Holds: v.Holds, Remembers: v.Remembers,
	}
}

// maxHeld bounds what one host wants or holds in one pool: it does one thing to a group at a time, and has hundreds of groups
// at the most.
const maxHeld = 256

func (v Views) check() error {
	if err := checkText("veto", v.Veto, MaxText); err != nil {
		return err
	}
	if err := checkText("serving", string(v.Serving), MaxName); err != nil {
		return err
	}
	for what, nonces := range map[string][]string{"wants": v.Wants, "holds": v.Holds} {
		if len(nonces) > maxHeld {
			return fmt.Errorf("%d %s, at most %d", len(nonces), what, maxHeld)
		}
		for _, n := range nonces {
			if err := checkNamed(what, n, maxNonce); err != nil {
				return err
			}
		}
	}
	return nil
}

// Answer is an arbiter's to a host: yes, with the mark of the ledger in which it is so, or no, with reasons.
type Answer struct {
	On      ledger.Mark     `json:"on"`
	Token   uint64          `json:"token,omitempty"` // of what was granted
	Refused []ledger.Reason `json:"refused,omitempty"`
}

// Schema is Message.
func (Answer) Schema() string { return "plimsoll.answer/1" }

// Check is Message.
func (a Answer) Check() error {
	if len(a.Refused) > MaxReasons {
		return fmt.Errorf("%d reasons, at most %d", len(a.Refused), MaxReasons)
	}
	for _, r := range a.Refused {
		if err := checkNamed("reason", r.Key, MaxName); err != nil {
			return err
		}
		if err := checkText("reason", r.Text, MaxText); err != nil {
			return err
		}
	}
	return nil
}

func checkLeave(pool, nonce string) error {
	if err := checkPools([]string{pool}); err != nil {
		return err
	}
	return checkNamed("nonce", nonce, maxNonce)
}
