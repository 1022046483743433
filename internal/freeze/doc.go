// Package freeze is the file whose presence stops every action on this host: /run/plimsoll/freeze, whoever made it.
//
// It is a file so that it needs nobody: not the agent, which may hang or be dead, nor the command line, since `touch` makes one.
// It lies beside the agent's socket, in a memory file system, so that looking for it never waits for a disk. Its text says by
// whom and why. It survives the agent and not a reboot. What the host's fleet wants of it is a second file, freeze.fleet, which
// the agent makes and removes.
//
// What it is not: a lock. Whoever acts looks for it immediately before, the agent and the privileged helper each by itself.
package freeze
