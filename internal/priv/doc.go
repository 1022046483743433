// Package priv is the language between the agent, which has no privilege, and plimsoll-priv, which does for it what takes
// some: a fixed vocabulary of verbs, the frame they travel in, and the agent's side of the conversation. The helper is three
// processes with a socket each, see [Part]; a verb belongs to one of them.
//
// The vocabulary is the whole of what the helper can be asked for; see [Vocabulary] and docs/security.md, which a test
// holds to it. A request names things (a bond, one of its members, a unit, a disk, an array), never a path, a command or a value to write.
// What the helper makes of a request is in package hands below this one.
//
// The frame: a unix socket of the type SOCK_SEQPACKET (unix(7)), on which one connection carries one request and one
// answer, each one packet of JSON. The kernel keeps packets apart, so there is no half request to wait for, a length is
// known before anything is parsed, and a file descriptor (SCM_RIGHTS) belongs to exactly one answer. A request is taken
// only as [Request.Encode] writes it, byte for byte: no unknown key, no key given twice, nothing behind it.
//
// A verb that changes something carries an [Effect]: the action's id, the state that the agent saw and decided on, and the
// moment of CLOCK_BOOTTIME past which it must not begin, with the boot it counts from. The helper refuses what is late,
// frozen, or no longer as it was seen. It is no ledger: it remembers an id until its deadline has passed, and no deadline
// may lie further ahead than [MaxAhead].
//
// What an answer means to who asks: a [*RefusedError] and an [*UnreachableError] say that nothing was done. An
// [*InDoubtError] says that nobody knows: look. Even done is what the helper saw right afterwards and no proof that it
// lasts; the outcome of an action is the agent's own look.
package priv
