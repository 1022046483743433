// Package sysfs reads small kernel attributes, tables of procfs, and waits for those that say when they change.
//
// The mount point is a value: an FS made for a fixture directory reads that instead of /sys, and the same type serves
// /proc and /dev. An attribute is read with one open, one read of at most a page, and one close, and comes back without
// surrounding white space. os.ReadFile is not used: it asks the runtime to poll, and a driver that answers EAGAIN would
// make it wait for ever. A read may still never return (a dead bus, a hung firmware); whoever calls decides how long to
// wait for the goroutine that reads.
//
// Read: https://docs.kernel.org/filesystems/sysfs.html (one value an attribute, at most one page), and for Poller the
// comment above kernfs_fop_poll in fs/kernfs/file.c: read first, then poll for POLLPRI and POLLERR, then read again.
//
// An attribute is written with one open and one write, and only by what acts.
//
// What it is not: it knows no attribute by name and parses nothing.
//
// What it cannot see: whether an attribute ever announces a change. Many do not, and nothing tells them apart; whoever
// waits must look by the clock too.
package sysfs
