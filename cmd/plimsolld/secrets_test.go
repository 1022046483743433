package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/api"
)

// welcoming is a server that greets as NATS does, answers pings, and does nothing else.
func welcoming(t *testing.T) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		fmt.Fprint(c, `INFO {"server_id":"s","version":"2.12.0","max_payload":1048576,"headers":true,"jetstream":true,"auth_required":true}`+"\r\n")
		for in := bufio.NewScanner(c); in.Scan(); {
			if in.Text() == "PING" {
				fmt.Fprint(c, "PONG\r\n")
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// raw is a page of the agent's, as it is.
func raw(ctx context.Context, t *testing.T, client *api.Client, page string) string {
	t.Helper()
	body, err := client.Raw(ctx, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	_ = body.Close()
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	return string(text)
}

func TestNoSecretIsInLogsStatusTraceOrMetrics(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]string{"password": "user:s3cret-word", "token": "s3cret-token"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("Bearer s3cret"), 0o600); err != nil {
				t.Fatal(err)
			}
			path := configFile(t, fmt.Sprintf(`listen: ''
log: {level: debug}
nats: {urls: ["nats://%s@%s"]}
hooks:
  page: {url: "https://pager.example/s3cret?key=s3cret", authorization_file: %s}
  call: {argv: [/usr/local/bin/call, s3cret-argument]}
policy:
- {name: page, do: hook, hook: page}`, user, welcoming(t), token))
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out, errs := newOutput(), newOutput()
			done := make(chan int, 1)
			go func() { done <- run(ctx, []string{"--config", path}, out, errs) }()
			client := api.NewClient(filepath.Join(filepath.Dir(path), "sock"))
			limit := time.After(time.Minute)
			for connected := false; !connected; {
				var s api.Status
				connected = client.Ask(ctx, api.PathStatus, nil, &s) == nil && s.Fleet.Connected
				select {
				case <-limit:
					t.Fatalf("it never says that it is connected:\n%s", errs)
				case code := <-done:
					t.Fatalf("it ended with %d:\n%s", code, errs)
				case <-time.After(10 * time.Millisecond):
				}
			}
			for _, page := range []string{
				api.PathStatus, api.PathPlan, api.PathEvents, api.PathBaseline, api.PathMetrics, api.PathTrace, api.PathSnapshot, api.PathAssessment,
			} {
				if text := raw(ctx, t, client, page); strings.Contains(text, "s3cret") {
					t.Errorf("%s:\n%s", page, text)
				}
			}
			stop()
			<-done
			if log := errs.String(); log == "" || strings.Contains(log, "s3cret") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}
