// Package udevdb reads what udev keeps of a block device while the host runs: /run/udev/data/bMAJOR:MINOR
// (src/libsystemd/sd-device/device-private.c of systemd). A line of it is a letter, a colon and a value: E is a property, I the
// moment at which udev first took the device up, in microseconds of CLOCK_MONOTONIC.
//
// What it is not: it asks udev nothing, waits for nothing, and reads no device.
//
// What it cannot see: whether udev's rules have run to their end; only that they have begun, and when.
package udevdb
