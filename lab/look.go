package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"plimsoll/lab/script"
)

// How often an expectation is looked at again, and how much longer than asked
// an event may take to be seen: the reader polls.
const (
	lookEvery = 200 * time.Millisecond
	lateness  = 5 * time.Second
	// quiet is how long no further event may come once an exact count is
	// reached.
	quiet = 2 * time.Second
)

// until looks again and again until look returns nil, and returns its last
// error when the time is up.
func until(ctx context.Context, within time.Duration, look func(context.Context) error) error {
	end := time.Now().Add(within)
	for {
		err := look(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return fmt.Errorf("not within %v: %w", within, err)
		}
		if sleep(ctx, lookEvery) != nil {
			return err
		}
	}
}

// look runs one expectation.
func (s *session) look(ctx context.Context, st script.Statement) error {
	switch st := st.(type) {
	case script.ExpectEvent:
		return s.expectEvent(ctx, st)
	case script.ExpectNoEvent:
		return s.expectNoEvent(ctx, st)
	case script.ExpectGroup, script.ExpectCoverage, script.ExpectMember, script.ExpectWarning, script.ExpectEvidence, script.ExpectDelivered:
		return s.expectStatus(ctx, st)
	case script.ExpectWhatIf:
		return s.expectWhatIf(ctx, st)
	case script.ExpectMetric:
		return s.expectMetric(ctx, st)
	case script.ExpectPage:
		return s.expectPage(ctx, st)
	case script.ExpectAlert:
		return s.expectAlert(ctx, st)
	case script.WatchMetrics:
		if s.watch != nil {
			return errors.New("metrics are watched already")
		}
		s.watch = watchMetrics(ctx, s.scrape)
		return nil
	case script.ExpectMetricsAnswered:
		if s.watch == nil {
			return errors.New("watch metrics comes first")
		}
		w := s.watch
		s.watch = nil
		n, err := w.stop()
		s.out.line("  | %d scrapes, the longest %.2fs", n, w.longest.Seconds())
		return err
	case script.ExpectStream:
		events, err := s.nats.Read(ctx)
		if err != nil {
			return err
		}
		s.out.line("  | %d events, %d acknowledgements lost", len(events), s.proxy.Lost())
		return OnceAndInOrder(events)
	case script.ExpectFold:
		return until(ctx, st.Within, s.foldEqualsKernel)
	case script.ExpectReplay:
		return until(ctx, replayWithin, s.expectReplay)
	default:
		return fmt.Errorf("internal error: no meaning for %T", st)
	}
}

// since is the events after the mark.
func (s *session) since(ctx context.Context) ([]Event, error) {
	events, err := s.nats.Read(ctx)
	return events[min(s.mark, len(events)):], err
}

func (s *session) matching(ctx context.Context, want script.Event) (all, found []Event, err error) {
	all, err = s.since(ctx)
	for _, e := range all {
		if e.Matches(want, s.names) {
			found = append(found, e)
		}
	}
	return all, found, err
}

func (s *session) expectEvent(ctx context.Context, want script.ExpectEvent) error {
	within := want.Within
	if want.OfFault {
		within = time.Until(s.fault.Add(want.Within)) + lateness
	}
	var found []Event
	err := until(ctx, within, func(ctx context.Context) error {
		all, f, err := s.matching(ctx, want.Event)
		found = f
		switch {
		case len(f) == 0 || len(f) < want.Count:
			return errors.Join(fmt.Errorf("%d such events since the mark, of\n%s", len(f), list(all)), err)
		case want.Cites != "":
			return cites(all, f, want.Cites)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.out.line("  | %s", describe(found[0]))
	if want.OfFault {
		took := found[0].Stored.Sub(s.fault)
		s.out.line("  | in the stream %.2fs after the fault", took.Seconds())
		if took > want.Within {
			return fmt.Errorf("in the stream %v after the fault, more than %v", took.Round(time.Millisecond), want.Within)
		}
	}
	if want.Count == 0 {
		return nil
	}
	if err := sleep(ctx, quiet); err != nil {
		return err
	}
	_, found, err = s.matching(ctx, want.Event)
	if err != nil || len(found) != want.Count {
		return errors.Join(fmt.Errorf("%d such events since the mark, not %d:\n%s", len(found), want.Count, list(found)), err)
	}
	return nil
}

// cites checks that each of the events names as its cause an event of that
// type, anywhere earlier in what was read.
func cites(all, found []Event, cause string) error {
	types := make(map[string]string)
	for _, e := range all {
		types[e.ID] = e.Type
	}
	for _, e := range found {
		id, _ := e.At("cause")
		if ok, err := path.Match(cause, types[id]); err != nil || !ok {
			return fmt.Errorf("%s cites %q, of type %q, not %s; of\n%s", e.Type, id, types[id], cause, list(all))
		}
	}
	return nil
}

func (s *session) expectNoEvent(ctx context.Context, want script.ExpectNoEvent) error {
	if err := sleep(ctx, want.For); err != nil {
		return err
	}
	_, found, err := s.matching(ctx, want.Event)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%d such events since the mark:\n%s", len(found), list(found))
	}
	return err
}

// describe is an event in one line.
func describe(e Event) string {
	text, _ := e.At("text")
	cause, _ := e.At("cause")
	if cause != "" {
		cause = " (cause " + cause + ")"
	}
	return fmt.Sprintf("%d %s %s %s: %s%s", e.Seq, e.Time.Format("15:04:05.000"), e.Type, e.Subject, text, cause)
}

func list(events []Event) string {
	lines := make([]string, 0, len(events))
	for _, e := range events {
		lines = append(lines, "       "+describe(e))
	}
	if len(lines) == 0 {
		return "       none"
	}
	return strings.Join(lines, "\n")
}

// scrapeLimit is how long a scrape may take; it does no I/O, and the guest is
// slow.
const scrapeLimit = 2 * time.Second

// scrape reads /metrics from the host.
func (s *session) scrape(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.m.Metrics+"/metrics", nil)
	if err != nil {
		return "", err
	}
	resp, err := s.scraper.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("scrape: %s", resp.Status)
	}
	return string(b), err
}

