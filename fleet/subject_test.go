package fleet

import (
	"errors"
	"strings"
	"testing"

	"plimsoll/internal/view"
)

func wantHint(t *testing.T, err, want error) {
	t.Helper()
	var h interface{ Hint() string }
	if !errors.Is(err, want) || !errors.As(err, &h) || h.Hint() == "" {
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
