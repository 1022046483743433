package api_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll/internal/api"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(socket string) api.Options {
	return api.Options{
		Socket: socket, Log: slog.New(slog.DiscardHandler), Now: xtest.At,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics\n") }),
	}
}

// unixClient is a client that does not keep connections, so that nothing outlives a test.
func unixClient(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}
}

func fetch(tb testing.TB, c *http.Client, method, url string) (code int, body string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestSocketIsForOwnerAndGroupOnly(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, nil, xtest.At)
	info, err := os.Stat(socket)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode(), fs.ModeSocket|0o660; got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
}

func TestSocketThatNobodyAnswersOnIsReplaced(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil { // as kill -9 leaves it
		t.Fatal(err)
	}
	agent := &apitest.Agent{}
	agent.Post(xtest.Quiet())
	apitest.Run(t, agent, options(socket))
	if code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll/-/healthy"); code != http.StatusOK {
		t.Errorf("got %d %s", code, body)
	}
}

func TestSocketOfALivingAgentIsLeftAlone(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	if _, err := api.Listen(t.Context(), &apitest.Agent{}, options(socket)); !errors.Is(err, api.ErrInUse) {
		t.Errorf("got %v, want %v", err, api.ErrInUse)
	}
	if code, _ := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll/status"); code != http.StatusOK {
		t.Errorf("the first agent answers %d", code)
	}
}

func TestFileThatIsNoSocketIsNotRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := api.Listen(t.Context(), &apitest.Agent{}, options(path))
	if le, ok := errors.AsType[*api.ListenError](err); !ok || !strings.Contains(le.Hint(), "remove the file") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

func TestListenErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := api.Listen(t.Context(), &apitest.Agent{}, options(filepath.Join(t.TempDir(), "no", "dir", "s")))
	var le *api.ListenError
	if !errors.As(err, &le) || !strings.Contains(le.Hint(), "create it") {
		t.Errorf("got %v", err)
	}
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options("")
	o.Listen = taken.Addr().String()
	if _, err = api.Listen(t.Context(), &apitest.Agent{}, o); !errors.As(err, &le) || !strings.Contains(le.Hint(), "another program") {
		t.Errorf("got %v", err)
	}
}

func TestStopRemovesTheSocketAndEndsStreams(t *testing.T) {
	t.Parallel()
	agent := &apitest.Agent{}
	agent.Post(xtest.Faulty())
	socket := filepath.Join(t.TempDir(), "s")
	s, err := api.Listen(t.Context(), agent, options(socket))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Serve(ctx); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	body := follow(t, socket, "http://plimsoll/events?follow")
	stop()
	wg.Wait()
	if _, err := io.Copy(io.Discard, body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Logf("the stream ended with %v", err) // it ended, which is what counts
	}
	if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestTCPShowsMetricsAndHealthAndNothingElse(t *testing.T) {
	t.Parallel()
	agent := &apitest.Agent{}
	agent.Post(xtest.Faulty())
	o := options("")
	o.Listen = "127.0.0.1:0"
	base := "http://" + apitest.Run(t, agent, o).Addr().String()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]int{
		"/metrics": 200, "/-/healthy": 200, "/-/ready": 200,
		"/status": 404, "/events": 404, "/why?id=md0": 404, "/whatif?lost=sda": 404, "/baseline": 404,
		"/debug/pprof/": 404, "/debug/assessment": 404, "/debug/snapshot": 404, "/debug/trace": 404, "/": 404,
	} {
		if code, _ := fetch(t, client, http.MethodGet, base+path); code != want {
			t.Errorf("%s: got %d, want %d", path, code, want)
		}
	}
}

func TestWebConfigFileAsksForAPassword(t *testing.T) {
	t.Parallel()
	const hash = "$2y$10$VuFcFKCQNTsAK8DHQg2fTOQEgkMoDk3wBNAQMaMSLZCcmU2/FUW1G" // not the hash of "wrong"
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte("basic_auth_users:\n  prometheus: "+hash+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := &apitest.Agent{}
	agent.Post(xtest.Quiet())
	o := options("")
	o.Listen, o.WebConfig = "127.0.0.1:0", file
	addr := apitest.Run(t, agent, o).Addr().String()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, user := range []string{"", "prometheus:wrong@"} {
		if code, _ := fetch(t, client, http.MethodGet, "http://"+user+addr+"/metrics"); code != http.StatusUnauthorized {
			t.Errorf("as %q: got %d, want %d", user, code, http.StatusUnauthorized)
		}
	}
}

func TestWrongWebConfigFileIsAnErrorAtStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte("tls_server_confg: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options("")
	o.Listen, o.WebConfig = "127.0.0.1:0", file
	if _, err := api.Listen(t.Context(), &apitest.Agent{}, o); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s", err, file)
	}
	o.WebConfig += ".gone"
	var le *api.ListenError
	_, err := api.Listen(t.Context(), &apitest.Agent{}, o)
	if !errors.As(err, &le) || !strings.Contains(le.Error(), o.WebConfig) || !strings.Contains(le.Hint(), "web-configuration") {
		t.Errorf("got %v, want an error that names %s and a hint about web configuration", err, o.WebConfig)
	}
}

func TestEveryPageIsReadOnly(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Faulty(), xtest.At)
	for _, path := range []string{"/status", "/events", "/baseline", "/debug/trace", "/metrics", "/-/ready"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			if code, _ := fetch(t, unixClient(socket), method, "http://plimsoll"+path); code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d, want %d", method, path, code, http.StatusMethodNotAllowed)
			}
		}
	}
}

func TestHeadersBeyondTheBoundAreRefused(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://plimsoll/status", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	resp, err := unixClient(socket).Do(req)
	if err != nil {
		return // the server has hung up, which refuses it as well
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestTooManyFollowersAreToldSoAndKeepNobodyElseOut(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Quiet(), xtest.At)
	for range 48 {
		follow(t, socket, "http://plimsoll/events?follow")
	}
	for page, want := range map[string]int{
		"/events?follow": http.StatusServiceUnavailable, "/status?follow": http.StatusServiceUnavailable,
		"/events": http.StatusOK, "/status": http.StatusOK,
	} {
		if code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+page); code != want {
			t.Errorf("%s: got %d, want %d: %s", page, code, want, body)
		}
	}
}

func TestReadyWaitsForTheFirstLookOfEverySource(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, nil, xtest.At)
	ready := func() int {
		code, _ := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll/-/ready")
		return code
	}
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("before the first step: %d", got)
	}
	v := xtest.Quiet()
	v.Snapshot.Sources[1].At = time.Time{}
	agent.Post(v)
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("before the second source has looked: %d", got)
	}
	v = xtest.Quiet()
	v.Snapshot.Sources[1].At, v.Snapshot.Sources[1].Failing = time.Time{}, "permission denied"
	agent.Post(v)
	if got := ready(); got != http.StatusOK {
		t.Errorf("when the second source has said why it can't look: %d", got)
	}
}
