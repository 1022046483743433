// Package story reads and plays stories: a captured host, and what befalls it act by act. `make demo` plays them before the
// real agent, and a test plays every one of them.
//
// A story is a txtar archive (golang.org/x/tools/txtar) named as a sentence. Its comment says what it tells and where the
// capture comes from. Its sections are a host, in the form of package hosttest, and then acts:
//
//	-- sys/block/md0/md/degraded --              a file, by its path below the root
//	-- sys/block/md0 -> ../devices/virtual/block/md0 --   a symbolic link; it may dangle
//	-- sys/block/loop0/ --                       an empty directory
//	-- rtnetlink/links --                        network links, in the form of netbond.FormatCapture
//
//	-- act 3s: A disk is pulled --               an act, how long it is shown at least, its title; below it the narration
//	-- sys/block/sdb !gone --                    what is gone in this act, with all below it
//	-- sys/block/md0/md/degraded --              what says something else from now on; links likewise
//	-- want --                                   the events that the act brings, one a line: type, group, part
//	-- ask --                                    what is asked at its end, one a line: arguments of the command plimsoll
//
// An act's changes are made in the order in which they stand, which is the order in which the kernel makes them. Each is
// made at once: who reads sees what was or what is, never half of it. A look may fall between two changes, as it may on a
// real host, so an act's events come in any order.
//
// What it is not: a kernel. Nothing here announces a change, so the agent finds it at its next look, and attributes can't
// be made unreadable (hosttest and the guests of package lab can).
package story
