package metrics

import (
	"bytes"
	"flag"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// updating says whether the golden files are to be written anew: the flag is hosttest's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func handlerOf(v *view.View) http.Handler {
	return Handler(func() *view.View { return v }, xtest.At, Options{NodeExporter: true})
}

// reference hands the samples of a view to client_golang.
type reference struct{ view *view.View }

func (r reference) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range catalogue {
		ch <- prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
}

func (r reference) Collect(ch chan<- prometheus.Metric) {
	send := func(which int, value float64, labels ...string) {
		m := catalogue[which]
		kind := prometheus.GaugeValue
		if m.kind == counter {
			kind = prometheus.CounterValue
		}
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(m.name, m.help, m.labels, nil), kind, value, labels...)
	}
	samples(r.view, Options{NodeExporter: true}, send)
	ages(r.view, xtest.At(), send)
}

func TestASecondScrapeOfOneViewTellsNewAges(t *testing.T) {
	t.Parallel()
	at, v := xtest.At(), xtest.Faulty()
	newest := func() *view.View { return v }
	h := Handler(newest, func() time.Time { return at }, Options{})
	first := scrape(t, h)
	at = at.Add(time.Minute)
	second := scrape(t, h)
	if first == second {
		t.Error("a minute later looks are as old as before")
	}
	v = xtest.Quiet()
	if diff := cmp.Diff(scrape(t, Handler(newest, func() time.Time { return at }, Options{})), scrape(t, h)); diff != "" {
		t.Errorf("another view (-new handler +old handler):\n%s", diff)
	}
}

// referred are views, one of them with an odd name in it, each with client_golang's registry of the same samples.
func referred() iter.Seq2[*view.View, *prometheus.Registry] {
	odd := xtest.Faulty()
	odd.Assessment.Groups[0].Group.Name = "a\\b\"c\nd"
	return func(yield func(*view.View, *prometheus.Registry) bool) {
		for _, v := range []*view.View{xtest.Faulty(), xtest.Quiet(), odd} {
			registry := prometheus.NewPedanticRegistry()
			registry.MustRegister(reference{v})
			if !yield(v, registry) {
				return
			}
		}
	}
}

func TestTextIsWhatClientGolangWrites(t *testing.T) {
	t.Parallel()
	for v, registry := range referred() {
		want := sortedLines(scrape(t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
		if diff := cmp.Diff(want, sortedLines(scrape(t, handlerOf(v)))); diff != "" {
			t.Errorf("exposition (-client_golang +ours):\n%s", diff)
		}
	}
}

func TestOpenMetricsIsWhatClientGolangWrites(t *testing.T) {
	t.Parallel()
	for v, registry := range referred() {
		want := openScrape(t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
		got := openScrape(t, handlerOf(v))
		if diff := cmp.Diff(sortedLines(want), sortedLines(got)); diff != "" {
			t.Errorf("exposition (-client_golang +ours):\n%s", diff)
		}
		if !strings.HasSuffix(got, "\n# EOF\n") {
			t.Error("its end is not said at its end")
		}
	}
	if got := openScrape(t, handlerOf(nil)); got != "# EOF\n" {
		t.Errorf("before the first step: %q", got)
	}
}

// openScrape scrapes as Prometheus 3 does.
func openScrape(t *testing.T, h http.Handler) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8") {
		t.Fatalf("scrape: %d, %s", w.Code, kind)
	}
	return w.Body.String()
}

func sortedLines(text string) []string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

func TestSamplesOfAMetricStandTogetherUnderTheirType(t *testing.T) {
	t.Parallel()
	name := ""
	for line := range strings.Lines(scrape(t, handlerOf(xtest.Faulty()))) {
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '{' })
		if fields[0] == "#" {
			name = fields[2]
		} else if fields[0] != name {
			t.Errorf("%s stands under %s", fields[0], name)
		}
	}
}

func scrape(tb testing.TB, h http.Handler) string {
	tb.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		tb.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestScrapesAreTheGoldenExpositions(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]*view.View{"faulty": xtest.Faulty(), "willing": acting(xtest.Willing())} {
		got := scrape(t, handlerOf(v))
		got = strings.Replace(got, goVersion(got), "go1", 1)
		golden := "testdata/" + name + ".prom"
		if updating() {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("exposition of the %s host (-want +got):\n%s", name, diff)
		}
	}
}

// acting is v without what does not act: the rest is in the other exposition.
func acting(v *view.View) *view.View {
	v.Assessment, v.Looks, v.Events, v.Recent = redundancy.Assessment{}, nil, nil, nil
	return v
}

