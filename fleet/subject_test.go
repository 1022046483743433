package fleet

import (
	"errors"
	"strings"
	"testing"

	"plimsoll/internal/view"
)

func TestAHostsNameBecomesOneToken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"db1":             "db1",
		"DB1.Example.ORG": "db1_example_org",
		"a-b.c":           "a-b_c",
	} {
		got, err := hostToken(name)
		if err != nil || got != want {
			t.Errorf("hostToken(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestANameThatCannotStandInASubjectIsRefusedWithAHint(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a_b", "a b", "a*", ">", "höst", "a\nb", "a.b_c", strings.Repeat("a", 254)} {
		_, err := hostToken(name)
		wantHint(t, err, ErrToken)
	}
	for _, name := range []string{"a.b", "A", "a_b", "*", strings.Repeat("a", 254)} {
		_, err := fleetToken(name)
		wantHint(t, err, ErrToken)
	}
}

func wantHint(t *testing.T, err, want error) {
	t.Helper()
	h, ok := errors.AsType[*HintError](err)
	if !errors.Is(err, want) || !ok || h.Hint() == "" {
		t.Errorf("error = %v, want %v with a hint", err, want)
	}
}

func TestTheSubjectNamesFleetHostKindAndType(t *testing.T) {
	t.Parallel()
	got, err := Subject(testHost, event("log1", 1, "e"))
	const want = "plimsoll.v1.test.db1_example_org.event.raid.component.failed"
	if err != nil || got != want {
		t.Errorf("subject = %q, %v, want %q", got, err, want)
	}
	got, err = Subject(view.Host{Name: "db1"}, event("log1", 1, "e"))
	if err != nil || !strings.HasPrefix(got, "plimsoll.v1.default.db1.") {
		t.Errorf("subject without a fleet = %q, %v, want the fleet default", got, err)
	}
}
