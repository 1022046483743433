// Package correlate tells a fault that most of a failure domain sees from faults of single hosts: a lost feed is one event of the
// fleet, and not a hundred supplies that failed.
//
// Everything here is pure: no I/O, no clock, no goroutine. An arbiter hears hosts, asks Judge, and makes what it answers true by a
// compare-and-set on the record of the case: so found and cleared alternate, whatever the number of arbiters, and each pair
// has a number of its own.
//
// When a fault began is when its report came in, less how old the fault was by its sender's own steady clock when it sent it. Wall
// clocks play no part. A report has to be sent when it is made: one that was kept somewhere on the way would look younger.
//
// What it does not do: it does not say what is broken, nor does it keep any host's own events back. Silence is never a fault,
// and never the end of one.
package correlate
