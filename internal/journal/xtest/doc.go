// Package xtest is a file system in memory for the tests of the journal and of
// those who keep one: it crashes, fails and hangs at any call.
//
// The model is harsher than ext4: what was not synced may be lost, kept, or
// torn by 512-byte sectors, in any order; names that were not synced go back to
// any earlier state; a failed sync marks pages clean without writing them, as
// Linux does. It knows one directory.
package xtest
