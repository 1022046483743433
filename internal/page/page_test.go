package page_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll/internal/api"
	"plimsoll/internal/page"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves the page of an agent that has posted v, unless that is nil.
func serve(tb testing.TB, v *view.View, now func() time.Time) (board *api.Board, base string) {
	tb.Helper()
	board = &api.Board{}
	if v != nil {
		board.Post(v)
	}
	p, err := page.New(board, nil, now)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(p)
	tb.Cleanup(server.Close)
	return board, server.URL
}

func get(tb testing.TB, url string) (code int, header http.Header, body string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func TestPageSaysWhatTheAgentKnows(t *testing.T) {
	t.Parallel()
	_, base := serve(t, xtest.Willing(), xtest.At)
	_, _, got := get(t, base+"/")
	for what, want := range map[string]string{
		"the host's verdict":    "survives 0 more failures at best, and may be down already",
		"a margin":              `<span class="unseen">margin </span>0 of 1`,
		"a mark in words":       `<span class="unseen">does not work</span>`,
		"an activity":           "47.0 %",
		"what is pending":       "turns FullyRedundant in <time data-until",
		"a warning":             "sdb1 has failed and is still attached to md0",
		"evidence":              "<code>block/md0/md/dev-sda1/state</code>",
		"what was not read":     "permission denied",
		"what is held":          "raid.replace of md0 by rule predicted",
		"what is offered":       "plimsoll failback bond0",
		"what is under way":     "a look has to show what became of it",
		"a freeze":              "uid 0: new switch",
		"the daily cap":         "Daily cap",
		"a maintenance":         "md*, for another <time data-until",
		"a lone component":      "Enabled, health Warning (predicted)",
		"what is unprotected":   "nothing covers for disk sdz",
		"an event":              "md0 has lost its redundancy: the next failure is an outage",
		"a source's note":       "md127 is a container: see its member arrays",
		"where events go":       "Events go to NATS at tls://n1:4222.",
		"the page's own moment": `data-at="2026-01-02T03:04:05Z"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %q", what, want)
		}
	}
}

func TestWhatWantsAttentionStandsFirst(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i]
		g.Verdict.Status = []redundancy.Status{redundancy.NotRedundant, redundancy.Degraded, redundancy.Failed, redundancy.Lost}[i]
	}
	_, base := serve(t, v, xtest.At)
	_, _, got := get(t, base+"/")
	last := 0
	for _, name := range []string{"md1", "md2", "md0", "bond0"} {
		at := strings.Index(got, `aria-label="`+name+`"`)
		if at < last {
			t.Errorf("%s stands too early", name)
		}
		last = at
	}
}

func TestNamesFromTheKernelAreText(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script>`
	v := xtest.Faulty()
	v.Host.Name, v.Recent[0].Text, v.NATS.URL = evil, evil, evil
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i].Group
		g.Name, g.ID = evil, g.ID+redundancy.ID(evil)
		g.Members[0].Name = evil
		g.Evidence = []redundancy.Evidence{{Where: evil, Value: evil}}
	}
	_, base := serve(t, v, xtest.At)
	if _, _, got := get(t, base+"/"); strings.Contains(got, "<script>alert") {
		t.Error("a name has become a script")
	}
}

func TestBrowserIsToldToLoadAndSendNothingElse(t *testing.T) {
	t.Parallel()
	_, base := serve(t, xtest.Faulty(), xtest.At)
	for _, path := range []string{"/", "/page/page.css", "/page/page.js", "/page/mark.svg"} {
		code, header, body := get(t, base+path)
		if code != http.StatusOK || body == "" {
			t.Errorf("%s: %d, %d bytes", path, code, len(body))
		}
		policy := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "form-action 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: its type may be guessed", path)
		}
		for _, forbidden := range []string{" style=", "<style", "onclick=", "http://", "https://"} {
			if path == "/" && strings.Contains(body, forbidden) {
				t.Errorf("the page has %q", forbidden)
			}
		}
	}
}

func TestPageOfAnAgentThatKnowsNothingYetSaysSoAndAsksAgain(t *testing.T) {
	t.Parallel()
	_, base := serve(t, nil, xtest.At)
	code, _, body := get(t, base+"/")
	if code != http.StatusServiceUnavailable || !strings.Contains(body, "Nothing is known yet") || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Errorf("%d: %s", code, body)
	}
}

// message is what the stream sends.
type message struct {
	At     time.Time         `json:"at"`
	Now    time.Time         `json:"now"`
	Set    map[string]string `json:"set"`
	Groups []string          `json:"groups"`
	Said   []string          `json:"said"`
}

// follow opens the stream and returns what gives its next message.
func follow(tb testing.TB, base string) (next func() message) {
	tb.Helper()
	return followAt(tb, base+api.PathPageLive)
}

func followAt(tb testing.TB, url string) (next func() message) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		tb.Fatalf("type %s", kind)
	}
	lines := bufio.NewReader(resp.Body)
	return func() message {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				tb.Fatal(err)
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				var m message
				if err := json.Unmarshal([]byte(data), &m); err != nil {
					tb.Fatal(err)
				}
				return m
			}
		}
	}
}

func TestStreamSendsAllAtFirstAndThenWhatChanges(t *testing.T) {
	t.Parallel()
	start := time.Now()
	now := func() time.Time { return xtest.At().Add(time.Since(start)) }
	v := xtest.Faulty()
	board, base := serve(t, v, now)
	next := follow(t, base)
	first := next()
	if len(first.Set) != 9+len(v.Assessment.Groups) || len(first.Groups) != len(v.Assessment.Groups) || len(first.Said) != 0 {
		t.Errorf("first: %d blocks, %d groups, said %q", len(first.Set), len(first.Groups), first.Said)
	}
	same := *v
	same.At = v.At.Add(time.Minute)
	board.Post(&same)
	second := next()
	for second.At.Equal(first.At) { // a beat
		second = next()
	}
	if len(second.Set) != 0 || second.Groups != nil {
		t.Errorf("nothing has changed but the time, and it sends %v", second)
	}
	other := xtest.Faulty()
	other.At = same.At.Add(time.Minute)
	other.Assessment.Groups[1].Group.Warnings = nil
	other.Recent = append(other.Recent, redundancy.Event{ID: "h1/l1/19", Text: "md0 is better", Notify: redundancy.NotifyNow})
	board.Post(other)
	third := next()
	for third.At.Equal(second.At) {
		third = next()
	}
	id := "group-" + string(other.Assessment.Groups[1].Group.ID)
	if len(third.Set) != 2 || third.Set[id] == "" || third.Set["events"] == "" {
		t.Errorf("a group and the events have changed, and it sends %d blocks", len(third.Set))
	}
	if len(third.Said) != 1 || third.Said[0] != "md0 is better" {
		t.Errorf("said %q", third.Said)
	}
}

func TestStreamBeatsWhileNothingChanges(t *testing.T) {
	t.Parallel()
	_, base := serve(t, xtest.Quiet(), time.Now)
	next := follow(t, base)
	first, second := next(), next()
	if !second.Now.After(first.Now) || len(second.Set) != 0 {
		t.Errorf("the beat is %+v", second)
	}
}

func BenchmarkPageOfAHundredAndTwentyGroups(b *testing.B) {
	_, base := serve(b, xtest.Healthy(100, 20), xtest.At)
	for b.Loop() {
		get(b, base+"/")
	}
}
