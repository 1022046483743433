// Package logsink carries log lines to standard error without ever making their writer wait. When journald's disk hangs,
// the pipe or socket behind standard error fills up and the next write to it never returns; an agent that logs directly
// then stops watching just when it is needed.
//
// Lines go into a bounded queue; one goroutine writes them out. While the queue is full, lines are dropped and counted, and
// the first line after it flows again says how many.
//
// Lines may rest a moment ([Options.Rest]), so that those of one moment go out together.
//
// Under systemd every line carries its priority as a prefix of the form <6>
// (https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html), and no time, which the journal adds.
//
// What it is not: a log of record. Lines can be lost, by design; what must last goes to internal/journal. It does not
// write to the journal's socket, so fields stay part of the text.
package logsink