func (s *session) expectMetric(ctx context.Context, want script.ExpectMetric) error {
	re, err := regexp.Compile("(?m)" + want.Pattern)
	if err != nil {
		return err
	}
	return until(ctx, want.Within, func(ctx context.Context) error {
		text, err := s.scrape(ctx)
		if err != nil {
			return err
		}
		if line := re.FindString(text); line != "" {
			s.out.line("  | %s", line)
			return nil
		}
		_ = os.WriteFile(filepath.Join(s.dir, "metrics.txt"), []byte(text), 0o644)
		return errors.New("no line of /metrics matches")
	})
}

// watch scrapes four times a second until it is stopped.
type watch struct {
	cancel context.CancelFunc
	done   chan struct{}
	// All of these are valid once done.
	n       int
	longest time.Duration
	errs    []error
}

func watchMetrics(ctx context.Context, scrape func(context.Context) (string, error)) *watch {
	ctx, cancel := context.WithCancel(ctx)
	w := &watch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for ; sleep(ctx, 250*time.Millisecond) == nil; w.n++ {
			began := time.Now()
			if _, err := scrape(ctx); err != nil && ctx.Err() == nil {
				w.errs = append(w.errs, fmt.Errorf("scrape at %s: %w", began.Format("15:04:05.000"), err))
			}
			w.longest = max(w.longest, time.Since(began))
		}
	}()
	return w
}

func (w *watch) stop() (int, error) {
	w.cancel()
	<-w.done
	if w.n == 0 {
		return 0, errors.New("no scrape was made")
	}
	return w.n, errors.Join(w.errs...)
}

// replayWithin is how long it may take until no event comes between the reading of the trace and that of the stream.
const replayWithin = time.Minute

// expectReplay lets the host's plimsoll replay the trace of the guest's agent
// and compares what comes out with the stream: the same events, by id and
// type, in the same order, over the part of the stream that the trace covers.
func (s *session) expectReplay(ctx context.Context) error {
	program, err := s.lab.hostProgram(ctx)
	if err != nil {
		return err
	}
	out, err := s.m.MustRun(ctx, "curl -sS --fail --unix-socket /run/plimsoll/plimsoll.sock http://plimsoll/debug/trace")
	if err != nil {
		return err
	}
	trace := filepath.Join(s.dir, "trace.jsonl")
	if err := os.WriteFile(trace, []byte(out.Out), 0o644); err != nil {
		return err
	}
	replayed, err := outputOf(ctx, program, "replay", "--json", trace)
	if err != nil {
		return err
	}
	var want, got []string
	dec := json.NewDecoder(strings.NewReader(replayed))
	for dec.More() {
		var e struct{ ID, Type string }
		if err := dec.Decode(&e); err != nil {
			return fmt.Errorf("read what replay printed: %w", err)
		}
		got = append(got, e.ID+" "+strings.TrimSuffix(strings.TrimPrefix(e.Type, "plimsoll."), ".v1"))
	}
	if len(got) == 0 {
		return errors.New("replay printed no event")
	}
	events, err := s.nats.Read(ctx)
	if err != nil {
		return err
	}
	host, _, _ := strings.Cut(got[0], "/")
	for _, e := range events {
		if strings.HasPrefix(e.ID, host+"/") { // a second guest tells its own between them
			want = append(want, e.ID+" "+e.Type)
		}
	}
	return compareReplay(got, want)
}
