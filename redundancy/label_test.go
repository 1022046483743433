package redundancy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

func TestLabelsPutMembersOnWhatNoLookCanFind(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"rack": "r12", "feed.0": "r12-a", "feed.1": "r12-a", "switch.1": "tor-b", "feed.other": "r12-b", "feed.": "x"}
	o := redundancy.Observation{
		Groups: []redundancy.Group{mirror(on(works("0"), "disk:a"), works("1"))},
		Parts:  []redundancy.Part{part("disk", "disk:a"), part("room", "room:1")},
	}
	before := asText(t, o)
	got := o.Labelled(labels)
	diff(t, "members", []redundancy.Component{on(works("0"), "disk:a", "feed:r12-a"), on(works("1"), "feed:r12-a", "switch:tor-b")},
		got.Groups[0].Members)
	diff(t, "parts", []redundancy.Part{
		part("disk", "disk:a"),
		{ID: "feed:r12-a", Name: "r12-a", Domain: "feed"},
		part("room", "room:1"),
		{ID: "switch:tor-b", Name: "tor-b", Domain: "switch"},
	}, got.Parts)
	if after := asText(t, o); after != before {
		t.Errorf("what was passed in was changed (-before +after):\n%s", cmp.Diff(before, after))
	}
	diff(t, "a host without such labels", o, o.Labelled(map[string]string{"rack": "r12"}))
}

func TestALabelledFeedIsAFate(t *testing.T) {
	t.Parallel()
	s := seen(t0(), mirror(works("0"), works("1")))
	s.Sources[0].Observation = s.Sources[0].Observation.Labelled(map[string]string{"feed.0": "r12-a", "feed.1": "r12-a"})
	diff(t, "fates", map[string]int{"feed:r12-a 0 1": -1}, fatesOf(t, s))
	diff(t, "without the feed", redundancy.Failed, redundancy.WhatIf(s, "feed:r12-a").Verdicts[0].Status)
}
