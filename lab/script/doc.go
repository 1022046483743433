// Package script parses the lab's script language: one statement a line,
// readable aloud, in mdadm's tone.
//
//	# A spare takes over when a member fails.
//	array md0 raid1 sda sdb spare sdc
//	start agent
//	expect md0 fully-redundant within 30s
//	fail md0 sdb
//	expect event component.failed md0/sdb within 5s
//
// The first comment of a script says what it shows. A # begins a comment at
// the start of a line. A word with spaces stands in double quotes. A statement
// that ends in <<WORD takes the lines up to one that is WORD alone. "3 times"
// before a statement repeats it; "on second" has it be about a second guest,
// which is booted like the first where a script says so, "on both" about each.
//
// Parsing is pure, and complete: a script that parses has no misspelled
// statement left to be found in the tenth minute of a run. What the
// statements do is package lab's affair; `lab help` and [Forms] list them.
package script
