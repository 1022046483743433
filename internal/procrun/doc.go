// Package procrun runs other programs: the one place where os/exec may be used by what is installed on hosts.
//
// A child never outlives us, never fills our memory, and is never waited for without an end. There is no shell: a program is
// a path and its arguments.
package procrun
