// Package service is the room of services: groups of units and of plain checks that cover for one another, as the
// configuration lists them. It reads what systemd says of its units, asks the checks, and tells groups of redundancy. It also
// has the hands for units: restart and stop, through the privileged helper.
//
// What it is not: no service manager. systemd starts again what ends ([Restart=]); this room sees what systemd cannot: a unit
// that runs and does not do its work. Nor does it find members by itself: what belongs together is a person's to say.
//
// What it reads, without privilege:
//
//   - the properties of org.freedesktop.systemd1.Unit and .Service, by the message bus of the system
//     (https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html): ActiveState, SubState,
//     LoadState, InvocationID, Result, NRestarts, Type, RemainAfterExit, the start limit, the job under way. Those of .Service
//     are asked for only after a change: answering makes systemd read the unit's control group.
//   - PropertiesChanged of these units, for hints to look again.
//   - checks: a program, a URL, a TCP address, a DNS name, the age of files, another unit. Each has a goroutine and a pace of
//     its own, so that one that hangs delays no other, and three answers: well, sick, and unknown, which is never a failure.
//
// The bus is spoken to directly (godbus) rather than through go-systemd: that opens two connections, hears of every job on the
// host, and, with a subscriber, takes a signal's body for granted, which any user of the host may send.
//
// What it can't see: a unit that was started and ended between two looks, but for the count that systemd keeps of its own
// restarts; units of users' own managers; whether a check asks the right question.
//
// Where the bus is away, units are unread, with the reason as evidence, and plain checks go on.
//
// The files, in the order of the flow: spec.go (what is listed), unit.go (the facts, typed), read.go and listen.go (the bus),
// parse.go (raw → facts, pure), answer.go (rise and fall, pure), check.go and the askers ask*.go, checker.go (when they are
// asked), group.go and warnings.go (facts → groups, pure), patience.go (how soon a unit may be restarted), collect.go, watch.go,
// ways.go (what can be done, pure), operate.go.
//
// [Restart=]: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
package service
