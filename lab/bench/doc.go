// Package bench is what is compared when the agent is measured, and how it is told.
//
// `make bench` runs the benchmarks of every package on the host, and then lab/cmd/bench: one guest, one run, everybody
// beside everybody else. The program lab/cmd/witness does in the guest what the agent is compared with.
//
//   - A fault is mdadm --fail of a mirror's member. Its way begins when the witness's poll returns on md/degraded
//     (https://docs.kernel.org/admin-guide/md.html) and ends when who published it has the stream's acknowledgement of the event.
//     For the agent this is when its publisher's request returns, by its trace; for the floor, a bare loop that publishes as it
//     wakes, when its own does. The alert of mdadm --monitor is the first line of its
//     program.
//   - A scrape is timed by one client that asks both exporters by turns, over a connection that it keeps, without
//     compression, which spares node_exporter.
//   - Memory is RssAnon after those scrapes: what cannot be dropped and read again. The agent locks its text, so that is shown
//     beside it.
//   - Idle CPU is utime and stime of the agent, with what the unit of its helper takes that asks hardware, and of a loop that reads
//     the same files as often, and does nothing with them; once as the guest is, and once with two hundred disks more, after each
//     was asked for its health.
//   - A look at three supplies is the agent's, by its trace, while nothing changes; a look at a disk is the question to the
//     privileged helper and the reading of its answer, by lab/cmd/disklook. The BMC alone, asked for the
//     same sensors by lab/cmd/bmclook with nothing around it, is the floor of the first; all of them rest for a second between two looks, or
//     else what they ask would be warm for some and not for others. Beside them stand ipmitool and smartctl, each
//     started anew as people start them.
//   - A big host is a guest of its own, before and after much was added to it. Looks are timed by the agent's trace: the first
//     after its start, those while nothing changed, and those that found one member failed or one cable cut.
//
// What it cannot see: time as on metal. Emulation is ten to twenty times slower, and not evenly so; only ratios within one
// run say something. All clocks are the guest's CLOCK_REALTIME, which nobody sets there.
package bench
