// Package actions is the will: what may be done to a group, when, and how that is done safely.
//
// All of it is pure: no I/O, no clock, no goroutine; time is an argument.
//
// [Decide] is the decision. From what is judged ([redundancy.Assessment]), what happened ([History]), the rules ([Policy]) and
// the state of the host ([Circumstances]) it makes a [Plan]: what to do now, what to offer to a person, and what is held,
// with every reason why. It decides by levels, never by edges: an event that is named in a rule stands for the state that it
// told of, and while that state lasts the rule holds, whether or not anybody heard the event.
//
// What a room can do, it brings as a [Way]: whether its verb is called for in a group as one look found it, what speaks
// against it, and whether a group shows that it has been done.
//
// Files, in the order to read them: verb.go (what can be done), policy.go (the grammar and the rules that come last),
// fault.go and history.go (what happened), match.go, circumstances.go and hold.go (what speaks against it), failback.go,
// decide.go (the decision).
//
// What it is not: it reads and writes nothing, knows no room and no hardware, and asks no other host. Nothing in the agent
// acts on a plan yet.
package actions
