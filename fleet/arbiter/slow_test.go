package arbiter_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap/xtest"
)

func TestAnArbiterThatIsNotGivenTheInventorySaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := arbiter.Config{Fleet: xtest.Name, Name: "arb1", NATS: fleet.DefaultConfig()}
		cfg.NATS.URLs = []string{"nats://nobody.example"}
		a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		read, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- a.UntilRead(read, nil) }()
		time.Sleep(cfg.NATS.Timeout - time.Millisecond)
		synctest.Wait()
		select {
		case r := <-a.Reports():
			t.Fatalf("told %v before its time", r.Problem)
		default:
		}
		time.Sleep(2 * time.Millisecond)
		r := <-a.Reports()
		if h, hints := errors.AsType[*fleet.HintError](r.Problem); r.Serving || !hints || h.Todo == "" || !strings.Contains(h.Error(), "inventory") {
			t.Errorf("told serving %v, problem %v", r.Serving, r.Problem)
		}
		close(read)
		if err := <-ended; err != nil {
			t.Errorf("the inventory was read in the end, and it ended with %v", err)
		}
	})
}
