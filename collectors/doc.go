// Package collectors is the watch: it decides when to look at a source, how long to wait for a look, and what a hint is
// worth. What is looked at is the rooms' business (raid, netbond, …); what a look means is redundancy's.
//
// Three laws are kept here. Hints only make a look come sooner, and with every watcher dead polling still finds every
// fault. A read may never return: each source has its own goroutine and one look in flight, and after a deadline it is the
// watch that stops waiting, not the read. Silence says something of the source alone: an overdue look is reported as such,
// never as a fault of what it looks at.
//
// It reads nothing itself. It can't see whether a look that has not come back ever will, nor end it: Go has no way to give
// up a thread that sits in the kernel (an uninterruptible sleep, D in ps). A panic in a collector is a broken invariant of
// ours and is not caught: the agent ends, and systemd starts it again.
//
// Read in this order: collectors.go (the two interfaces), watch.go (the loop of one source), listen.go (its watcher).
package collectors
