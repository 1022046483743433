// Package hands is what plimsoll-priv does with the requests of package priv: it runs as root, so it is small, trusts
// nothing that it is told, and does nothing else.
//
// Who may ask: one user, by the credentials that the kernel gives of whoever connected (SO_PEERCRED), looked at before a
// byte is read. What may be asked: the verbs that the mode has and the names that the configuration lists, read anew for
// each request from a file that the agent cannot write. A configuration that cannot be read allows nothing; what needs
// none goes on.
//
// How an effect is made, always in this order: the thing is claimed, so that nothing else is done with it meanwhile; it is
// looked at and compared with what the agent saw; the freeze file is looked for and the deadline compared with the clock;
// "begins" is logged; the one system call or the one message to systemd; the look after it; "ended" is logged, with the
// answer. Between the last check and the call lie a few instructions and whatever the kernel lets the process wait before
// it runs them; docs/security.md says what that means.
//
// How an array is changed: it is found by its UUID, of which there may be one; its attributes are read through the directory that was
// found, and the device's place and identity are compared with what the agent saw; what must never be done to such an array or with
// such a device is refused (array.go, raid.go); then one word is written, or mdadm is run with fixed arguments. A disk is given to an
// array only if both its ends are zeros and nobody has it open (blank.go).
//
// How a disk is looked at: one look at each at a time, by its node, which must lead to the device that sysfs has by that name;
// the question whether it sleeps before anything else; only commands that read (ACS-3, SPC-4, SBC-3, NVM Express 2.0), each with
// the kernel's own long timeout. A command that hangs holds its thread and its disk, and nobody else.
//
// How smartctl is run: as a process of its own with nothing of our environment and a fixed command line but for the disk, one for
// each disk at most, for a bounded time and amount of output; nothing of that output is read here.
//
// How the BMC is asked: through /dev/ipmi0 (https://docs.kernel.org/driver-api/ipmi.html), one command under way for the whole
// process. A command that was sent cannot be taken back; while its answer is owed nothing is sent, and when it comes late it is
// known by its number and thrown away.
//
// What keeps a hostile agent from more than its own requests: a bound on a request's length and on the time it may take to
// come, a bound on connections, on remembered ids and on log lines; one request a connection, and file descriptors sent to
// us are closed by the kernel, because no room is offered for them.
//
// What it reads: md's attributes (https://docs.kernel.org/admin-guide/md.html) and udev's database; the bonding attributes in sysfs (https://docs.kernel.org/networking/bonding.html) and /proc/net/bonding,
// through mount points that are values; packet(7), with a filter in classic BPF
// (https://docs.kernel.org/networking/filter.html); systemd over its private socket, which needs no message bus
// (https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html).
//
// What it is not: a ledger (the agent's log is), a policy (the agent decides, within what is allowed here), a watcher. It
// remembers an action's id until its deadline has passed; started anew within that minute, it is the state that was
// expected that keeps an effect from being made twice.
//
// What it cannot do: take back a packet socket that it handed over, or keep its holder from sending through it.
package hands
