// Package hostfacts says who this host is: an id that lasts, its name, the id of this boot, and the operating system's words
// about itself.
//
// It reads etc/machine-id, which is a secret (https://www.freedesktop.org/software/systemd/man/latest/machine-id.html), and
// gives out only what is derived from it for this program, exactly as sd_id128_get_machine_app_specific(3) would:
// `systemd-id128 machine-id --app-specific=ID` with ApplicationID prints the same. From procfs it reads
// sys/kernel/hostname and sys/kernel/random/boot_id, and etc/os-release for the platform.
//
// Kernel, architecture and virtualization come from gopsutil, which is imported here and nowhere else, so that its next
// version is a change of this package alone. The platform does not: for it, gopsutil runs the program lsb_release where
// that is installed, and the agent starts no process to look.
//
// What it can't see: a machine id that was copied with a disk image, which makes two hosts one; virtualization beyond the
// traces gopsutil looks for, which it finds once and then remembers for the whole process.
package hostfacts
