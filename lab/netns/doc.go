// Package netns is a small network on one machine: hosts, each in a network namespace of its own, on one of two switches, so
// that links can be cut, in one direction too, and hosts be parted from one another. Everything is in namespaces that the
// kernel takes down together with the program that made them, however it ends.
//
// It takes root, and iproute2. It cannot lose single packets, nor delay any.
package netns
