package phrase_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/internal/view/xtest"
)

func TestDurationsAreSaidInAFewCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "0s"},
		{0, "0s"},
		{800 * time.Millisecond, "0.8s"},
		{2 * time.Second, "2s"},
		{59 * time.Second, "59s"},
		{90 * time.Second, "1m"},
		{time.Hour, "1h"},
		{90 * time.Minute, "1h30m"},
		{10 * time.Hour, "10h"},
		{26 * time.Hour, "1d"},
		{1000 * time.Hour, "41d"},
	} {
		if got := phrase.Lasting(c.d); got != c.want {
			t.Errorf("%v: got %s, want %s", c.d, got, c.want)
		}
	}
}

func TestRatesAreSaidInThreeDigits(t *testing.T) {
	t.Parallel()
	for b, want := range map[float64]string{0: "0 B/s", 999: "999 B/s", 98e6: "98 MB/s", 2.34e9: "2.3 GB/s"} {
		if got := phrase.Rate(b); got != want {
			t.Errorf("%v: got %s, want %s", b, got, want)
		}
	}
}

func TestMarginsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]api.Bounds{
		"survives 1 more failure":                                  {Least: 1, Most: 1},
		"survives 0…1 more failure":                                {Least: 0, Most: 1},
		"survives 2 more failures":                                 {Least: 2, Most: 2},
		"survives 0 more failures":                                 {Least: 0, Most: 0},
		"is not whole enough to work":                              {Least: -1, Most: -1},
		"survives 1 more failure at best, and may be down already": {Least: -1, Most: 1},
	} {
		if got := phrase.Survives(m); got != want {
			t.Errorf("%+v: got %q, want %q", m, got, want)
		}
	}
}

func TestGapsOfOneReasonAreToldTogether(t *testing.T) {
	t.Parallel()
	s := api.NewStatus(xtest.Faulty(), xtest.At())
	again := s.Coverage[len(s.Coverage)-1]
	again.What = "/more"
	var got []string
	for _, g := range phrase.Gaps(append(s.Coverage, again)) {
		got = append(got, g.Cover.String()+" "+g.Why)
		if g.Why == *again.Why && !cmp.Equal(g.Whats, []string{"/scratch", "/more"}) {
			t.Errorf("%s: %q", g.Why, g.Whats)
		}
	}
	if want := []string{"not understood btrfs over 2 devices", "unprotected nothing covers for disk sdz"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestTalliesCountWhatIsWrongOfEachKind(t *testing.T) {
	t.Parallel()
	s := api.NewStatus(xtest.Faulty(), xtest.At())
	want := []phrase.Tally{{Kind: "disk", Text: "5 disks, 1 predicted to fail, 1 doubtful"}}
	if diff := cmp.Diff(want, phrase.Tallies(s.Lone)); diff != "" {
		t.Error(diff)
	}
}
