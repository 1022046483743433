package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

func TestTheSpeakerIsWhoTheSubjectNames(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"plimsoll.v1.prod.db1.presence":                            "db1",
		"plimsoll.v1.prod.db1_example_org.register":                "db1_example_org",
		"plimsoll.v1.prod.db1.event.raid.component.failed":         "db1",
		wire.OrderSubject("prod", "alice", "retire"):               "alice",
		wire.Subject("prod", "x-1", wire.Opinion):                  "x-1",
		wire.Subject("prod", "db1_example_org", wire.Event) + ".a": "db1_example_org",
	} {
		if got, err := wire.Speaker("prod", subject); err != nil || got != want {
			t.Errorf("speaker of %s: %q, %v, want %q", subject, got, err, want)
		}
	}
	for _, subject := range []string{
		"", "plimsoll.v1.prod", "plimsoll.v1.prod.db1", "plimsoll.v1.prod.db1.", "plimsoll.v1.test.db1.presence",
		"plimsoll.v1.prodx.db1.presence", "plimsoll.v1.prod..presence", "plimsoll.v1.prod.*.presence", "plimsoll.v1.prod.DB1.presence",
		"_INBOX.db1.x",
	} {
		if got, err := wire.Speaker("prod", subject); !errors.Is(err, wire.ErrSubject) {
			t.Errorf("speaker of %q: %q, %v, want ErrSubject", subject, got, err)
		}
	}
}

func TestWhatIsWrittenReadsBackAsItWas(t *testing.T) {
	t.Parallel()
	there[wire.Alive](t, wire.Alive{
		ID: "0123", Boot: "b", Version: "1.0", Status: "Degraded", Margin: &wire.Margin{Least: 0, Most: 1, Full: 2}, Leaving: true,
	})
	there[wire.Registration](t, wire.Registration{
		ID: "0123", Pools: []string{"db"}, Domains: map[string][]string{"feed": {"r12-a", "r12-b"}, "rack": {"r12"}},
	})
	on := ledger.Mark{Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Epoch: 1, Revision: 7}
	there[wire.Wish](t, wire.Wish{Pool: "db", Nonce: "h/l/7", Action: "service.restart of web", Repairs: true})
	there[wire.Beginning](t, wire.Beginning{Pool: "db", Nonce: "h/l/7", Token: 9})
	there[wire.Ending](t, wire.Ending{Pool: "db", Nonce: "h/l/7", End: ledger.Healthy})
	views := wire.Views{Nonce: "h/l/7", On: on, Veto: "frozen: anna", Serving: ledger.ServingYes, Wants: []string{"a"}, Holds: []string{"b"}, Remembers: on}
	there[wire.Claim](t, wire.Claim{Pool: "db", View: views})
	there[wire.Verdict](t, wire.Verdict{Pool: "db", View: views})
	there[wire.Question](t, wire.Question{Pool: "db", Q: ledger.Question{Ask: ledger.Ask{Host: "db1", Nonce: "h/l/7", Action: "x"}, On: on}})
	there[wire.Reminder](t, wire.Reminder{Pool: "db", On: on})
	there[wire.Answer](t, wire.Answer{On: on, Token: 9, Refused: []ledger.Reason{{Key: "budget", Text: "1 of 1, db2"}}})
	if back := wire.ViewsOf(views.By("db1")); !cmp.Equal(back, views) {
		t.Errorf("views %+v", back)
	}
	b := wire.Baseline{Digest: "d", Packed: []byte{1, 2}}
	there[wire.Baseline](t, b)
	there[wire.Kept](t, wire.Kept{Revision: 7})
	there[wire.BaselineQuery](t, wire.BaselineQuery{Host: "db1_example_org", Back: 2})
	there[wire.KnownGood](t, wire.KnownGood{There: 1, Baseline: &b})
	there[wire.Registered](t, wire.Registered{Revision: 7, Pools: []string{"db"}, Refused: []string{"pool web: there is none"}})
}

