package raid

// SameWork is sameWork, for tests.
func SameWork(was, is string) bool { return sameWork(was, is) }
