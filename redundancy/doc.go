// Package redundancy is the language and the judge: what a group of components is, how many further failures it surely
// survives, and what changed between two judged moments.
//
// Everything here is pure: no I/O, no clock, no goroutine, the standard library only. Time is an argument. Values that
// cross the package's border are never changed afterwards; a function that changes something copies first.
//
// The words follow the field: groups and components are Redfish's (DSP0268, Redundancy and Resource.Status), the status
// words are CIM's RedundancyStatus (DSP1009) and IPMI 2.0's event type 0Bh (table 42-2).
//
// What it is not: it knows nothing of md, bonding or IPMI. A room (raid, netbond, …) says which of its components work and
// which of them are needed; the margin is computed here, once, for every kind.
//
// Read in this order: model.go (the nouns), margin.go and judge.go (the one rule), snapshot.go (what was seen, put together),
// footing.go and whatif.go (what stands on what, and what a loss takes with it), ground.go, fate.go and coverage.go (what
// follows from that), assessor.go and assess.go (settle, staleness, root causes), diff.go and fold.go (events out, events
// in), baseline.go (the last known good), absent.go (what it knows of groups that are not there), lone.go (components in no
// group) and undermine.go (what a dying disk means for what stands on it).
package redundancy
