package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/page"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// arbiter knows the overview that was posted last.
type arbiter struct {
	mu      sync.Mutex
	is      view.Overview
	changed chan struct{}
}

func (a *arbiter) Overview() view.Overview {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.is
}

func (a *arbiter) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed
}

func (a *arbiter) post(o view.Overview) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.is = o
	close(a.changed)
	a.changed = make(chan struct{})
}

func serveFleet(tb testing.TB, o view.Overview, now func() time.Time) (a *arbiter, base string) {
	tb.Helper()
	a = &arbiter{is: o, changed: make(chan struct{})}
	p, err := page.New(&api.Board{}, a, now)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(p)
	tb.Cleanup(server.Close)
	return a, server.URL
}

func TestFleetPageSaysWhatTheArbiterKnows(t *testing.T) {
	t.Parallel()
	_, base := serveFleet(t, xtest.TroubledFleet(), xtest.At)
	_, _, got := get(t, base+api.PathFleet)
	for what, want := range map[string]string{
		"the worst host":           `</span> Failed</span><span class="weakest">, by h00017</span>`,
		"the count":                "23 hosts, 2 not heard, 1 retired",
		"a pool":                   `aria-label="Pool db0"`,
		"hosts of no pool":         `aria-label="In no pool"`,
		"a rack":                   "<h4>rack r1</h4>",
		"a margin":                 `<span class="unseen">margin </span>1 of 2`,
		"a silent host":            `absent <small>heard <time data-age`,
		"what it said last":        "margin was 2 of 2",
		"a host unheard":           "not heard yet",
		"a fault that is shared":   `power.failed under feed r0-a`,
		"who does not serve":       "does not serve",
		"a correlation found":      "6 of 10 hosts see it, incident 2",
		"one that is not":          `<span class="tag">too few</span> 1 of 2 hosts see it`,
		"a freeze":                 "pool web, by hand: a switch is being replaced, by alice. <code>plimsoll fleet thaw web</code>",
		"a ledger":                 `<th scope="row">db0 <small>r17</small></th><td>1 of 1</td>`,
		"leave":                    "service.restart web",
		"a holder that is silent":  "<code>plimsoll fleet clear h00013 --host-is-down</code>",
		"a decision":               "frozen a switch is being replaced, by alice",
		"an event":                 "feed r0-a: 6 of 10 hosts see power.failed",
		"who says so":              "Arbiter arb1, plimsolld 0.1.0, answers hosts and people",
		"a host without redundant": "h00020 <small>nothing redundant",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %q", what, want)
		}
	}
}

func TestHostsWithTheLeastMarginStandFirst(t *testing.T) {
	t.Parallel()
	_, base := serveFleet(t, xtest.TroubledFleet(), xtest.At)
	_, _, got := get(t, base+api.PathFleet)
	last := 0
	for _, sign := range []string{
		`id="pool-web"`, `class="name">h00017<`, `class="name">h00018<`, `> h00016 <`, `id="pool-db0"`, "rack r1<", `class="name">h00012<`,
		`class="name">h00013<`, "rack r0<", `class="name">h00000<`, `> h00006 <`, `id="pool-"`,
	} {
		at := strings.Index(got[last:], sign)
		if at < 0 {
			t.Fatalf("%s does not stand behind the one before", sign)
		}
		last += at
	}
}

func TestWhatOneHostSaysChangesItsPoolAlone(t *testing.T) {
	t.Parallel()
	start := time.Now()
	a, base := serveFleet(t, xtest.WellFleet(200), func() time.Time { return xtest.At().Add(time.Since(start)) })
	next := followAt(t, base+api.PathFleetLive)
	if first := next(); len(first.Set) != 10 || len(first.Groups) != 2 || len(first.Said) != 0 {
		t.Errorf("first: %d blocks, %d pools, said %q", len(first.Set), len(first.Groups), first.Said)
	}
	other := xtest.WellFleet(200)
	other.Hosts[150].Alive = &wire.Alive{Status: redundancy.Lost.String(), Margin: &wire.Margin{Full: 2}}
	a.post(other)
	m := next()
	for len(m.Set) == 0 { // a beat
		m = next()
	}
	if len(m.Set) != 3 || !strings.Contains(m.Set["pool-db1"], "h00150") || m.Set["fleet"] == "" || m.Set["census"] == "" {
		t.Errorf("one host has changed, and it sends %d blocks", len(m.Set))
	}
	if len(m.Groups) != 2 || m.Groups[0] != "pool-db1" {
		t.Errorf("the order is %q", m.Groups)
	}
	if len(m.Said) != 1 || m.Said[0] != "h00150: Lost" {
		t.Errorf("said %q", m.Said)
	}
}

func TestPageOfAVeryLargeFleetNamesWhatIsIllAndCountsTheRest(t *testing.T) {
	t.Parallel()
	const hosts = 10_000
	o := xtest.WellFleet(hosts)
	for i := range o.Hosts {
		o.Hosts[i].Pools = nil
	}
	o.Hosts[hosts-1].Alive = &wire.Alive{Status: redundancy.Lost.String(), Margin: &wire.Margin{Full: 2}}
	_, base := serveFleet(t, o, xtest.At)
	_, _, got := get(t, base+api.PathFleet)
	if !strings.Contains(got, "h09999") || !strings.Contains(got, "9999 FullyRedundant") || !strings.Contains(got, "more that are well") {
		t.Error("the one that is ill is not named, or the others are not counted")
	}
	if len(got) > 1<<20 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestArbiterThatHasNotJudgedYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, base := serveFleet(t, view.Overview{Fleet: "prod"}, xtest.At)
	if code, _, body := get(t, base+api.PathFleet); code != http.StatusServiceUnavailable || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Errorf("%d: %s", code, body)
	}
}

func TestHostThatIsNoArbiterHasNoPageOfTheFleet(t *testing.T) {
	t.Parallel()
	_, base := serve(t, xtest.Faulty(), xtest.At)
	if code, _, _ := get(t, base+api.PathFleet); code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
	if _, _, got := get(t, base+"/"); strings.Contains(got, `href="fleet"`) {
		t.Error("its page leads there")
	}
}

func BenchmarkPageOfTenThousandHosts(b *testing.B) {
	start := time.Now()
	_, base := serveFleet(b, xtest.WellFleet(10_000), func() time.Time { return xtest.At().Add(time.Since(start)) })
	for b.Loop() {
		get(b, base+api.PathFleet)
	}
}
