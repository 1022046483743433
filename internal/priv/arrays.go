package priv

// nevers is what holds for every verb about arrays.
const nevers = "Refused where the array has external metadata, is clustered, does not run read-write, or md is at work on it or has a resync to come."

// ofArrays are the verbs that change md arrays, sorted.
func ofArrays() []Entry {
	return []Entry{
		{
			Verb: RaidAddSpare, Part: Arrays, Writes: true, Takes: "array, device, effect", Allows: "helper.raid.add_spare",
			Does: "Runs mdadm --manage ARRAY --add-spare DEVICE. " + nevers + " So is a disk that is not in helper.raid.pool, that somebody has open or holds, that has partitions or another sector size than the array, that udev took up less than 30 s ago, or whose first and last four megabytes are not all zeros.",
			Why:  "A disk that joins an array needs md's metadata on it, which only a program writes.",
		},
		{
			Verb: RaidEvict, Part: Arrays, Writes: true, Takes: "array, device, effect", Allows: "helper.raid.evict",
			Does: "Writes faulty, if DEVICE has a place, and then remove to its state in ARRAY. " + nevers + " So is anything that would leave the array less than one further failure to survive.",
			Why:  "A member that is sick and does not fail slows the whole array down.",
		},
		{
			Verb: RaidReadmit, Part: Arrays, Writes: true, Takes: "array, device, effect", Allows: "helper.raid.readmit",
			Does: "Writes re-add to the state of DEVICE where ARRAY has failed it and holds it still; otherwise runs mdadm --manage ARRAY --re-add DEVICE, which never adds it as a new one. " + nevers + " So is an array that lacks no member or has no write-intent bitmap, and a device that somebody holds or that udev took up less than 30 s ago.",
			Why:  "A member that was gone for a moment comes back in seconds by the bitmap, and mdadm leaves it out of an array that runs.",
		},
		{
			Verb: RaidReplace, Part: Arrays, Writes: true, Takes: "array, device, effect", Allows: "helper.raid.replace",
			Does: "Writes want_replacement to the state of DEVICE in ARRAY: md copies it onto a spare while both serve. " + nevers + " So is an array without a spare, or that lacks a member.",
			Why:  "A disk that says it will fail is still worth a copy, and md does not hear disks.",
		},
	}
}
