package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// NameError is a word that stands for nothing the agent knows, or for several things.
type NameError struct {
	Word    string
	Matches []redundancy.ID // empty: nothing has that name
}

// Error names the word and what it could mean.
func (e *NameError) Error() string {
	if len(e.Matches) == 0 {
		return fmt.Sprintf("find %q: nothing here has that name", e.Word)
	}
	return fmt.Sprintf("find %q: it could be any of %s", e.Word, join(e.Matches))
}

// Hint says how to name things.
func (e *NameError) Hint() string {
	if len(e.Matches) == 0 {
		return "name a group (md0), a member (sda, eth0, md0/slot1), a disk (sda, disk:sda, its serial number), a controller, card, " +
			"slot or switch (card:0000:03:00, slot:4), or any id that `plimsoll status --json` shows"
	}
	return "use one of these ids"
}

func join(ids []redundancy.ID) string {
	const enough = 8 // for a person to see how things are named; all are in the status
	words := make([]string, 0, enough)
	for _, id := range ids[:min(len(ids), enough)] {
		words = append(words, string(id))
	}
	text := strings.Join(words, ", ")
	if more := len(ids) - enough; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// kindWords are the words before a colon that say what sort of thing a name means, and the kind of group it is in.
var kindWords = map[string]redundancy.Kind{
	"raid": redundancy.KindRAID, "disk": redundancy.KindRAID,
	"bond": redundancy.KindBond, "nic": redundancy.KindBond, "port": redundancy.KindBond,
	"multipath": redundancy.KindMultipath, "path": redundancy.KindMultipath,
	"service": redundancy.KindService, "unit": redundancy.KindService,
}

// Lost is what is gone if the thing that word names fails, as redundancy.WhatIf takes it. A group or a slot is itself; the
// name of a device (sda, sda1, disk:sda, eth0) means the hardware, with all that stands on it, and so does the name of a part
// (card:0000:03:00) or what is written on it (its serial number, slot:4). The error is a *NameError.
func Lost(v *view.View, word string) ([]redundancy.ID, error) {
	word = strings.TrimPrefix(word, "/dev/")
	ids, err := lostMembers(v.Assessment, word)
	name, nameless := errors.AsType[*NameError](err)
	if nameless && len(name.Matches) > 0 {
		return nil, err
	}
	parts := v.Snapshot.Parts()
	if len(ids) == 1 && slices.ContainsFunc(v.Assessment.Groups, func(g redundancy.Assessed) bool { return g.Group.ID == ids[0] }) {
		return ids, nil // md0 the array, not md0 the block device
	}
	switch found := partsNamed(parts, v.Snapshot.Uses(), word); {
	case len(found) > 1:
		return nil, &NameError{Word: word, Matches: found}
	case len(found) == 1:
		return slices.Compact(slices.Sorted(slices.Values(append(ids, found...)))), nil
	}
	if err != nil {
		if l, alone, other := FindLone(v, word); alone || other != nil {
			return []redundancy.ID{l.Component.ID}, other
		}
	}
	return ids, err
}

// lostMembers is what a word means among groups, their members and those members' devices.
func lostMembers(a redundancy.Assessment, word string) ([]redundancy.ID, error) {
	kind, name := splitKind(word)
	ids := allIDs(a)
	for _, id := range []redundancy.ID{redundancy.ID(word), redundancy.ID(name)} {
		if slices.Contains(ids, id) {
			return []redundancy.ID{id}, nil
		}
	}
	groups, slots, devices, partitions := named(a, kind, name)
	if len(groups) == 1 { // an array that is a member of another has one name in both
		devices = slices.DeleteFunc(devices, func(c part) bool { return c.isOn(groups[0]) })
	}
	switch {
	case len(slots) == 1:
		return slots, nil
	case len(groups) == 1 && len(devices) == 0:
		return groups, nil
	case len(groups) == 0 && len(devices) > 0 && oneKind(devices):
		return lost(devices), nil
	case len(groups)+len(slots)+len(devices) > 0:
		for _, c := range devices {
			groups = append(groups, c.ID)
		}
		return nil, &NameError{Word: word, Matches: slices.Concat(groups, slots)}
	}
	if len(partitions) > 0 {
		return lost(partitions), nil
	}
	var ending []redundancy.ID
	for _, id := range ids {
		if strings.HasSuffix(string(id), ":"+word) {
			ending = append(ending, id)
		}
	}
	if len(ending) != 1 {
		return nil, &NameError{Word: word, Matches: ending}
	}
	return ending, nil
}

// oneKind says whether devices of one name are one device: a host has but one sda, though a slot that it failed in and the
// device that is still attached both bear its name.
func oneKind(devices []part) bool {
	kindOf := func(c part) string { return string(c.ID[:strings.IndexByte(string(c.ID), ':')+1]) }
	return !slices.ContainsFunc(devices, func(c part) bool { return kindOf(c) != kindOf(devices[0]) })
}

// lost is what fails with the hardware of these, sorted, each once.
func lost(devices []part) []redundancy.ID {
	var ids []redundancy.ID
	for _, c := range devices {
		ids = append(ids, c.lost()...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Find is the group that word means, by its own name or id or by those of a member, and the member if it was one.
// The error is a *NameError.
func Find(v *view.View, word string) (group redundancy.Assessed, member redundancy.ID, err error) {
	ids, err := Lost(v, word)
	if err != nil {
		return redundancy.Assessed{}, "", err
	}
	var itself, onto []redundancy.ID // members so named, and members on hardware so named
	for _, g := range v.Assessment.Groups {
		if slices.Contains(ids, g.Group.ID) {
			return g, "", nil
		}
		for _, c := range g.Group.Members {
			if slices.Contains(ids, c.ID) {
				itself = append(itself, c.ID)
			} else if slices.ContainsFunc(ids, part(c).isOn) {
				onto = append(onto, c.ID)
			}
		}
	}
	hits := itself
	if len(hits) == 0 {
		hits = onto
	}
	if needed := slices.DeleteFunc(slices.Clone(hits), func(id redundancy.ID) bool { return !counted(v.Assessment, id) }); len(needed) == 1 {
		hits = needed // the slot, not the failed device that is still attached beside it
	}
	if len(hits) != 1 {
		return redundancy.Assessed{}, "", &NameError{Word: word, Matches: hits}
	}
	i := slices.IndexFunc(v.Assessment.Groups, func(g redundancy.Assessed) bool { _, has := g.Group.Member(hits[0]); return has })
	return v.Assessment.Groups[i], hits[0], nil
}

// counted says whether a need of any group counts the member id.
func counted(a redundancy.Assessment, id redundancy.ID) bool {
	return slices.ContainsFunc(a.Groups, func(g redundancy.Assessed) bool { return needs(g.Group.Needs, id) })
}

// part is a component as names see it.
type part redundancy.Component

// lost is what fails with the hardware of c: the component, and whatever else is on its device.
func (c part) lost() []redundancy.ID {
	if c.Device == "" {
		return []redundancy.ID{c.ID}
	}
	return []redundancy.ID{c.ID, c.Device}
}

func (c part) isOn(id redundancy.ID) bool {
	return c.Device == id || slices.Contains(c.StandsOn, id)
}

// splitKind takes "disk:sda" or "raid/md0" apart; a word without a known kind is all name.
func splitKind(word string) (redundancy.Kind, string) {
	i := strings.IndexAny(word, ":/")
	if i < 0 {
		return "", word
	}
	if kind, known := kindWords[word[:i]]; known {
		return kind, word[i+1:]
	}
	return "", word
}

// named is what bears this name, in groups of this kind if one is given: groups, slots written as group/slot, components
// by device name, and components whose device is a partition of the disk so named.
func named(a redundancy.Assessment, kind redundancy.Kind, name string) (groups, slots []redundancy.ID, devices, partitions []part) {
	for _, g := range a.Groups {
		if kind != "" && g.Group.Kind != kind {
			continue
		}
		if g.Group.Name == name {
			groups = append(groups, g.Group.ID)
		}
		for _, c := range g.Group.Members {
			tail := strings.TrimPrefix(string(c.ID), string(g.Group.ID)+"/")
			switch {
			case g.Group.Name+"/"+tail == name, g.Group.Name+"/"+c.Name == name:
				slots = append(slots, c.ID)
			case c.Name == name:
				devices = append(devices, part(c))
			case isPartition(c.Name, name):
				partitions = append(partitions, part(c))
			}
		}
	}
	return groups, slots, devices, partitions
}

// isPartition says whether name is the kernel's name for a partition of disk: sda1 of sda, nvme0n1p1 of nvme0n1.
func isPartition(name, disk string) bool {
	rest, found := strings.CutPrefix(name, disk)
	if !found || disk == "" || rest == "" {
		return false
	}
	if last := disk[len(disk)-1]; last >= '0' && last <= '9' {
		rest, found = strings.CutPrefix(rest, "p")
	}
	return found && rest != "" && strings.Trim(rest, "0123456789") == ""
}

// allIDs are the ids of all that is known: groups, members, devices, and what they stand on. Sorted, each once.
func allIDs(a redundancy.Assessment) []redundancy.ID {
	var ids []redundancy.ID
	for _, g := range a.Groups {
		ids = append(ids, g.Group.ID)
		for _, c := range g.Group.Members {
			ids = append(ids, c.ID)
			ids = append(ids, c.StandsOn...)
			if c.Device != "" {
				ids = append(ids, c.Device)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
