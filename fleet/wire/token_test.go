package wire_test

import (
	"errors"
	"strings"
	"testing"

	"plimsoll/fleet/wire"
)

func TestAHostsNameBecomesOneToken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"db1":             "db1",
		"DB1.Example.ORG": "db1_example_org",
		"a-b.c":           "a-b_c",
	} {
		got, err := wire.HostToken(name)
		if err != nil || got != want {
			t.Errorf("wire.HostToken(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestANameThatCannotStandInASubjectIsRefusedWithAHint(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a_b", "a b", "a*", ">", "höst", "a\nb", "a.b_c", strings.Repeat("a", 254)} {
		_, err := wire.HostToken(name)
		var h interface{ Hint() string }
		if !errors.Is(err, wire.ErrToken) || !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("check %q: %v, want ErrToken with a hint", name, err)
		}
	}
	for _, name := range []string{"a.b", "A", "a_b", "*", strings.Repeat("a", 254)} {
		_, err := wire.FleetToken(name)
		var h interface{ Hint() string }
		if !errors.Is(err, wire.ErrToken) || !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("check %q: %v, want ErrToken with a hint", name, err)
		}
	}
}
