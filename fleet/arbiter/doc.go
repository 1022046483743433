// Package arbiter answers hosts and people on behalf of the fleet: who may act now, in the ledgers that the store keeps.
//
// An arbiter decides nothing by itself and keeps nothing that another one would miss. What may be written into a ledger is
// decided by package ledger, whether it was written by the store; an arbiter carries from one to the other, polls the members
// in between, and says what came of it. So any number of them may be at work, on one pool too, and one may die at any moment.
//
// Read in this order: book.go (the store, the members and the memory as an arbiter needs them), clerk.go (read, decide, write
// at what was read, and again after a conflict), memory.go and keep.go (what this arbiter has been shown), registry.go (who belongs to the
// fleet: inventory.go), roll.go (who was heard), bucket.go (the ledgers in JetStream), floor.go (polls over NATS), arbiter.go
// and answer.go (requests over NATS), counter.go (what hosts ask), people.go and command.go (what people ask). Then what it does unasked:
// lookout.go (what it hears and follows), cases.go (faults that hosts share), pools.go (storms, freezes, leave of the silent),
// bulletin.go (notes of what is told, and their events), news.go (what hosts are told).
//
// # What it answers
//
// A yes to an ask is an entry that was found or written. A yes to a start or a release is a write, always: a read may come from
// the past. An error that is no refusal leaves open what happened, and the host asks again, this arbiter or another.
//
// # What it cannot see
//
// Whether a host that does not answer is down. Whether a store that shows an older page has forgotten what came after, or only
// lags behind: it writes a freeze at the page that it was shown, and a store that only lagged refuses that.
package arbiter
