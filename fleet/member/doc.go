// Package member speaks for one host in its fleet: it asks for leave, begins and gives back what was given, and tells others
// what it thinks of their wishes.
//
// Read in this order: desk.go (what a host wants, holds and was shown, and what of that has to survive its agent), leave.go
// (what is said to the arbiters, and what an answer, a refusal or silence means), line.go (that over
// NATS, and answers to polls), keep.go (the file), member.go (all of that as one), hello.go (presence and registration), heed.go (what arbiters tell the
// host unasked).
//
// # What survives what
//
// What is wanted is forgotten when the agent ends, and that is what makes leave safe that was granted to nobody: a host that is
// polled about its own wish says no to what it does not know of. What is held is kept on disk before anything is begun, and so
// is the newest mark that was shown: if the store forgets, its holders do not.
//
// # What it is not
//
// It does nothing to the host and decides no rule. That a deadline has passed, or that the host is frozen, its callers check:
// package actions immediately before a deed, and the privileged helper once more.
package member
