// Package agent is the head: it wires sources, log, publisher and interfaces together, and one goroutine owns all state.
//
// What happens is split in two. The step (step.go, state.go) is deterministic: it takes the state, a time and what came in,
// and gives the new state and what is to be done; it reads no clock and does no I/O. The loop (loop.go) feeds it and carries
// out its effects: append to the log, publish, say, wake again. Every input is kept in a bounded trace (trace.go), and
// Replay runs a trace through the same step: a field report becomes a test by copying one file.
//
// Acting (will.go) is part of the step: after each verdict it decides by package actions, and runs that package's engine, whose
// records go into the same log and whose looks are the same looks. What leaves the agent is carried out by the crew
// (order.go), and what became of it is an input like any other.
//
// Nothing that may hang is called from the loop. The log, the publisher, the sources and standard error each have their own
// goroutine and a queue; when the disk below the state directory hangs, the loop goes on, and events that could not be made
// durable within VolatileAfter are published from memory, marked so.
package agent
