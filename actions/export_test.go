package actions

// Glob is glob for tests.
func Glob(pattern, name string) bool { return glob(pattern, name) }
