// Package link is the wire between the lab on the host and its hand in the
// guest: one JSON object a line, over a virtio-serial port.
//
// A serial console cannot carry a command's exit code, nor two commands at
// once; this can. Replies come in the order in which the work ends, so a
// command that hangs with the guest's root disk delays no other.
//
// It does not authenticate anybody: the port exists only between one QEMU
// process and the lab that started it.
package link
