package embedded

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func start(t *testing.T, dir string, port int) *Server {
	t.Helper()
	s, err := Start(t.Context(), dir, port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestTheServerKeepsItsMessagesAndItsPlaceOverARestart(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), 0
	for life := range uint64(2) {
		s := start(t, dir, port)
		a := s.Access()
		u, err := url.Parse(a.URL)
		if err != nil {
			t.Fatal(err)
		}
		if port, err = strconv.Atoi(u.Port()); err != nil {
			t.Fatal(err)
		}
		nc, err := nats.Connect(a.URL, nats.UserInfo(a.User, a.Password))
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
			t.Fatal(err)
		}
		ack, err := js.Publish(t.Context(), "s", []byte("e"))
		if err != nil || ack.Sequence != life+1 {
			t.Errorf("life %d: stored as %+v, %v", life, ack, err)
		}
		nc.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheServerListensOnTheLoopbackAndAsksForItsPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := start(t, dir, 0).Access()
	u, err := url.Parse(a.URL)
	if err != nil || u.Hostname() != "127.0.0.1" || u.User != nil {
		t.Errorf("URL = %q, %v, want 127.0.0.1 and no password in it", a.URL, err)
	}
	if _, err := nats.Connect(a.URL); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("connect without password = %v, want %v", err, nats.ErrAuthorization)
	}
	info, err := os.Stat(filepath.Join(dir, secret))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: %v, %v, want mode 0600", info.Mode(), err)
	}
}

func TestAServerThatCannotStartSaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), file, 0); err == nil {
		t.Error("started in a file")
	}
}
