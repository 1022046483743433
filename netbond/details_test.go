package netbond

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHelperTellsWhoAnswersOnLACPPortsOnceAMinute(t *testing.T) {
	t.Parallel()
	h := &fakeHelper{lacp: reported}
	c := New(Config{Helper: h})
	began := time.Unix(1e9, 0)
	for _, after := range []time.Duration{0, time.Second, 59 * time.Second, time.Minute, 61 * time.Second} {
		b := bonded(LACP, 2)
		c.detail(t.Context(), &b, began.Add(after))
		if want := known(Peer{ActorKey: 15, Key: 16, System: "02:00:00:00:00:01", Port: 3}); b.Members[0].Peer != want || b.Members[1].Peer.Known {
			t.Errorf("after %s: %+v", after, b.Members)
		}
		if old := began.Add(after.Truncate(time.Minute)); !b.Members[0].PeerSeen.Equal(old) {
			t.Errorf("after %s it is of %s, want %s", after, b.Members[0].PeerSeen, old)
		}
	}
	if diff := cmp.Diff([]string{"lacp bond0", "lacp bond0"}, h.asked); diff != "" {
		t.Error(diff)
	}
}

func TestHelperIsAskedForNothingThatIsKnownOrIsNotThere(t *testing.T) {
	t.Parallel()
	h := &fakeHelper{lacp: reported}
	c := New(Config{Helper: h})
	seen := bonded(LACP, 2)
	seen.Members[0].Peer = known(Peer{System: "02:00:00:00:00:01"})
	other := bonded(ActiveBackup, 2)
	for _, b := range []*Bond{&seen, &other} {
		c.detail(t.Context(), b, time.Unix(1e9, 0))
	}
	if len(h.asked) > 0 {
		t.Errorf("asked %q", h.asked)
	}
}

func TestHelperThatDoesNotTellCostsNothingElse(t *testing.T) {
	t.Parallel()
	h := &fakeHelper{err: errors.New("away")}
	c := New(Config{Helper: h})
	b, want := bonded(LACP, 2), bonded(LACP, 2)
	for i := range 10 {
		c.detail(t.Context(), &b, time.Unix(1e9, int64(i)))
	}
	if diff := cmp.Diff(want, b); diff != "" || len(h.asked) != 1 {
		t.Errorf("asked %q\n%s", h.asked, diff)
	}
}
