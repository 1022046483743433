package fleet

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
)

func embedded(t *testing.T, dir string) *Embedded {
	t.Helper()
	e, err := StartEmbedded(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestTheEmbeddedServerTakesEventsAndKeepsThemOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := &memoryLog{id: "log1"}
	for life := range 2 {
		e := embedded(t, dir)
		cfg := DefaultConfig()
		cfg.URLs, cfg.User, cfg.Password, cfg.CreateStream = []string{e.URL()}, e.User(), e.Password(), true
		p, err := NewPublisher(cfg, testHost, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		p.Resume(log.id, log, nil)
		it := log.append("e")
		p.Offer(it)
		for rep := range p.Reports() {
			if rep.Cursor.Seq >= it.Seq {
				if rep.Cursor.StreamSeq != uint64(life+1) {
					t.Errorf("life %d: stream at %d, want %d", life, rep.Cursor.StreamSeq, life+1)
				}
				break
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheEmbeddedServerListensOnTheLoopbackAndAsksForItsPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := embedded(t, dir)
	u, err := url.Parse(e.URL())
	if err != nil || u.Hostname() != "127.0.0.1" || u.User != nil {
		t.Errorf("URL = %q, %v, want 127.0.0.1 and no password in it", e.URL(), err)
	}
	if _, err := nats.Connect(e.URL()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("connect without password = %v, want %v", err, nats.ErrAuthorization)
	}
	info, err := os.Stat(filepath.Join(dir, embeddedSecret))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: %v, %v, want mode 0600", info.Mode(), err)
	}
}

func TestAnEmbeddedServerThatCannotStartSaysWhatToDo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := StartEmbedded(t.Context(), file); err == nil {
		t.Error("started in a file")
	}
}
