// Package hwmon is the room of fans, temperatures and voltages: it reads what the kernel's hardware monitoring drivers say of
// their chips and tells each sensor that can say that something is wrong as a component of its own, in no group.
//
// What it reads, in /sys/class/hwmon/hwmonN (https://docs.kernel.org/hwmon/sysfs-interface.html), of the channels fanN, tempN
// and inN:
//
//   - *_fault, *_alarm, *_min_alarm, *_max_alarm, *_lcrit_alarm, *_crit_alarm, *_emergency_alarm, *_enable and *_label;
//   - *_input and the limits: of a channel that has raised an alarm, and of a temperature whose driver has a critical or an
//     emergency limit and no alarm for it (Intel's and AMD's processors, many boards). Others are left alone, since every
//     reading costs a transfer on a bus that may be slow;
//   - of a processor (coretemp) its package, which is as hot as its hottest core, and not its cores.
//   - device/power/runtime_status: a device that sleeps (a graphics card) would be woken by the first reading, so it is left to
//     sleep.
//
// It hears the kernel's uevents of the subsystem hwmon: a chip came or went, and the few drivers that call hwmon_notify_event
// say that an alarm was raised or ended.
//
// A fan is broken when its driver says fault. All else is a warning: an alarm costs nothing that others stand on yet. A sensor
// that says fault, and one that can't be read, is unknown, since that is no word on what it measures.
//
// Why it tells what it tells: docs/decisions/0030-sensors.md.
//
// What it is not: it draws no curves. Temperatures and speeds are in no event and no metric of ours: node_exporter has them
// (node_hwmon_*) for those who want them. It tells nothing of power supplies and disks, which are chips too: package chipid says
// whose a chip is.
//
// What it can't see: a fan that stands still where the driver has neither fault nor a limit for it; a limit that the board's
// maker has set wrong. A limit of nothing (0 V, 0 °C as the highest, 0 rpm) was set by nobody, and an alarm on it, as boards
// without set limits show all the time, is disregarded. Alarms that the driver clears when they are read can be taken from us by
// whoever reads them too.
//
// A read may hang (a bus that is stuck, firmware that does not answer). Each chip is read by a goroutine of its own, one at a
// time, and one that has not come back counts as unread, alone.
//
// The files, in the order of the flow, which is the same in every room: chip.go (the facts, typed), read.go (sysfs → raw),
// parse.go (raw → facts, pure), group.go (facts → components, pure), hold.go (warnings that have only just ended), collect.go,
// watch.go (hints).
package hwmon
