package raid

// SameWork is sameWork, for tests.
func SameWork(was, is string) bool { return sameWork(was, is) }

// Hint is what Watch notes when an array announces a change.
func (c *Collector) Hint(array string) { c.hints.array(array) }
