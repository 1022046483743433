package arbiter

import "time"

// Clock has a go by another steady clock. It is called before Run.
func (a *Arbiter) Clock(now func() time.Time) { a.now = now }

// UntilRead is what an arbiter does while the store has not given it the whole inventory.
func (a *Arbiter) UntilRead(read <-chan struct{}, watched <-chan error) error {
	return a.untilRead(read, watched)
}
