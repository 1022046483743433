// Package hook runs what the administrator put into the configuration under hooks: a program of theirs, or a POST to a web
// address of theirs, each told as JSON what it is about.
//
// A hook is the one thing the agent does that no look can prove, so its return is the evidence: a program that ends with 0, an
// answer of 2xx. Everything else is a failure, and never repeated, since it may have been done (docs/decisions/0023).
//
// Programs are started by package procrun: a path and its arguments, no shell, nothing of our environment, an end. Web
// addresses are asked once, over a connection of their own: no redirect is followed, no proxy asked, and Go's transport, which
// sends some requests again by itself (https://pkg.go.dev/net/http#Transport), is given nothing that it could.
//
// What it is not: it decides nothing, and gives nobody privilege: a hook runs as the agent's user within the agent's sandbox
// (docs/security.md).
//
// What it cannot see: whether a web address that answered has done anything, or will.
package hook
