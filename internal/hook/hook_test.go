package hook_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/hook"
)

// secret stands wherever a configuration could have one.
const secret = "s3cr3t"

// run runs h once, told of "all".
func run(t *testing.T, h hook.Hook) error {
	t.Helper()
	if h.Timeout == 0 {
		h.Timeout = time.Minute
	}
	if h.MaxOutput == 0 {
		h.MaxOutput = 64
	}
	o := hook.Operator{
		Hooks: map[string]hook.Hook{"page": h},
		Told:  func(actions.Action) ([]byte, error) { return []byte(`{"all":1}`), nil },
	}
	err := o.Do(t.Context(), actions.Action{ID: "host/log/7", Verb: actions.Hook, Hook: "page"})
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("a secret is told: %v", err)
	}
	return err
}

// want compares an error with a text; empty: none.
func want(t *testing.T, err error, text string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(text, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestProgramIsToldWhatItIsAbout(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "told")
	check := []string{"/bin/sh", "-c", `cat >"$1" && test "$2" = '$(id); a b'`, "sh", to, "$(id); a b"}
	want(t, run(t, hook.Hook{Argv: check}), "")
	if got, err := os.ReadFile(to); err != nil || string(got) != `{"all":1}` {
		t.Errorf("told %q, %v", got, err)
	}
}

func TestProgramsThatFailSaySoInTheirOwnWordsAndNotInTheConfigurations(t *testing.T) {
	t.Parallel()
	sh := func(text string) []string { return []string{"/bin/sh", "-c", text, secret} }
	for _, tt := range []struct {
		name string
		hook hook.Hook
		want string
	}{
		{"code", hook.Hook{Argv: sh("echo no > /dev/stdout; printf 'no\\033[1m such\\nhost' >&2; exit 3")}, "run hook page: it ended with code 3: no [1m such host"},
		{"signal", hook.Hook{Argv: sh("kill -9 $$")}, "run hook page: it was ended by a signal"},
		{"time", hook.Hook{Argv: sh("sleep 1000"), Timeout: 200 * time.Millisecond}, "run hook page: it took longer than it may"},
		{"words", hook.Hook{Argv: sh("echo 1234567890 >&2; exit 1"), MaxOutput: 4}, "run hook page: it ended with code 1: 890"},
		{"gone", hook.Hook{Argv: []string{"/nowhere/" + secret}}, "run hook page: the program could not be started: no such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := run(t, tt.hook)
			want(t, err, tt.want)
			if errors.Is(err, actions.ErrNotBegun) {
				t.Error("it counts as not begun, and would be tried again")
			}
		})
	}
}

func TestWhatWasNeverTriedCountsAsNotBegun(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	to := filepath.Join(t.TempDir(), "ran")
	hooks := map[string]hook.Hook{"page": {Argv: []string{"/usr/bin/touch", to}, Timeout: time.Minute}}
	told := func(actions.Action) ([]byte, error) { return nil, nil }
	mute := func(actions.Action) ([]byte, error) { return nil, errors.New("nothing is known of it") }
	for _, tt := range []struct {
		name, hook string
		ctx        context.Context
		told       func(actions.Action) ([]byte, error)
	}{
		{"no such hook", "other", t.Context(), told},
		{"nothing to tell", "page", t.Context(), mute},
		{"too late", "page", over, told},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := hook.Operator{Hooks: hooks, Told: tt.told}
			if err := o.Do(tt.ctx, actions.Action{Hook: tt.hook}); !errors.Is(err, actions.ErrNotBegun) {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Error("it ran")
			}
		})
	}
}

// server counts what it is asked, and answers as handle does.
func server(t *testing.T, handle http.HandlerFunc) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, _ := io.ReadAll(r.Body) // until then a server does not hear that its client is gone
		r.Body = io.NopCloser(bytes.NewReader(body))
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestWebAddressIsToldOnceWithItsAuthorization(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("Bearer "+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	url, _ := server(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- strings.Join([]string{
			r.Method, r.URL.Path, string(body), r.Header.Get("Authorization"), r.Header.Get(hook.ActionHeader), r.Header.Get("Content-Type"),
		}, "|")
	})
	want(t, run(t, hook.Hook{URL: url + "/hook", Authorization: file}), "")
	if diff := cmp.Diff(`POST|/hook|{"all":1}|Bearer `+secret+"|host/log/7|application/json", <-got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWebAddressesThatFailAreAskedOnceAndNotNamed(t *testing.T) {
	t.Parallel()
	elsewhere, strayed := server(t, func(http.ResponseWriter, *http.Request) {})
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		limit  time.Duration
		want   string
	}{
		{"no", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\x1b such\nkey", http.StatusForbidden) }, 0, "run hook page: it answered 403: no such key"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, 0, "run hook page: it answered 307"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "run hook page: EOF"},
		{"slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 300 * time.Millisecond, "run hook page: it took longer than it may"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat("x", 4096))
			}
		}, 0, "run hook page: it answered 502: " + strings.Repeat("x", 64)},
		{"busy", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 0, "run hook page: it answered 503"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, asked := server(t, tt.handle)
			want(t, run(t, hook.Hook{URL: url + "/" + secret + "?token=" + secret, Timeout: tt.limit}), tt.want)
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
	t.Cleanup(func() {
		if strayed.Load() > 0 {
			t.Error("a redirect was followed")
		}
	})
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was told") }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	err := run(t, hook.Hook{URL: s.URL + "/" + secret})
	if err == nil || !strings.HasPrefix(err.Error(), "run hook page: its certificate is not trusted: ") {
		t.Errorf("error %v", err)
	}
}

func TestNobodyThereAndNoAuthorizationAreFailures(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	want(t, run(t, hook.Hook{URL: gone.URL + "/" + secret}), "run hook page: dial: connect: connection refused")

	url, asked := server(t, func(http.ResponseWriter, *http.Request) {})
	want(t, run(t, hook.Hook{URL: url, Authorization: "/nowhere/" + secret}), "run hook page: its authorization_file cannot be used: no such file or directory")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("Bearer "+secret+"\nX: y"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, hook.Hook{URL: url, Authorization: file}), "run hook page: its authorization_file cannot be used: one line of text is wanted")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, hook.Hook{URL: url, Authorization: file}), "run hook page: its authorization_file cannot be used: readable by others")
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times without the authorization that is due", n)
	}
}
