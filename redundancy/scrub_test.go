package redundancy_test

import (
	"encoding/json"
	"testing"
	"time"

	"plimsoll/redundancy"
)

const monthly = 35 * 24 * time.Hour

// scrubbing is the whole mirror as its kernel tells of scrubs; done counts in hundredths of a terabyte.
func scrubbing(said redundancy.Scrub, done ...uint64) redundancy.Group {
	g := whole()
	g.Scrub = said
	for _, d := range done {
		g.Activity = &redundancy.Activity{Kind: redundancy.ActivityCheck, Done: d * 20e6, Total: 100 * 20e6}
	}
	return g
}

// scrubs plays looks ten seconds apart and gives the last assessment, and the events of the last step.
func scrubs(looks ...redundancy.Group) (redundancy.Assessment, []redundancy.Event) {
	r := redundancy.Rules{Scrub: monthly}
	var was, is redundancy.Assessment
	for i, g := range looks {
		was, is = is, assess(is, at(time.Duration(i)*10*time.Second), r, g)
	}
	return is, redundancy.Diff(was, is, numbered)
}

func TestOnlyAScrubThatWasSeenToItsEndCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		looks []redundancy.Group
		last  time.Time
		phase string
	}{
		"to its end": {
			[]redundancy.Group{scrubbing("none"), scrubbing("none", 50), scrubbing("whole")}, at(20 * time.Second), redundancy.PhaseCompleted,
		},
		"broken off": {
			[]redundancy.Group{scrubbing("none"), scrubbing("none", 50), scrubbing("partial")}, time.Time{}, redundancy.PhaseInterrupted,
		},
		"broken off at once, perhaps": {
			[]redundancy.Group{scrubbing("whole"), scrubbing("whole", 0), scrubbing("whole")}, time.Time{}, "",
		},
		"ended by a reboot":  {[]redundancy.Group{scrubbing("whole", 50), scrubbing("none")}, time.Time{}, ""},
		"not to be read":     {[]redundancy.Group{scrubbing("whole", 50), scrubbing("unread")}, time.Time{}, ""},
		"before the agent":   {[]redundancy.Group{scrubbing("whole"), scrubbing("whole")}, time.Time{}, ""},
		"not what was begun": {[]redundancy.Group{scrubbing("whole", 50), scrubbing("whole", 60)}, time.Time{}, ""},
	} {
		a, events := scrubs(c.looks...)
		diff(t, name+": last", c.last, a.Groups[0].Scrubs.Last)
		phase := ""
		for _, e := range events {
			if e.Type == redundancy.ActivityFinished && e.Is != nil {
				phase = e.Is.Phase
			}
		}
		diff(t, name+": phase", c.phase, phase)
	}
}

func TestASmallGroupIsScrubbedBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	begun := scrubbing("none", 0)
	begun.Activity.Total = 1 << 20 // half a gigabyte
	a, _ := scrubs(scrubbing("none"), begun, scrubbing("whole"))
	diff(t, "last", at(20*time.Second), a.Groups[0].Scrubs.Last)
}

func TestNoScrubForTooLongIsAWarningUntilOneEnds(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Scrub: monthly}
	keys := func(a redundancy.Assessment) []string {
		out := []string{}
		for _, w := range a.Groups[0].Group.Warnings {
			out = append(out, w.Key)
		}
		return out
	}
	first := assess(redundancy.Assessment{}, t0(), r, scrubbing("none"))
	diff(t, "at first", []string{}, keys(first))
	diff(t, "in time", []string{}, keys(assess(first, at(monthly), r, scrubbing("none"))))
	late := assess(first, at(monthly+time.Second), r, scrubbing("none"))
	diff(t, "too late", []string{redundancy.WarnScrubOverdue}, keys(late))
	diff(t, "nobody waits", []string{}, keys(assess(first, at(2*monthly), redundancy.Rules{}, scrubbing("none"))))
	diff(t, "nothing to scrub", []string{}, keys(assess(first, at(2*monthly), r, scrubbing(""))))
	running := assess(late, at(monthly+time.Minute), r, scrubbing("none", 50))
	diff(t, "while it runs", []string{redundancy.WarnScrubOverdue}, keys(running))
	diff(t, "once it ended", []string{}, keys(assess(running, at(monthly+time.Hour), r, scrubbing("whole"))))
}

func TestTheLogRemembersTheLastScrub(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Scrub: monthly}
	var was, folded redundancy.Assessment
	for i, g := range []redundancy.Group{scrubbing("none"), scrubbing("none", 50), scrubbing("whole")} {
		is := assess(was, at(time.Duration(i)*time.Hour), r, g)
		for _, e := range redundancy.Diff(was, is, numbered) {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var read redundancy.Event
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			folded = redundancy.Fold(folded, read)
		}
		was = is
	}
	diff(t, "scrubs", was.Groups[0].Scrubs, folded.Groups[0].Scrubs)
}
