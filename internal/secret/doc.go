// Package secret reads files with secrets, and refuses those that others can read: a credential that everybody on the host knows
// is none, and refusing it is what makes somebody see.
//
// What it is not: it does not look after secrets in memory, and hides nothing from whoever may read the agent's.
//
// What it cannot see: access control lists, and who is in the file's group.
package secret
