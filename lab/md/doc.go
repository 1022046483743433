// Package md starts a mirror in the guest by the ioctls of the md driver
// (linux/raid/md_u.h), for a root that lies on one: the initramfs has no mdadm.
//
// It makes arrays with the old superblock (0.90, at the end of its members),
// the only one that the kernel writes by itself. Scripts make theirs with
// mdadm.
package md
