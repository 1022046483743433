// Command testcount turns the output of `go test -json` into what a person needs of it: the whole output of tests that
// failed, the reason of each that was skipped, and one closing line, "N passed, N failed, N skipped".
//
//	go test -json ./... | go run ./internal/testcount
//
// It counts leaves: a test with subtests is its subtests. A package that does not build, or whose process dies, counts as
// one failure. The exit status is 1 if anything failed, and 2 if the input is no such output or holds no test at all, so
// that a broken pipeline never looks like success.
package main
