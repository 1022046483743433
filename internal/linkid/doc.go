// Package linkid says which part a network link is, in one place, so that all who tell of links tell of the same ones: a network
// card is nic:<permanent address>, a virtual link is link:<name>.
//
// It reads /sys/class/net/LINK: device (a card has one), bonding_slave/perm_hwaddr while the card is in a bond, whose members may
// share one address, else address where the kernel says that it is the permanent one (addr_assign_type 0, NET_ADDR_PERM in
// linux/netdevice.h).
//
// What it cannot see: the permanent address of a card whose address somebody has set, outside of bonds. Such a card goes by its
// name.
package linkid
