// Package dm makes device-mapper devices in the guest by the kernel's ioctls
// (docs.kernel.org/admin-guide/device-mapper, linux/dm-ioctl.h): linear ones
// over a disk, which can be suspended, as a disk hangs, or turned into an
// error, as a disk dies.
//
// It needs no program on a root that may hang, and no udev; it is no general
// client: one target a device, from the first sector to the last.
package dm
