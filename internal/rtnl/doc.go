// Package rtnl asks the kernel's rtnetlink, over a socket and a buffer that are kept from one question to the next. Links are
// asked for every few seconds; the library clears 64 KiB of stack for every read of an answer, and sets deadlines before it,
// which costs as much again as the question does.
//
// What it is not: it knows no links and no routes, only how a question and its answers are framed. What an answer says, those
// read who ask. It hears no announcements.
//
// # Read
//
//   - netlink(7), rtnetlink(7)
//   - https://docs.kernel.org/userspace-api/netlink/intro.html: dumps, NLMSG_DONE, NLM_F_DUMP_INTR
//
// # What it cannot see
//
// Whether what was dumped is still so. A dump during which something changed says so ([ErrInterrupted]); a change a moment
// later does not.
package rtnl
