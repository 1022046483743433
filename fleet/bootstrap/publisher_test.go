package bootstrap_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// patience bounds every wait.
const patience = time.Minute

func TestAHostsEventsReachTheStreamThroughItsAccount(t *testing.T) {
	t.Parallel()
	f := xtest.Three(t)
	const n = 20
	for range 2 { // the second goes on where the first ended, which takes reading back
		publish(t, f, "db1.example.org", n)
	}
	publish(t, f, "db2.example.org", n)

	got := map[string]int{}
	for _, subject := range subjects(t, f) {
		got[subject]++
	}
	want := map[string]int{
		"plimsoll.v1.test.db1_example_org.event.raid.component.failed": 2 * n,
		"plimsoll.v1.test.db2_example_org.event.raid.component.failed": n,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the stream's subjects (-want +got):\n%s", diff)
	}
}

func TestTheEventsOfAHostAtAnotherSiteAreStoredOnce(t *testing.T) {
	t.Parallel()
	hub, far := xtest.Sites(t)
	const n = 20
	for range 2 { // the second reads back through the gateway where the first ended
		publish(t, far, "db1.example.org", n)
	}
	if got := len(subjects(t, hub)); got != 2*n {
		t.Errorf("the stream holds %d events, want %d", got, 2*n)
	}
}

// publish runs a host's publisher with the host's own credentials until the stream has n events more.
func publish(t *testing.T, f *xtest.Fleet, host string, n int) {
	t.Helper()
	token := map[string]string{"db1.example.org": "db1_example_org", "db2.example.org": "db2_example_org"}[host]
	cfg := fleet.DefaultConfig()
	cfg.URLs, cfg.Credentials = f.URLs(), f.Credentials(bootstrap.Host, token)
	p, err := fleet.NewPublisher(cfg, view.Host{ID: token, Name: host, Fleet: xtest.Name}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Errorf("run publisher: %v", err)
		}
	})
	start := time.Now()
	for i := range n {
		p.Offer(fleet.Item{Volatile: fmt.Sprintf("%s/v%d/%d", token, start.UnixNano(), i), Event: redundancy.Event{
			ID: fmt.Sprintf("%s/l/%d", token, i), Type: redundancy.ComponentFailed, Time: start, Subject: "raid:u/slot0",
			Kind: redundancy.KindRAID, Group: "raid:u", Name: "md0", GroupType: redundancy.NPlusM, Severity: redundancy.SeverityWarning,
			Notify: redundancy.NotifyNow,
		}})
	}
	deadline := time.After(patience)
	var last fleet.Report
	for last.Sent < uint64(n) {
		select {
		case last = <-p.Reports():
		case <-deadline:
			t.Fatalf("%s: not sent in time: %+v", host, last)
		}
	}
}

// subjects are those of the messages in the stream, in order.
func subjects(t *testing.T, f *xtest.Fleet) []string {
	t.Helper()
	js, err := jetstream.New(f.Connect(bootstrap.Admin, "admin"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), bootstrap.Stream)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m.Subject)
	}
	return out
}
