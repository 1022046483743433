package lab

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/script"
)

func event(t *testing.T, seq int, id, kind, data string) Event {
	t.Helper()
	raw := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/plimsoll/default/lab","type":"plimsoll.%s.v1","subject":"raid:U/slot1","time":"2026-01-02T03:04:05Z","data":%s}`, id, kind, data)
	e, err := ParseEvent([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	e.Seq = uint64(seq)
	return e
}

func TestParseEventRefusesWhatIsNoCloudEventOfOurs(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "null", "[]", `{"specversion":"1.0"}`,
		`{"specversion":"1.0","id":"a/b/1","source":"/plimsoll/x/y","type":"other.redundancy.lost.v1","time":"2026-01-02T03:04:05Z"}`,
		`{"specversion":"1.0","id":"a/b/1","source":"/plimsoll/x/y","type":"plimsoll.redundancy.lost","time":"2026-01-02T03:04:05Z"}`,
		`{"specversion":"0.3","id":"a/b/1","source":"/plimsoll/x/y","type":"plimsoll.redundancy.lost.v1","time":"2026-01-02T03:04:05Z"}`,
		`{"specversion":"1.0","id":"","source":"/plimsoll/x/y","type":"plimsoll.redundancy.lost.v1","time":"2026-01-02T03:04:05Z"}`,
	} {
		if _, err := ParseEvent([]byte(raw)); err == nil {
			t.Errorf("parse %s: no error", raw)
		}
	}
}

func TestEventsMatchByTypeNameAndValue(t *testing.T) {
	t.Parallel()
	e := event(t, 1, "h/l/1", "component.missing", `{"group":"raid:U","name":"md0","device_name":"sdb","durable":false,"is":{"status":"FullyRedundant"},"cause":null}`)
	for want, ok := range map[*script.Event]bool{
		{Type: "component.missing"}:                                         true,
		{Type: "component.*", About: "md0"}:                                 true,
		{Type: "*.*", About: "md0/sdb"}:                                     true,
		{Type: "*.*", About: "md0/sda"}:                                     false,
		{Type: "*.*", About: "md1"}:                                         false,
		{Type: "component.failed"}:                                          false,
		{Type: "component.*", With: []string{"durable=false"}}:              true,
		{Type: "component.*", With: []string{"durable=true"}}:               false,
		{Type: "component.*", With: []string{"is.status=fully-redundant"}}:  true,
		{Type: "component.*", With: []string{"cause=null"}}:                 false,
		{Type: "component.*", About: "raid:U/slot1"}:                        true,
		{Type: "component.*", About: "array/member", With: []string{"a=b"}}: false,
	} {
		if got := e.Matches(*want, nil); got != ok {
			t.Errorf("%+v: want %v, got %v", *want, ok, got)
		}
	}
	nameless := event(t, 2, "h/l/2", "component.missing", `{"group":"raid:U"}`)
	names := map[string]string{"raid:U": "md0", "raid:U/slot1": "md0/sdb"}
	for _, about := range []string{"md0", "md0/sdb"} {
		if !nameless.Matches(script.Event{Type: "*.*", About: about}, names) {
			t.Errorf("an event without names is not found by those of status, as %s", about)
		}
	}
}

func TestOnceAndInOrderFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	at := func(ids ...string) []Event {
		var events []Event
		for i, id := range ids {
			events = append(events, event(t, i+1, id, "redundancy.lost", "{}"))
		}
		return events
	}
	for _, c := range []struct {
		events []Event
		want   string
	}{
		{nil, ""},
		{at("h/a/1", "h/a/2", "h/a/9"), ""},
		{at("h/a/5", "h/b/1", "h/a/6", "h/b/2"), ""},
		{at("h/a/1", "h/a/2", "h/a/1"), "event h/a/1 is in the stream twice, at 1 and 3"},
		{at("h/a/2", "h/a/1"), "event h/a/1 at 2 comes after sequence 2 of the same log"},
		{at("h/a/x"), `event id "h/a/x" at 1 is not host/log/sequence`},
		{at("lone"), `event id "lone" at 1 is not host/log/sequence`},
	} {
		got := ""
		if err := OnceAndInOrder(c.events); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestFoldKeepsTheLastWordOnEachGroup(t *testing.T) {
	t.Parallel()
	got := Fold([]Event{
		event(t, 1, "h/a/1", "group.added", `{"name":"md0","is":{"status":"FullyRedundant"}}`),
		event(t, 2, "h/a/2", "group.added", `{"name":"md1","is":{"status":"FullyRedundant"}}`),
		event(t, 3, "h/a/3", "group.added", `{"name":"md2","is":{"status":"FullyRedundant"}}`),
		event(t, 4, "h/a/4", "redundancy.lost", `{"name":"md0","is":{"status":"Lost"}}`),
		event(t, 5, "h/a/5", "component.failed", `{"name":"md1","is":{"state":"Disabled"}}`),
		event(t, 6, "h/a/6", "group.removed", `{"name":"md2","is":null}`),
		event(t, 7, "h/a/7", "agent.stopped", `{"name":null}`),
	})
	want := map[string]string{"md0": "Lost", "md1": "FullyRedundant"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJudgeAgreesWithTheDesignOnWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      string
		all, good int
		want      string
	}{
		{"raid1", 2, 2, "FullyRedundant"},
		{"raid1", 3, 2, "Degraded"},
		{"raid1", 2, 1, "Lost"},
		{"raid1", 2, 0, "Failed"},
		{"raid1", 1, 1, "NotRedundant"},
		{"raid5", 4, 3, "Lost"},
		{"raid6", 4, 3, "Degraded"},
		{"bond", 2, 1, "Lost"},
	} {
		got, err := judge(c.kind, c.all, c.good)
		if err != nil || got != c.want {
			t.Errorf("%s with %d of %d: want %s, got %s, %v", c.kind, c.good, c.all, c.want, got, err)
		}
	}
	if _, err := judge("raid10", 4, 3); err == nil {
		t.Error("raid10: which members failed decides, and the numbers do not tell; yet no error")
	}
}

func TestReplayMustCoverTheEndOfTheStream(t *testing.T) {
	t.Parallel()
	stream := []string{"a", "b", "c"}
	for _, c := range []struct {
		replayed []string
		ok       bool
	}{
		{[]string{"a", "b", "c"}, true},
		{[]string{"b", "c"}, true}, // the trace is bounded
		{[]string{"a", "c"}, false},
		{[]string{"a", "b"}, false},
		{[]string{"a", "b", "c", "d"}, false},
		{[]string{"x"}, false},
	} {
		if err := compareReplay(c.replayed, stream); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.replayed, err)
		}
	}
}

func TestWatchTellsOfEveryScrapeThatFailed(t *testing.T) {
	t.Parallel()
	if _, err := (&watch{cancel: func() {}, done: closed()}).stop(); err == nil {
		t.Error("no scrape was made, and no error")
	}
	if n, err := (&watch{cancel: func() {}, done: closed(), n: 4}).stop(); n != 4 || err != nil {
		t.Errorf("want 4 and no error, got %d and %v", n, err)
	}
}

func closed() chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}

func TestUntilGivesTheLastReason(t *testing.T) {
	t.Parallel()
	n := 0
	err := until(t.Context(), time.Nanosecond, func(context.Context) error { n++; return fmt.Errorf("reason %d", n) })
	if err == nil || err.Error() != fmt.Sprintf("not within 1ns: reason %d", n) {
		t.Errorf("got %v", err)
	}
}