func there[M wire.Message](t *testing.T, m M) {
	t.Helper()
	text, err := wire.Encode(m)
	if err != nil {
		t.Errorf("write %+v: %v", m, err)
		return
	}
	back, err := wire.Decode[M](text)
	if err != nil {
		t.Errorf("read %s: %v", text, err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Errorf("read %s (-written +read):\n%s", text, diff)
	}
}

func TestWhatAServerAnswersIsNoMessage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", wire.MaxMessage)
	for name, text := range map[string]string{
		"an acknowledgement":    `{"stream":"PLIMSOLL_EVENTS","seq":7}`,
		"an error":              `{"type":"io.nats.jetstream.api.v1.stream_info_response","error":{"code":404}}`,
		"nothing":               ``,
		"another kind":          `{"schema":"plimsoll.registration/1","body":{"id":"a"}}`,
		"another version":       `{"schema":"plimsoll.presence/2","body":{"id":"a"}}`,
		"two at once":           `{"schema":"plimsoll.presence/1","body":{"id":"a"}} {"schema":"plimsoll.presence/1","body":{"id":"b"}}`,
		"no body":               `{"schema":"plimsoll.presence/1"}`,
		"what Check refuses":    `{"schema":"plimsoll.presence/1","body":{"id":""}}`,
		"a status without end":  `{"schema":"plimsoll.presence/1","body":{"id":"a","status":"` + long[:1000] + `"}}`,
		"a message without end": `{"schema":"plimsoll.presence/1","body":{"id":"` + long + `"}}`,
	} {
		if m, err := wire.Decode[wire.Alive]([]byte(text)); !errors.Is(err, wire.ErrMessage) {
			t.Errorf("%s: %+v, %v, want ErrMessage", name, m, err)
		}
	}
}

func TestAFieldOfALaterVersionIsPassedOver(t *testing.T) {
	t.Parallel()
	m, err := wire.Decode[wire.Alive]([]byte(`{"schema":"plimsoll.presence/1","body":{"id":"a","mood":"fine"}}`))
	if err != nil || m.ID != "a" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestARegistrationWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, wire.MaxDomains+1)
	for i := range many {
		many[i] = "d"
	}
	for name, r := range map[string]wire.Registration{
		"no id":             {},
		"a pool's name":     {ID: "a", Pools: []string{"a.b"}},
		"too many pools":    {ID: "a", Pools: many[:wire.MaxPools+1]},
		"a domain's name":   {ID: "a", Domains: map[string][]string{"a b": {"x"}}},
		"a name of nothing": {ID: "a", Domains: map[string][]string{"feed": {""}}},
		"too many domains":  {ID: "a", Domains: map[string][]string{"feed": many}},
	} {
		if text, err := wire.Encode(r); !errors.Is(err, wire.ErrMessage) {
			t.Errorf("%s: %.100s, %v, want ErrMessage", name, text, err)
		}
	}
}

func FuzzMessagesThatAreReadCanBeWritten(f *testing.F) {
	f.Add([]byte(`{"schema":"plimsoll.presence/1","body":{"id":"a","margin":{"least":0,"most":1,"full":1}}}`))
	f.Add([]byte(`{"schema":"plimsoll.registration/1","body":{"id":"a","pools":["db"],"domains":{"feed":["a"]}}}`))
	f.Add([]byte(`{"schema":"plimsoll.registered/1","body":{"revision":1,"pools":["db"],"refused":["no"]}}`))
	f.Add([]byte(`{"schema":"plimsoll.fleet.hosts/1","body":{"hosts":[{"host":"db1","alive":{"id":"a"}}]}}`))
	f.Add([]byte(`{"schema":"plimsoll.fleet.pools/1","body":{"pools":[{"pool":"db","budget":1}]}}`))
	f.Add([]byte(`{"schema":"plimsoll.fleet.retirement/1","body":{"host":"db1"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		again[wire.Alive](t, text)
		again[wire.Registration](t, text)
		again[wire.Registered](t, text)
		again[wire.Hosts](t, text)
		again[wire.Baseline](t, text)
		again[wire.BaselineQuery](t, text)
		again[wire.KnownGood](t, text)
		again[wire.Pools](t, text)
		again[wire.Retirement](t, text)
	})
}

func again[M wire.Message](t *testing.T, text []byte) {
	t.Helper()
	m, err := wire.Decode[M](text)
	if err != nil {
		return
	}
	if _, err := wire.Encode(m); err != nil && len(text) < wire.MaxMessage/8 { // escaping may make it longer
		t.Errorf("%q was read as %+v, and cannot be written: %v", text, m, err)
	}
}
