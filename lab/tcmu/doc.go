// Package tcmu makes a SCSI disk of the guest's kernel whose commands a
// program answers: the kernel's target_core_user behind its loopback fabric
// (docs.kernel.org/target/tcmu-design.html). So the lab has disks that do what
// no emulated and no real disk can be told to do: fail, sleep, hang.
//
// Commands come one at a time, in order. Of the ring's operations it knows
// commands and padding; task management is not asked for.
package tcmu
