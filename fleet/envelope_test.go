package fleet

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/redundancy"
)

func mustEncode(tb testing.TB, it Item) []byte {
	tb.Helper()
	b, err := Encode(testHost, it)
	if err != nil {
		tb.Fatalf("encode %s: %v", it.Event.Type, err)
	}
	return b
}

func TestDecodeGivesBackTheEventThatWasEncoded(t *testing.T) {
	t.Parallel()
	for _, it := range everyType(t) {
		e, err := Decode(mustEncode(t, it))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(it.Event, e.Event(), cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", it.Event.Type, diff)
		}
	}
}

func TestFoldingTheEncodedEventsGivesTheJudgedState(t *testing.T) {
	t.Parallel()
	var want, got redundancy.Assessment
	for _, it := range everyType(t) {
		e, err := Decode(mustEncode(t, it))
		if err != nil {
			t.Fatal(err)
		}
		want, got = redundancy.Fold(want, it.Event), redundancy.Fold(got, e.Event())
		if diff := cmp.Diff(want.Public(), got.Public(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after %s (-want +got):\n%s", it.Event.Type, diff)
		}
	}
}

func TestAnEventReadsAsTheContractSays(t *testing.T) {
	t.Parallel()
	it := event("log1", 7, "md0: sda is Disabled, health Critical")
	it.Group = &redundancy.GroupFace{
		Status: redundancy.Lost, Worst: redundancy.Lost, Best: redundancy.Lost, Margin: redundancy.Margin{Full: 1},
		Serving: redundancy.Yes,
	}
	it.Event.Evidence = []redundancy.Evidence{
		{Where: "/sys/block/md0/md/dev-sda/state", Value: "faulty", At: it.Event.Time.Add(-250 * time.Millisecond)},
		{Where: "/sys/block/md0/md/dev-sda/slot", Err: "permission denied"},
	}
	var indented strings.Builder
	enc := json.NewEncoder(&indented)
	enc.SetIndent("", " ")
	if err := enc.Encode(json.RawMessage(mustEncode(t, volatile(it, 3)))); err != nil {
		t.Fatal(err)
	}
	const want = `{
 "specversion": "1.0",
 "id": "0123456789abcdef/volatile1/3",
 "source": "/plimsoll/test/db1.example.org",
 "type": "plimsoll.component.failed.v1",
 "subject": "raid:u/slot0",
 "time": "2026-01-02T03:04:05.685901234Z",
 "datacontenttype": "application/json",
 "data": {
  "kind": "raid",
  "group": "raid:u",
  "name": "md0",
  "group_type": "NPlusM",
  "member": "raid:u/slot0",
  "device_name": "sda",
  "key": null,
  "collector": "raid",
  "was": null,
  "is": {
   "state": "Disabled",
   "health": "Critical",
   "doubts": [],
   "device": "wwn:1"
  },
  "members": null,
  "margin": {
   "least": 0,
   "most": 0,
   "full": 1
  },
  "serving": "yes",
  "severity": "warning",
  "cause": null,
  "boot_id": null,
  "monotonic_s": null,
  "position": "log1/7",
  "evidence": [
   {
    "where": "/sys/block/md0/md/dev-sda/state",
    "value": "faulty",
    "error": null,
    "age_s": 0.25
   },
   {
    "where": "/sys/block/md0/md/dev-sda/slot",
    "value": null,
    "error": "permission denied",
    "age_s": null
   }
  ],
  "labels": {
   "rack": "r12"
  },
  "durable": false,
  "notify": "now",
  "count": 0,
  "text": "md0: sda is Disabled, health Critical",
  "truncated": false
 }
}
`
	if diff := cmp.Diff(want, indented.String()); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestWhateverTheKernelSaysAnEventStaysBounded(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("\x00é\xff", 1<<20)
	it := event("log1", 1, huge)
	e := &it.Event
	e.Name, e.Device, e.Key, e.Source, e.Cause = huge, huge, huge, huge, huge
	e.Subject, e.Group, e.Member = redundancy.ID(huge), redundancy.ID(huge), redundancy.ID(huge)
	e.Is.Device = redundancy.ID(huge)
	e.Was = &redundancy.Face{
		ActivityFace: &redundancy.ActivityFace{Activity: huge, Phase: huge, Speed: math.NaN()},
		TextFace:     &redundancy.TextFace{Text: huge},
	}
	for range 5000 {
		e.Evidence = append(e.Evidence, redundancy.Evidence{Where: huge, Value: huge, Err: huge})
		e.Members = append(e.Members, redundancy.MemberFace{ID: redundancy.ID(huge), Name: huge})
	}
	b := mustEncode(t, it)
	if len(b) > maxEncoded || !utf8.Valid(b) {
		t.Errorf("encoded to %d bytes, valid UTF-8 %v; want at most %d, valid", len(b), utf8.Valid(b), maxEncoded)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Data.Truncated {
		t.Error("not marked as truncated")
	}
	if len(e.Text) != len(huge) || len(e.Evidence[0].Value) != len(huge) || len(e.Members) != 5000 {
		t.Error("encoding changed the event it was given")
	}
}

func TestAnEventThatCannotHaveASubjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*redundancy.Event){
		func(e *redundancy.Event) { e.Type = "component" },
		func(e *redundancy.Event) { e.Type = "component.failed.twice" },
		func(e *redundancy.Event) { e.Type = "component.>" },
		func(e *redundancy.Event) { e.Kind = "ra id" },
		func(e *redundancy.Event) { e.Kind = "" },
	} {
		it := event("log1", 1, "e")
		change(&it.Event)
		if _, err := Encode(testHost, it); !errors.Is(err, ErrToken) {
			t.Errorf("encode type %q kind %q = %v, want %v", it.Event.Type, it.Event.Kind, err, ErrToken)
		}
	}
	it := event("log1", 1, "e")
	it.Event.ID = ""
	if _, err := Encode(testHost, it); !errors.Is(err, ErrNotEvent) {
		t.Errorf("encode without id = %v, want %v", err, ErrNotEvent)
	}
}

func TestDecodeTakesFieldsOfALaterVersion(t *testing.T) {
	t.Parallel()
	b := mustEncode(t, event("log1", 1, "e1"))
	later := strings.Replace(string(b), `"kind":`, `"novelty":[1,2],"kind":`, 1)
	e, err := Decode([]byte(later))
	if err != nil || e.Data.Text != "e1" {
		t.Errorf("decode = %v, %v, want the event", e, err)
	}
}

func TestDecodeRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	good := string(mustEncode(t, event("log1", 1, "e1")))
	for _, bad := range []string{
		"", "null", "[]", `{"specversion":"1.0"}`,
		strings.Replace(good, `"specversion":"1.0"`, `"specversion":"0.3"`, 1),
		strings.Replace(good, "plimsoll.component", "other.component", 1),
		strings.Replace(good, ".v1", ".v2", 1),
		strings.Replace(good, "2026-01-02T", "2026-13-02T", 1),
		strings.Replace(good, `"warning"`, `"grave"`, 1),
	} {
		if _, err := Decode([]byte(bad)); !errors.Is(err, ErrNotEvent) {
			t.Errorf("decode %.60q = %v, want %v", bad, err, ErrNotEvent)
		}
	}
}

// FuzzDecode: whatever Decode takes can be sent on, and comes back the same.
func FuzzDecode(f *testing.F) {
	for _, it := range everyType(f) {
		f.Add(mustEncode(f, it))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		if err != nil {
			return
		}
		it := Item{Event: e.Event()}
		again, err := Encode(testHost, it)
		if err != nil {
			return
		}
		if len(again) > maxEncoded {
			t.Fatalf("encoded to %d bytes", len(again))
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatalf("decode what was encoded: %v", err)
		}
		if back.Data.Truncated {
			return
		}
		opts := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Millisecond)}
		if diff := cmp.Diff(it.Event, back.Event(), opts); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
