package wire

import (
	"fmt"
	"time"
)

// Beat is how often a host says that it is there, and Absent after how long a host that says nothing is shown as absent:
// two messages may be lost. Presence is for people; nothing is decided on it.
const (
	Beat   = time.Minute
	Absent = 3 * Beat
)

// Margin is how many further failures a host survives, as its own margins are.
type Margin struct {
	Least int `json:"least"`
	Most  int `json:"most"`
	Full  int `json:"full"`
}

// Alive is what a host says of itself once in a Beat, and at once when its status changes.
type Alive struct {
	ID      string  `json:"id"` // of the host; tells two hosts under one name apart
	Boot    string  `json:"boot,omitempty"`
	Version string  `json:"version,omitempty"`
	Status  string  `json:"status,omitempty"` // in the words of redundancy; empty: it has no redundant group, or knows none yet
	Margin  *Margin `json:"margin,omitempty"`
	// Leaving says that the agent is stopping on purpose.
	Leaving bool `json:"leaving,omitempty"`
	// Failing are the pools for which the host does not do what they are about.
	Failing []string `json:"failing,omitempty"`
	// Faults are all faults that it sees now under a failure domain that it shares with others, and no others.
	Faults []Fault `json:"faults,omitempty"`
	// Footings are what becomes of it if one of those goes.
	Footings []Footing `json:"footings,omitempty"`
	// Heeds says that it goes by a word of an arbiter's, which has to tell it when that is over.
	Heeds bool `json:"heeds,omitempty"`
}

// Schema is Message.
func (Alive) Schema() string { return "plimsoll.presence/1" }

// Check is Message.
func (a Alive) Check() error {
	if err := checkNamed("id", a.ID, MaxName); err != nil {
		return err
	}
	for what, s := range map[string]string{"boot": a.Boot, "version": a.Version, "status": a.Status} {
		if err := checkText(what, s, MaxName); err != nil {
			return err
		}
	}
	return a.checkShared()
}

// Registration is who a host is, as it asks to be counted: in which pools, and by what it can fail together with others.
type Registration struct {
	ID      string   `json:"id"`
	Version string   `json:"version,omitempty"`
	Pools   []string `json:"pools,omitempty"`
	// Domains are the failure domains that the host stands on, by kind: {"feed": ["r12-a", "r12-b"], "rack": ["r12"]}.
	Domains map[string][]string `json:"domains,omitempty"`
}

// Schema is Message.
func (Registration) Schema() string { return "plimsoll.registration/1" }

// Check is Message.
func (r Registration) Check() error {
	if err := checkNamed("id", r.ID, MaxName); err != nil {
		return err
	}
	if err := checkText("version", r.Version, MaxName); err != nil {
		return err
	}
	n := 0
	for domain, names := range r.Domains {
		if !PlainToken(domain) {
			return fmt.Errorf("domain %.60q: %w", domain, ErrToken)
		}
		for _, name := range names {
			if err := checkNamed("domain "+domain, name, MaxName); err != nil {
				return err
			}
		}
		n += len(names)
	}
	if n > MaxDomains {
		return fmt.Errorf("%d failure domains, at most %d", n, MaxDomains)
	}
	return checkPools(r.Pools)
}

// Registered is the arbiter's answer to a registration.
type Registered struct {
	// Revision is that of the inventory's entry; 0: the host was refused.
	Revision uint64 `json:"revision,omitempty"`
	// Pools are those that count the host by now; Refused says why others do not, or why the host is not registered at all.
	Pools   []string `json:"pools,omitempty"`
	Refused []string `json:"refused,omitempty"`
	// Shared are those of its failure domains that have hosts enough to tell a fault of the domain from one of the host.
	Shared []string `json:"shared,omitempty"`
}

// Schema is Message.
func (Registered) Schema() string { return "plimsoll.registered/1" }

// Check is Message.
func (r Registered) Check() error {
	if r.Revision == 0 && len(r.Refused) == 0 {
		return fmt.Errorf("neither registered nor refused")
	}
	if err := checkReasons("refused", r.Refused); err != nil {
		return err
	}
	if len(r.Shared) > MaxShared {
		return fmt.Errorf("%d shared domains, at most %d", len(r.Shared), MaxShared)
	}
	for _, domain := range r.Shared {
		if err := checkNamed("domain", domain, maxDomain); err != nil {
			return err
		}
	}
	return checkPools(r.Pools)
}
