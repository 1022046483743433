package raid_test

import (
	"strings"
	"testing"

	"plimsoll/actions"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

func TestAMemberIsReplacedThatWillFailAndNoOther(t *testing.T) {
	t.Parallel()
	sda, sdb, sdc, sdd := occupant("sda", "in_sync", 0), occupant("sdb", "in_sync", 1), occupant("sdc", "in_sync", 2), occupant("sdd", "spare", -1)
	doubtful := occupant("sda", "in_sync", 0)
	doubtful.BadBlocks = known([]raid.Range{{Start: 1, Length: 1}})
	hurt := sdd
	hurt.BadBlocks = doubtful.BadBlocks
	for name, tt := range map[string]struct {
		array   raid.Array
		wish    actions.Wish
		wanted  bool
		against string
	}{
		"all is well":              {healthy(sda, sdb, sdc, sdd), actions.Wish{}, false, ""},
		"one will fail":            {healthy(doubtful, sdb, sdc, sdd), actions.Wish{}, true, ""},
		"without a spare":          {healthy(doubtful, sdb, sdc), actions.Wish{}, true, "has no spare"},
		"onto one that will fail":  {healthy(doubtful, sdb, sdc, hurt), actions.Wish{}, true, "sdd is in doubt"},
		"where one is missing":     {healthy(doubtful, sdb, sdd), actions.Wish{}, true, "a spare is for that first"},
		"which md does by itself":  {healthy(occupant("sda", "in_sync,write_error,want_replacement", 0), sdb, sdc), actions.Wish{}, false, ""},
		"by hand, whatever it is":  {healthy(sda, sdb, sdc, sdd), actions.Wish{ByHand: true, To: "raid:x/slot1"}, true, ""},
		"by hand, which md does":   {healthy(occupant("sda", "in_sync,want_replacement", 0), sdb, sdc, sdd), actions.Wish{ByHand: true, To: "raid:x/slot0"}, true, "md replaces sda itself"},
		"by hand, what is a spare": {healthy(sda, sdb, sdc, sdd), actions.Wish{ByHand: true, To: "raid:x/dev/wwn:sdd"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := wayOf(t, actions.RaidReplace).Aim(tt.array.Group(), tt.wish)
			said := strings.Join(a.Against, "; ")
			if a.Wanted != tt.wanted || (said == "") != (tt.against == "") || !strings.Contains(said, tt.against) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestAMemberIsTakenOutByAPersonWhereOneMoreFailureIsSurelySurvived(t *testing.T) {
	t.Parallel()
	sda, sdb, sdc, sdd := occupant("sda", "in_sync", 0), occupant("sdb", "in_sync", 1), occupant("sdc", "in_sync", 2), occupant("sdd", "spare", -1)
	doubtful := sdb
	doubtful.BadBlocks = known([]raid.Range{{Start: 1, Length: 1}})
	for name, tt := range map[string]struct {
		array  raid.Array
		member redundancy.ID
		wanted bool
		may    bool
	}{
		"one of three":                   {healthy(sda, sdb, sdc), "raid:x/slot2", true, true},
		"one of two":                     {healthy(sda, sdb), "raid:x/slot1", true, false},
		"a good one beside a doubtful":   {healthy(sda, doubtful, sdc), "raid:x/slot0", true, false},
		"the doubtful one":               {healthy(sda, doubtful, sdc), "raid:x/slot1", true, true},
		"a spare":                        {healthy(sda, sdb, sdc, sdd), "raid:x/dev/wwn:sdd", true, true},
		"a spare that nothing is beyond": {healthy(sda, sdd), "raid:x/dev/wwn:sdd", true, false},
		"an empty place":                 {healthy(sda, sdb), "raid:x/slot2", false, true},
		"a stranger":                     {healthy(sda, sdb, sdc), "raid:x/slot9", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := tt.array.Group()
			a := wayOf(t, actions.RaidEvict).Aim(g, actions.Wish{ByHand: true, To: tt.member})
			if a.Wanted != tt.wanted || len(a.Against) == 0 != tt.may {
				t.Errorf("%+v", a)
			}
			if a := wayOf(t, actions.RaidEvict).Aim(g, actions.Wish{To: tt.member}); a.Wanted {
				t.Errorf("by policy: %+v", a)
			}
		})
	}
}

func TestHowFarMdHasComeWithAReplacement(t *testing.T) {
	t.Parallel()
	sdb, sdc := occupant("sdb", "in_sync", 1), occupant("sdc", "in_sync", 2)
	done := wayOf(t, actions.RaidReplace).Done
	deed := actions.Action{Verb: actions.RaidReplace, From: "raid:x/slot0", Device: "wwn:sda"}
	for name, tt := range map[string]struct {
		array raid.Array
		want  redundancy.Tristate
	}{
		"not told":         {healthy(occupant("sda", "in_sync", 0), sdb, sdc, occupant("sdd", "spare", -1)), redundancy.No},
		"told":             {healthy(occupant("sda", "in_sync,want_replacement", 0), sdb, sdc, occupant("sdd", "spare", -1)), redundancy.Unread},
		"at it":            {healthy(occupant("sda", "in_sync,want_replacement", 0), sdb, sdc, occupant("sdd", "spare,replacement", 0)), redundancy.Yes},
		"through":          {healthy(occupant("sda", "faulty", -1), sdb, sdc, occupant("sdd", "in_sync", 0)), redundancy.Yes},
		"failed meanwhile": {healthy(occupant("sda", "faulty", -1), sdb, sdc, occupant("sdd", "spare", 0)), redundancy.No},
		"another array":    {healthy(sdb), redundancy.No},
	} {
		if got := done(tt.array.Group(), deed); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
