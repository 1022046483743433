package raid

import (
	"sync"
	"time"

	"plimsoll/redundancy"
)

// refusals remembers the devices that could not be taken in, so that nobody but a person tries again before they have been
// away: neither md nor the disk would say anything else. It is forgotten with the agent, and each time the device comes anew.
type refusals struct {
	mu sync.Mutex
	by map[redundancy.ID]refusal // by the device's identity
}

// refusal is one attempt that came to nothing.
type refusal struct {
	arrived time.Duration // when the device came, by udev's clock; 0: it had not left
	why     string
}

// note remembers that a device could not be taken in.
func (r *refusals) note(device redundancy.ID, arrived time.Duration, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[redundancy.ID]refusal{}
	}
	r.by[device] = refusal{arrived, why}
}

// of is why an attempt came to nothing since the device came; empty: there was none.
func (r *refusals) of(device redundancy.ID, arrived time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was := r.by[device]; was.arrived == arrived {
		return was.why
	}
	return ""
}
