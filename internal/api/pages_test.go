package api_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/api"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// follow opens a page that streams and returns its body, which is closed when the test ends.
func follow(tb testing.TB, socket, url string) io.Reader {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := unixClient(socket).Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s", url, resp.Status)
	}
	return resp.Body
}

func golden(tb testing.TB, path, got string) {
	tb.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestDocumentsAreTheGoldenOnes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view *view.View
		page string
	}{
		"status-faulty.json": {xtest.Faulty(), "/status"},
		"status-quiet.json":  {xtest.Quiet(), "/status"},
		"plan-quiet.json":    {xtest.Quiet(), "/plan"},
		"plan-willing.json":  {xtest.Willing(), "/plan"},
		"why-md0.json":       {xtest.Faulty(), "/why?id=md0"},
		"whatif-sda.json":    {xtest.Faulty(), "/whatif?lost=sda"},
		"events.jsonl":       {xtest.Faulty(), "/events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, socket := apitest.Serve(t, c.view, xtest.At)
			code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+c.page)
			if code != http.StatusOK {
				t.Errorf("got %d", code)
			}
			golden(t, "testdata/"+name, body)
		})
	}
}

func TestStatusDocumentReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := api.NewStatus(xtest.Faulty(), xtest.At())
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got api.Status
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPagesWaitForTheFirstStep(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, nil, xtest.At)
	for _, page := range []string{"/status", "/events", "/events?follow", "/why?id=x", "/whatif?lost=x", "/baseline", "/debug/snapshot"} {
		code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+page)
		if code != http.StatusServiceUnavailable || !strings.Contains(body, "first look") {
			t.Errorf("%s: %d %s", page, code, body)
		}
	}
}

func TestWrongQuestionsAreToldApart(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Faulty(), xtest.At)
	for page, want := range map[string]int{
		"/why": 400, "/why?id=nothing": 404, "/whatif": 400, "/whatif?lost=sda&lost=nothing": 404,
		"/events?since=yesterday": 400, "/nothing": 404,
		"/why?id=sda":     400, // its partitions are members of two groups
		"/why?id=eth1":    200,
		"/debug/trace":    200,
		"/debug/pprof/":   200,
		"/debug/snapshot": 200,
	} {
		if code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+page); code != want {
			t.Errorf("%s: got %d, want %d: %s", page, code, want, body)
		}
	}
}

// lines reads JSON lines.
type lines[T any] struct{ scan *bufio.Scanner }

func (l lines[T]) next(tb testing.TB) (doc T, more bool) {
	tb.Helper()
	if !l.scan.Scan() {
		return doc, false
	}
	if err := json.Unmarshal(l.scan.Bytes(), &doc); err != nil {
		tb.Fatal(err)
	}
	return doc, true
}

func streamOf[T any](tb testing.TB, socket, page string) lines[T] {
	tb.Helper()
	scan := bufio.NewScanner(follow(tb, socket, "http://plimsoll"+page))
	scan.Buffer(nil, 1<<20)
	return lines[T]{scan}
}

func events(ids ...string) []redundancy.Event {
	out := make([]redundancy.Event, len(ids))
	for i, id := range ids {
		out[i] = redundancy.Event{ID: id, Type: redundancy.RedundancyLost, Time: xtest.At()}
	}
	return out
}

func withEvents(ids ...string) *view.View {
	v := xtest.Quiet()
	v.Recent = events(ids...)
	return v
}

func TestFollowerGetsEveryEventOnceInOrder(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, withEvents("h/l/1", "h/l/2"), xtest.At)
	stream := streamOf[redundancy.Event](t, socket, "/events?follow")
	want := []string{"h/l/1", "h/l/2"}
	take := func() {
		t.Helper()
		for _, id := range want {
			if e, more := stream.next(t); !more || e.ID != id {
				t.Fatalf("got %q, want %q", e.ID, id)
			}
		}
	}
	take()
	agent.Post(withEvents("h/l/1", "h/l/2")) // a step without events
	agent.Post(withEvents("h/l/2", "h/l/3", "h/l/4"))
	agent.Post(withEvents("h/l/2", "h/l/3", "h/l/4", "h/l/5"))
	want = []string{"h/l/3", "h/l/4", "h/l/5"}
	take()
}

func TestFollowerOfAnAgentWithoutEventsGetsTheFirst(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, withEvents(), xtest.At)
	stream := streamOf[redundancy.Event](t, socket, "/events?follow")
	agent.Post(withEvents("h/l/1"))
	if e, more := stream.next(t); !more || e.ID != "h/l/1" {
		t.Errorf("got %q", e.ID)
	}
}

func TestFollowerThatHasMissedEventsIsCut(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, withEvents("h/l/1"), xtest.At)
	stream := streamOf[redundancy.Event](t, socket, "/events?follow")
	if e, _ := stream.next(t); e.ID != "h/l/1" {
		t.Fatalf("got %q", e.ID)
	}
	agent.Post(withEvents("h/l/8", "h/l/9"))
	if e, more := stream.next(t); more {
		t.Errorf("got %q after a gap, want the end", e.ID)
	}
}

func TestEventsSinceASequenceNumberOrATime(t *testing.T) {
	t.Parallel()
	v := withEvents("h/l/9", "h/l/10", "h/v/11")
	v.Recent[0].Time = xtest.At().AddDate(0, 0, -1)
	_, socket := apitest.Serve(t, v, xtest.At)
	for since, want := range map[string]int{"9": 2, "11": 0, "0": 3, "2026-01-02T00:00:00Z": 2, "2026-01-03T00:00:00%2B01:00": 0} {
		_, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll/events?since="+since)
		if got := strings.Count(body, "\n"); got != want {
			t.Errorf("since %s: %d events, want %d", since, got, want)
		}
	}
}

func TestStatusIsStreamedWhenItChanges(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	stream := streamOf[api.Status](t, socket, "/status?follow")
	if s, _ := stream.next(t); len(s.Groups) != 0 {
		t.Fatalf("got %d groups", len(s.Groups))
	}
	agent.Post(xtest.Healthy(1, 0))
	agent.Post(xtest.Faulty())
	for {
		s, more := stream.next(t)
		if !more {
			t.Fatal("the stream ended")
		}
		if len(s.Groups) == 4 {
			return
		}
	}
}

func TestTraceIsServed(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	if _, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll/debug/trace"); body != apitest.TraceText {
		t.Errorf("got %q", body)
	}
}

// torn is an agent whose trace breaks off.
type torn struct{ apitest.Agent }

func (*torn) Trace(w io.Writer) error {
	_, err := io.WriteString(w, "{\"state\":")
	if err != nil {
		return err
	}
	return io.ErrShortWrite
}

func TestTraceThatBreaksOffDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/s"
	agent := &torn{}
	agent.Post(xtest.Quiet())
	apitest.Run(t, agent, options(socket))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://plimsoll/debug/trace", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := unixClient(socket).Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got %q and no error", text)
	}
}
