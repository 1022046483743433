// Package chipid says who a hardware monitoring chip is, for good, and which room tells of it, in one place, so that no chip
// is told of twice and each keeps its name when the kernel numbers hwmonN anew.
//
// It reads /sys/class/hwmon: each entry is a link to its device (https://docs.kernel.org/hwmon/hwmon-kernel-api.html), and
// has the attribute name, the driver's word for the chip (https://docs.kernel.org/hwmon/sysfs-interface.html). Of an I2C
// adapter on the way there it reads the name, since its number depends on the order in which drivers were loaded.
//
// A chip's place is the way to it from the last PCI function on, or else from the platform, without the numbers that the kernel
// gives out in passing: "0000:00:18.3", "platform/coretemp.0", "0000:00:1f.4/SMBus_I801_adapter/0058".
//
// What it is not: it reads no sensor. Rooms read what they tell of.
//
// What it cannot see: that a PCI function got another address, because a card was added, or that a virtual device with a number
// in its name (thermal_zone0) is another one. Two chips of one driver in one place are told apart by their order.
package chipid
