// Package power is the room of power supplies: what a host's sources say of each, and how many of them may still fail.
//
// It reads the BMC, through ipmi.read of the privileged helper (IPMI 2.0: sensors of the types Power Supply, 08h, and Power Unit,
// 09h, by tables 42-2 and 42-3; their records, chapter 43; inventories; the event log; DCMI 1.5 power readings), and what the kernel
// tells by itself: PMBus chips and ACPI power meters under hwmon, lines and batteries under power_supply.
//
// A supply is told by one or more sources. Each gives a report ([Report]): what it says of the supply, in facts that are kept
// apart (present, failed, predicted to fail, input lost, input out of range, configuration error, standby), with its own words
// as evidence. Reports on one supply are put together; where two contradict each other, the fact is unread and a warning shows
// both.
//
// How many supplies a host needs is rarely written anywhere. In this order: the configuration; the load that is measured,
// divided by what one supply can give; else all that is known is an interval. A host that runs proves that what it runs on is
// enough, a BMC that calls the supplies redundant says that one fewer is, and what a host once ran on is remembered in the
// baseline. Until anything is known the verdict is Unknown, with one warning that names the key.
//
// The line and the batteries are a group and a source of their own: a battery does not cover for a supply that fails.
//
// A BMC is slow, and may not answer at all. Its records are walked once and kept until they change; then only the sensors that
// matter are asked. What it does not answer is unread, never a fault; one that is silent again and again is left in peace for a
// while.
//
// What it is not: it decides and does nothing; there is nothing to be done to a supply.
//
// What it cannot see: a supply whose bay was empty at the first look and in the baseline is not one; which feed a supply hangs
// on, which people tell (power.feeds, or labels); supplies that only a chassis' own controller knows; what happens between two
// looks, but for what the event log has kept of it.
//
// The files, in the order of the flow: supply.go (the facts, typed), catalogue.go (a BMC's records → bays, pure), read.go (asking),
// parse.go (answers → reports, pure), board.go (the BMC with what is known of it), events.go (its log), kernel*.go and line*.go
// (what the kernel tells), merge.go (two sources of one supply), group.go and warnings.go (facts → a judged group, pure),
// collect.go (both in one look).
package power
