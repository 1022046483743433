// Package xtest is what tests of the delivery need: a TCP proxy that cuts at the worst moment, and a log in memory that
// fails and hangs on demand. It is not for use outside tests.
package xtest
