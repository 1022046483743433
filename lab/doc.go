// Package lab is the proving ground: emulated guests with Debian's own kernel,
// in which real md arrays and bonds meet real faults, made from outside.
//
// It is for showing that the agent, as it is installed, says the truth about a
// kernel that nobody faked. It is not for testing what a unit test can test: a
// boot takes half a minute on an idle machine and minutes on a busy one.
//
// # How a guest is made
//
// [BuildImage] runs mmdebstrap, lays the files of the folder rootfs over the
// result and makes a raw ext4 image of it, cached by a hash of what went in.
// [Start] boots it in QEMU, emulated: /dev/kvm can exist and still hang a
// guest. The initramfs is one static program, cmd/guest, and five modules;
// the program stays, on a tmpfs, as the lab's hand in the guest, and is spoken
// to over a virtio-serial port (package link). It answers while the root disk
// hangs; what it runs does so only if all its pages are cached.
//
// The machine: eight SCSI disks sda to sdh with serials and WWNs, eth0 for the
// way to the host, eth1 and eth2 for a bond, two processors. Disks are pulled
// and cables are cut by QMP (qemu.org/docs/master/interop/qmp-spec.html). The
// root is a copy-on-write view of the image, gone with the guest. After a
// reset disks can have other names: the kernel probes them side by side.
// A script can ask for another machine: sde to sdh on a controller of their
// own, which can be pulled; the root on a mirror, or on a device that hangs;
// a BMC with power supplies; a mains adapter and a battery; two NVMe devices
// and a SATA disk. The BMC is OpenIPMI's ipmi_sim on the host, told by package
// lab/bmc what it is. A disk that fails its SMART status, sleeps or hangs is
// cmd/atadisk, within the guest.
//
// The agent comes from the package that `make package` built, installed with
// dpkg; binaries from a folder can replace it. nats-server runs on the host,
// behind a [Proxy] that can lose acknowledgements, and the checks read the raw
// stream there, with none of the agent's code: package lab imports nothing of
// plimsoll's.
//
// # Scripts
//
// The language is package lab/script; `lab help` lists its statements. The
// scripts of `make e2e` are in the folder scripts. Scripts share a guest where
// they can, and between two of them it is brought back to how it booted; one
// that cannot be is thrown away. Each begins with an empty stream, an agent
// that is installed and stopped, and a configuration that observes and
// publishes. What a script runs of the lab's own programs is compiled before its
// first step. Times are the host's: "within 2s of fault" runs from before the
// fault was asked of QEMU to the server's own time of storing the event.
//
// What a script says "on second" of is a guest of its own, gone with the script:
// two hosts of one fleet, with one nats-server. It takes a place more than one.
//
// A script leaves transcript.txt and stream.jsonl in build/lab/run-…/NAME, and
// where it failed also the console, the journal, the agent's trace and status.
//
// # What it cannot see
//
// Links slower than they could be: the machine's PCI has none. A SATA disk that
// is pulled: QEMU does not unplug one.
//
// Timing like that of metal: emulation is ten to twenty times slower. How a
// real HBA or switch fails: a pulled disk is gone at once, a cut cable has no
// carrier at once.
package lab
