// Package cli is the command plimsoll: it asks the agent over its unix socket and tells people, or programs with --json,
// what it knows.
//
// Where to read: cli.go (the commands, their exit codes, how errors are told), screen.go (text, colour, width), words.go
// (how margins, ages and members are written), then one file a command. check.go follows the Monitoring Plugins'
// guidelines (https://www.monitoring-plugins.org/doc/guidelines.html).
//
// Names of disks and links come from the kernel, and texts of errors from anywhere: whatever is shown on a terminal goes
// through clean first, which leaves no control character in it.
//
// What it is not: it reads no hardware and no log of the agent's, and judges nothing. Where it says what a status means,
// the judge has said so before.
//
// What it cannot see: how wide a terminal draws a character. It counts one column each, which is wrong for East Asian
// names of hosts.
package cli
