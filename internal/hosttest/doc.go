// Package hosttest makes a host out of one text file, for tests: one situation, and what is expected of it.
//
// The file is a txtar archive (golang.org/x/tools/txtar) named as a sentence. Its first comment says where it comes from:
// kernel, versions and commands, or that it was made by hand, and after what. Its sections are
//
//	-- sys/block/md0/md/degraded --              a file, by its path below the root
//	-- sys/block/md0 -> ../devices/virtual/block/md0 --   a symbolic link; it may dangle
//	-- sys/block/md0/md/array_state !EIO --      a file that can't be read, and the error
//	-- sys/block/loop0/ --                       an empty directory
//	-- want/groups.json --                       what is expected; not unpacked
//
// A room's test of its stories is a loop over [Stories] that compares what it sees with [Host.WantJudged] or [Host.WantJSON].
// [Watches] checks what all watchers promise.
//
// `go test -update` writes the expectations anew; read the difference before it is committed.
//
// What it is not: it makes no device and no attribute that announces changes, and unreadable files are so only for those
// who read through package sysfs. File modes and owners are not kept.
package hosttest
