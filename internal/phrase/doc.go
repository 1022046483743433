// Package phrase puts what the agent's documents say into words and marks for people, so that the command line and the status
// page call one thing by one name.
//
// Where to read: numbers.go (margins, durations, rates), members.go (how much a member wants attention), lone.go (the same of
// what is in no group), cover.go (what nothing covers for), acts.go (actions).
//
// What it is not: it knows no terminal, no HTML and no colour, and decides nothing. What it returns is to be escaped by whoever
// shows it, since names come from the kernel.
package phrase
