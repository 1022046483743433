// Package fact is what the kernel says in one attribute of sysfs: typed, with the words it was said in and the place where it
// stands, or why it is not known. Rooms read their hardware as facts, and what they conclude cites them as evidence.
//
// What it is not: it decides nothing about an attribute that could not be read, and keeps nothing between two looks.
package fact
