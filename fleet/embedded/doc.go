// Package embedded is a JetStream server for trying things out and for a host on its own: it listens on the loopback alone
// and knows one user. It is no fleet: nothing that needs others' consent may rest on it.
//
// It is not part of the agent: nats-server, once linked, wakes a process every second and is the larger half of its text, and
// a store on a disk that hangs is better hung in a process of its own. `plimsoll nats-server` runs it, started by the agent.
package embedded
