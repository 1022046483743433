// Package model checks the protocol of package ledger by walking through every order in which its steps can happen: hosts that
// ask, crash, go down, are paused past their deadline, and come back; two arbiters at once that pause, are lost and lose their
// memory; a store with compare-and-set, reads that lag behind, writes whose outcome nobody hears and that arrive later, and,
// where Limits allows it, a store that forgets acknowledged writes; messages that are lost, arrive late and arrive again; a
// person who clears hosts and accepts what the store has.
//
// What a ledger becomes is decided by the functions of package ledger themselves: the model calls them in every state that it
// meets. Time is not modelled; that it has passed is a step that may happen at any moment.
//
// The search is breadth first, so that the way to a broken promise is a shortest one. Two states that differ only in the
// numbers of revisions, and not in their order, are one. States are kept as hashes of 64 bits: among ten million, the chance
// that two are taken for one and something is missed is below one in a hundred thousand.
//
// A Mistake is something that the protocol could have left out. Tests show that the search finds each.
//
// What it cannot see: pools of more than three hosts, more than two actions of each, the code that carries messages (which is
// tested on real servers), and liveness, but for leave that nobody would ever give back.
package model
