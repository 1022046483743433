// Package actions is the will: what may be done to a group, when, and how that is done safely.
//
// All of it but carry.go is pure: no I/O, no clock, no goroutine; time is an argument.
//
// [Decide] is the decision. From what is judged ([redundancy.Assessment]), what happened ([History]), the rules ([Policy]) and
// the state of the host ([Circumstances]) it makes a [Plan]: what to do now, what to offer to a person, and what is held,
// with every reason why. It decides by levels, never by edges: an event that is named in a rule stands for the state that it
// told of, and while that state lasts the rule holds, whether or not anybody heard the event.
//
// [Engine] carries a plan out, as a machine without hands: inputs in, effects out. An action goes from Intended over Granted,
// where others have to be asked, and Started to Done, Failed or Abandoned, each written down and safe before the step that it
// names. Between the leave and the start, and after the deed, there is a fresh look; the one after is the outcome, whatever
// the operator returned. What was started and has no end is in doubt: it is looked at until the look can tell, and never done
// again. [Hands] carry out what leaves the agent, and read the brake immediately before.
//
// What a room can do, it brings as a [Way]: whether its verb is called for in a group as one look found it, what speaks
// against it, and whether a group shows that it has been done.
//
// Files, in the order to read them: verb.go (what can be done), policy.go (the grammar and the rules that come last),
// fault.go and history.go (what happened), match.go, circumstances.go and hold.go (what speaks against it), failback.go,
// decide.go (the decision), order.go (what a person asks for); record.go, engine.go, work.go (the machine), carry.go (the hands).
//
// What it is not: it knows no room and no hardware, keeps no log, and asks no other host itself.
package actions
