package redundancy_test

import (
	"testing"

	"plimsoll/redundancy"
)

func TestAcceptTakesOverWhatIsThereNow(t *testing.T) {
	t.Parallel()
	spared := mirror(works("0"), works("1"), works("2"), spare("s"))
	r := redundancy.Rules{Baseline: taught(spared)}
	now := over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "b1")))
	a := redundancy.Assess(redundancy.Assessment{}, now, t0(), r)
	diff(t, "members shown before", 3, len(shown(t, a).Group.Members))
	b, changes, _ := r.Baseline.Accept(a, now, "raid:g")
	diff(t, "changes", 1, len(changes))
	diff(t, "text", "md0 is accepted with 2 members and 0 spares, sharing hba:0", changes[0].String())
	diff(t, "what was known is left as it was", 3, len(r.Baseline.Groups["raid:g"].Members))
	r.Baseline = b
	after := redundancy.Assess(a, now, at(1), r)
	g := shown(t, after)
	diff(t, "status", redundancy.FullyRedundant, g.Verdict.Status)
	diff(t, "members", 2, len(g.Group.Members))
	diff(t, "warnings", 0, len(g.Group.Warnings))
	diff(t, "fate accepted", true, g.Group.Fates[0].Accepted)
	_, again, _ := b.Accept(after, now)
	diff(t, "a second time", 0, len(again))
}

func TestAcceptForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	known := taught(whole())
	b, changes, _ := known.Accept(redundancy.Assessment{}, redundancy.Snapshot{})
	diff(t, "groups", 0, len(b.Groups))
	diff(t, "text", "md0 is accepted to be gone", changes[0].String())
	_, changes, _ = known.Accept(redundancy.Assessment{}, redundancy.Snapshot{}, "raid:other")
	diff(t, "of a group that nobody knows", 0, len(changes))
}

func TestTheBaselineCountsInWords(t *testing.T) {
	t.Parallel()
	diff(t, "one of each", "1 member and 1 spare", redundancy.Known{Members: []redundancy.ID{"a"}, Spares: 1}.String())
	diff(t, "several", "2 members and 0 spares", redundancy.Known{Members: []redundancy.ID{"a", "b"}}.String())
}
