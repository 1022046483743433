package redundancy_test

import (
	"testing"
	"time"

	"plimsoll/redundancy"
)

// used is a snapshot of two mirrors, a stripe, a bond of one and what stands on them, with these uses.
func used(uses ...redundancy.Use) redundancy.Snapshot {
	of := func(id redundancy.ID, needed int, cs ...redundancy.Component) redundancy.Group {
		g := group(redundancy.Exactly(needed), cs...)
		g.ID, g.Name = id, string(id)
		for i := range g.Members {
			g.Members[i].ID = id + "/" + redundancy.ID(g.Members[i].Name)
		}
		g.Needs.AllOf[0].Members = ids(g.Members)
		return g
	}
	s := over(
		[]redundancy.Part{
			part("", "dm:both", "raid:m0", "raid:m1"),
			part("", "dm:circle", "dm:circle2"),
			part("", "dm:circle2", "dm:circle"),
			part("", "dm:mixed", "raid:m0", "disk:z-part1"),
			part("", "dm:root", "raid:m0"),
			part("", "disk:z-part1", "disk:z"),
			part("disk", "disk:z", "hba:0"),
			part("controller", "hba:0"),
			{ID: "btrfs:u", Name: "u", StandsOn: []redundancy.ID{"disk:z"}, Opaque: "btrfs over 2 devices"},
		},
		of("bond:b0", 1, on(works("0"), "nic:0")),
		of("raid:m0", 1, works("0"), works("1")),
		of("raid:m1", 1, works("0"), failed("1")),
		of("raid:s0", 2, on(works("0"), "raid:m0"), on(works("1"), "raid:m1")),
		of("raid:s1", 2, on(works("0"), "raid:m0"), on(works("1"), "disk:z-part1")),
		of("raid:s2", 2, works("0"), works("1")),
	)
	s.Sources[1].Observation.Uses = uses
	return s
}

func use(below ...redundancy.ID) redundancy.Use {
	return redundancy.Use{ID: "fs:/", What: "/", Kind: "filesystem", StandsOn: below}
}

func TestEveryUseEndsInAGroupOrUnprotectedOrNotUnderstood(t *testing.T) {
	t.Parallel()
	type ids = []redundancy.ID
	for name, c := range map[string]struct {
		on   ids
		want redundancy.Cover
		by   ids
		why  string
	}{
		"on a mirror":                             {ids{"raid:m0"}, redundancy.Covered, ids{"raid:m0"}, ""},
		"on a volume on a mirror":                 {ids{"dm:root"}, redundancy.Covered, ids{"raid:m0"}, ""},
		"on a mirror that has lost a half":        {ids{"raid:m1"}, redundancy.Covered, ids{"raid:m1"}, ""},
		"on a volume over two mirrors":            {ids{"dm:both"}, redundancy.Covered, ids{"raid:m0", "raid:m1"}, ""},
		"on a stripe of mirrors":                  {ids{"raid:s0"}, redundancy.Covered, ids{"raid:m0", "raid:m1"}, ""},
		"on a stripe of a mirror and a partition": {ids{"raid:s1"}, redundancy.Unprotected, nil, "nothing covers for disk disk:z"},
		"on a stripe of disks":                    {ids{"raid:s2"}, redundancy.Unprotected, nil, "raid:s2 has nothing to lose, and nothing covers for 0"},
		"on a partition":                          {ids{"disk:z-part1"}, redundancy.Unprotected, nil, "nothing covers for disk disk:z"},
		"on a volume over a mirror and a disk":    {ids{"dm:mixed"}, redundancy.Unprotected, nil, "nothing covers for disk disk:z"},
		"on btrfs":                                {ids{"btrfs:u"}, redundancy.NotUnderstood, nil, "btrfs over 2 devices"},
		"on btrfs and a disk":                     {ids{"btrfs:u", "disk:z"}, redundancy.Unprotected, nil, "nothing covers for disk disk:z"},
		"on btrfs and a mirror":                   {ids{"raid:m0", "btrfs:u"}, redundancy.NotUnderstood, nil, "btrfs over 2 devices"},
		"on a bond of one":                        {ids{"bond:b0"}, redundancy.NotUnderstood, nil, "nothing is known of nic:0"},
		"on one half of a mirror":                 {ids{"raid:m0/0"}, redundancy.Unprotected, nil, "nothing covers for 0"},
		"on what nobody tells of":                 {ids{"block:nbd0"}, redundancy.NotUnderstood, nil, "nothing is known of block:nbd0"},
		"on nothing that is known":                {nil, redundancy.NotUnderstood, nil, "what it stands on is not known"},
		"on itself":                               {ids{"dm:circle"}, redundancy.NotUnderstood, nil, "dm:circle stands on itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := redundancy.Assess(redundancy.Assessment{}, used(use(c.on...)), t0(), redundancy.Rules{})
			diff(t, "coverage", []redundancy.Coverage{{
				Use: "fs:/", What: "/", Kind: "filesystem", Cover: c.want, By: c.by, Why: c.why, Since: t0(),
			}}, a.Coverage)
		})
	}
}

