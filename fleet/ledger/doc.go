// Package ledger is what a pool of hosts agrees on: who is a member, and who may act at the moment.
//
// Everything here is pure: no I/O, no clock, no goroutine, the standard library only. The functions take a ledger and give the
// next one, or the reasons why there is none; to make it true is one compare-and-set of the caller's, on the store's key of
// the pool. Consensus is the store's. What is decided here is decided on the ledger that was read, and holds only if the write
// at that very revision goes through: a read alone decides nothing, since it may be old.
//
// # The protocol
//
// A host that wants to do something that reaches others
//
//  1. asks, with a nonce of its own, and again with the same nonce while no answer comes;
//  2. answers polls by Self.Opine, and remembers the newest Mark that it was shown, durably where it can;
//  3. told that it is granted, asks to start; told that it is started, remembers the mark durably, and only then begins, if
//     it still wants to, never after its own deadline, which its steady clock tells, and never while frozen;
//  4. when it is over, or given up, no longer wants the nonce, and then releases it, again and again until that is heard.
//
// An arbiter
//
//   - on an ask reads the ledger at revision R, lets Room refuse, polls the members of R about it, and writes what Poll.Grant
//     gives, at R;
//   - on a start or a release writes what Start or Release gives, at the revision that it read. These give a new ledger even
//     where nothing seems to change: an answer that says yes rests on a write, never on a read, and a release that finds no
//     entry makes grants fail that were decided before it;
//   - on a conflict begins again with a new read. On an unknown outcome it says so, and is asked again: the same nonce is one
//     entry, however often it is asked for;
//   - where what it reads is older than what it or a member remembers, writes a freeze at the revision that it read. If it only
//     read late, that write fails. While that freeze lasts, members say what they hold (Self.Claim, Reassert), until a person
//     accepts what is there.
//
// # What it does not do
//
// It does not know what time it is elsewhere, does not end an entry because time passed, and does not believe that a host is
// down because it is silent. A holder that is gone counts against the budget until a person says that its host is down.
// fleet/ledger/model checks the protocol, with these functions, in every order in which its steps can happen.
package ledger
