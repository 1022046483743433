// Package lockmem keeps the program's own file-backed pages in memory, so that the agent outlives the disk it was started
// from. A page of program text that was never touched, or was dropped under memory pressure, is read from that disk when it
// is next needed; on a disk that is gone this is a SIGBUS, on one that hangs the thread hangs with it, and no deadline of
// ours helps.
//
// It reads /proc/self/maps (https://docs.kernel.org/filesystems/proc.html, table 1-1) and calls mlock(2) on every mapping
// of a file: text, read-only data, and the initialised data, whose pages come from the file too until they are first
// written. The sections, symbols and debug information that are never mapped cost nothing.
//
// What it does not do: it does not lock the heap and the stacks, which are anonymous memory. They never come from the disk
// that the program came from, but they can be swapped to one: a host that swaps to the disk that fails needs
// MemorySwapMax=0 in the unit, which costs nothing that can be counted here. The vdso needs nothing; the kernel holds it.
// Mappings made later (a shared object loaded by the C library's name service) are not covered, and neither is what is
// read from files by name while running: time zones, certificates, /etc/resolv.conf.
package lockmem