func TestActionsAreCountedFromZeroWhereTheyCanBeAndNotAtAllWhereTheyCannot(t *testing.T) {
	t.Parallel()
	got := scrape(t, handlerOf(xtest.Willing()))
	for _, verb := range actions.Doable() {
		for _, phase := range []string{"intended", "started", "done", "failed", "abandoned", actions.InDoubt, actions.Stuck} {
			if !strings.Contains(got, fmt.Sprintf("plimsoll_actions_total{phase=%q,verb=%q} ", phase, verb)) {
				t.Errorf("%s %s is not counted", verb, phase)
			}
		}
	}
	if got = scrape(t, handlerOf(xtest.Faulty())); strings.Contains(got, "plimsoll_actions_total{") {
		t.Error("actions are counted in mode observe, where there are none")
	}
	if strings.Contains(got, "plimsoll_maintenance_end_timestamp_seconds{") {
		t.Error("a maintenance ends that there is not")
	}
}

func goVersion(text string) string {
	_, rest, _ := strings.Cut(text, `goversion="`)
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

func TestMetricsPassPromlint(t *testing.T) {
	t.Parallel()
	for _, v := range []*view.View{xtest.Faulty(), xtest.Quiet(), xtest.Willing()} {
		problems, err := promlint.New(strings.NewReader(scrape(t, handlerOf(v)))).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestNothingIsServedBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	if got := scrape(t, handlerOf(nil)); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	t.Parallel()
	v := xtest.Quiet()
	v.NATS = view.NATS{}
	v.Assessment.Sources[0].At = time.Time{}
	v.Looks[0].OK = 0
	got := scrape(t, handlerOf(v))
	for _, absent := range []string{
		"plimsoll_host_margin", "plimsoll_host_status", "plimsoll_nats_connected", "plimsoll_group_",
		`plimsoll_look_age_seconds{source="bond"}`, `plimsoll_look_duration_seconds{source="bond"}`,
	} {
		if strings.Contains(got, absent) {
			t.Errorf("%s is served, and nobody knows it", absent)
		}
	}
	got = scrape(t, handlerOf(xtest.Faulty()))
	if strings.Contains(got, `plimsoll_group_serving{group="raid:a0b1c2d3:00000000:00000000:00000002"`) {
		t.Error("serving is told of an array that can't be read")
	}
}

func TestOddNamesFromTheKernelDoNotCostTheScrape(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.Assessment.Groups[0].Group.Name = "bond\xff\n\"0"
	got := scrape(t, handlerOf(v))
	if want := "name=\"bond\uFFFD\\n\\\"0\""; !strings.Contains(got, want) {
		t.Errorf("no %s in the exposition", want)
	}
}

func TestScrapesAndNewViewsDoNotDisturbOneAnother(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	newest := xtest.Healthy(1, 1)
	h := Handler(func() *view.View {
		mu.Lock()
		defer mu.Unlock()
		return newest
	}, xtest.At, Options{})
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 25 {
				v := xtest.Healthy(i%3, n)
				mu.Lock()
				newest = v
				mu.Unlock()
			}
		})
		wg.Go(func() {
			for range 25 {
				if got := scrape(t, h); !strings.Contains(got, "plimsoll_build_info") {
					t.Error("a scrape lacks the build info")
				}
			}
		})
	}
	wg.Wait()
}

func TestEveryMetricIsInTheDocumentAndNoOther(t *testing.T) {
	t.Parallel()
	const path = "../../docs/metrics.md"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics: written by go test -update -->\n", "<!-- end of metrics -->\n"
	before, rest, ok := bytes.Cut(doc, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		t.Fatalf("%s lacks the lines %q and %q", path, begin, end)
	}
	want := slices.Concat(before, []byte(begin), []byte(table()), []byte(end), after)
	if updating() {
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(doc)); diff != "" {
		t.Errorf("%s is not up to date; run go test -update (-want +got):\n%s", path, diff)
	}
}

// table is the catalogue as Markdown.
func table() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | what it says |\n|---|---|---|---|\n")
	for _, m := range catalogue {
		labels := "–"
		if len(m.labels) > 0 {
			labels = "`" + strings.Join(m.labels, "`, `") + "`"
		}
		b.WriteString("| `" + m.name + "` | " + string(m.kind) + " | " + labels + " | " + m.help + " |\n")
	}
	return b.String()
}

func TestEveryEventTypeIsCountedFromZero(t *testing.T) {
	t.Parallel()
	got := scrape(t, handlerOf(xtest.Quiet()))
	for _, typ := range redundancy.EventTypes() {
		if want := `plimsoll_events_total{type="` + typ + `"} 0`; strings.Contains(got, want) == redundancy.OfFleet(typ) { // which no host tells
			t.Errorf("%s: counted %v", want, !redundancy.OfFleet(typ))
		}
	}
}

func BenchmarkScrape(b *testing.B) {
	for _, host := range []struct {
		name          string
		arrays, bonds int
	}{{"4arrays2bonds", 4, 2}, {"64arrays8bonds", 64, 8}} {
		b.Run(host.name, func(b *testing.B) {
			h := handlerOf(xtest.Healthy(host.arrays, host.bonds))
			b.ReportAllocs()
			for b.Loop() {
				scrape(b, h)
			}
		})
	}
}
