package arbiter

import "time"

// Clock has a go by another steady clock. It is called before Run.
func (a *Arbiter) Clock(now func() time.Time) { a.now = now }
