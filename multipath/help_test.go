package multipath_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/priv"
	"plimsoll/multipath"
	"plimsoll/redundancy"
)

// The host of the story, with two devices.
const (
	story  = "testdata/two-hbas-one-path-failed.txtar"
	first  = "mpath-35000cca0a1b2c301"
	second = "mpath-360a98000486e2f66426f583133796572"
)

// senses answers for device-mapper, by uuid.
type senses map[string]string

func (s senses) MultipathStatus(_ context.Context, uuid string) (string, error) {
	text, known := s[uuid]
	if !known {
		return "", &priv.UnreachableError{Socket: "/run/plimsoll-sense.sock", Cause: errors.New("nobody listens")}
	}
	return text, nil
}

// mapper is what device-mapper says on the host of the story.
func mapper() senses {
	return senses{
		first:  "2 0 0 0 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 F 3 0 1",
		second: "2 0 0 1 alua 1 1 A 0 2 0 8:32 A 0 8:48 A 0",
	}
}

func look(t *testing.T, c *multipath.Collector) redundancy.Observation {
	t.Helper()
	o, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func verdict(t *testing.T, g redundancy.Group) string {
	t.Helper()
	if err := g.Needs.Check(); err != nil {
		t.Error(err)
	}
	v := redundancy.Judge(g)
	return v.Status.String() + " " + v.Margin.String()
}

func diff[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func root(t *testing.T) *hosttest.Host {
	t.Helper()
	return hosttest.Root(t, story)
}