// mounts takes one step: what is mounted at this second.
func mounts(prev redundancy.Assessment, second int, uses ...redundancy.Use) redundancy.Assessment {
	return redundancy.Assess(prev, used(uses...), at(time.Duration(second)*time.Second), redundancy.Rules{Coverage: 10 * time.Second})
}

// tells is what the step from a to b tells of uses.
func tells(a, b redundancy.Assessment) []redundancy.Event {
	var all []redundancy.Event
	for _, e := range redundancy.Diff(a, b, numbered) {
		if e.Type == redundancy.CoverageChanged {
			all = append(all, e)
		}
	}
	return all
}

func TestAMountInPassingSaysNothing(t *testing.T) {
	t.Parallel()
	a := mounts(redundancy.Assessment{}, 0)
	b := mounts(a, 1, use("disk:z"))
	diff(t, "at once", 0, len(tells(a, b)))
	c := mounts(b, 5)
	diff(t, "and gone", 0, len(tells(a, c)))
	diff(t, "kept of it", 0, len(c.Coverage))
}

func TestAUseIsToldOnceItHasLasted(t *testing.T) {
	t.Parallel()
	a := mounts(redundancy.Assessment{}, 0, use("disk:z"))
	next, _ := a.Next(redundancy.Snapshot{})
	diff(t, "due", at(10*time.Second), next)
	b := mounts(a, 10, use("disk:z"))
	told := tells(a, b)
	diff(t, "told", 1, len(told))
	diff(t, "severity", redundancy.SeverityWarning, told[0].Severity)
	diff(t, "text", "/ is unprotected: nothing covers for disk disk:z", told[0].Text)
	diff(t, "told again", 0, len(tells(b, mounts(b, 20, use("disk:z")))))
}

func TestAUseThatIsCoveredOrGoneIsGoodNewsOrNone(t *testing.T) {
	t.Parallel()
	a := mounts(mounts(redundancy.Assessment{}, 0, use("disk:z")), 10, use("disk:z"))
	b := mounts(mounts(a, 11, use("dm:root")), 21, use("dm:root"))
	told := tells(a, b)
	diff(t, "covered", "/ is covered by raid:m0", told[0].Text)
	diff(t, "severity", redundancy.SeverityInfo, told[0].Severity)
	c := mounts(mounts(b, 22), 32)
	told = tells(b, c)
	diff(t, "gone", "/ is no longer in use", told[0].Text)
	diff(t, "severity", redundancy.SeverityInfo, told[0].Severity)
	if told[0].Is != nil {
		t.Errorf("is %+v, want nothing", told[0].Is)
	}
}

func TestASourceThatIsBlindChangesNoCoverageAndSaysSo(t *testing.T) {
	t.Parallel()
	a := mounts(redundancy.Assessment{}, 0, use("dm:root"))
	a = mounts(a, 10, use("dm:root"))
	s := used(use("dm:root"))
	s.Sources[0].At = at(time.Minute) // md can be read, the topology can not
	s.Sources[1].Failing = "input/output error"
	b := redundancy.Assess(a, s, at(time.Minute), redundancy.Rules{Coverage: 10 * time.Second})
	diff(t, "told", 0, len(tells(a, b)))
	is, _ := b.Covered("fs:/")
	diff(t, "covered", redundancy.Covered, is.Cover)
	diff(t, "why", "as topology told before it could not be read: input/output error", is.Why)
}

func TestNothingIsCalledUnprotectedBeforeEverySourceWasRead(t *testing.T) {
	t.Parallel()
	a := mounts(redundancy.Assessment{}, 0, use("dm:root"))
	a = mounts(a, 10, use("dm:root"))
	early := used(use("dm:root"), redundancy.Use{ID: "fs:/srv", What: "/srv", Kind: "filesystem", StandsOn: []redundancy.ID{"dm:both"}})
	early.Sources[0] = redundancy.Source{Name: "md", Since: at(11 * time.Second), StaleAfter: 30 * time.Second} // no array is known
	b := a
	for second := 11; second < 40; second += 9 {
		b = redundancy.Assess(b, early, at(time.Duration(second)*time.Second), redundancy.Rules{})
	}
	diff(t, "told", 0, len(tells(a, b)))
	diff(t, "uses", 1, len(b.Coverage))
}
