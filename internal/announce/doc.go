// Package announce waits at once for both of the ways in which the kernel announces changes of devices: uevents, which tell of any
// device that comes, goes or changes (package uevent), and attributes of sysfs and tables of procfs that can be polled (package
// sysfs). It is the frame of the Watch of every source that listens to both; which events concern it and which attributes there
// are is the source's. Events is the same for sources that listen to uevents alone.
//
// What it is not: it looks at nothing and keeps no picture; what is announced is a hint to look.
//
// What it cannot see: what was announced before it has begun, and what is announced in neither way. Whoever listens looks by
// the clock too.
package announce
