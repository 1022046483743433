// Package uevent hears the kernel say that devices come, go and change.
//
// It listens to group 1 of NETLINK_KOBJECT_UEVENT, which carries the kernel's own messages, before udev has worked on them;
// group 2 is udev's. No privilege is needed. The text of a message is described in
// https://docs.kernel.org/core-api/kobject.html#uevents and made in lib/kobject_uevent.c.
//
// An event is a hint to look, never the truth: it can be lost (ErrOverflow says so, and then everything must be looked at
// again), and a remove event comes while the device can still be seen in sysfs for a moment.
//
// What it is not: it keeps no picture of devices and knows no subsystem.
//
// What it cannot see: what happened before it was opened, events of another network namespace that owns the device, and
// changes that drivers do not announce. On kernel 6.1 a failed member of an md array is one of those.
package uevent
