package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"plimsoll/lab/bench"
)

// agent is the agent, asked over its socket.
type agent struct {
	client http.Client
	after  time.Time // the newest step that was told
}

func newAgent() *agent {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", "/run/plimsoll/plimsoll.sock")
	}
	return &agent{client: http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// ask hands the answer's body to read.
func (a *agent) ask(ctx context.Context, path string, read func(*bufio.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://plimsoll"+path, nil)
	if err != nil {
		return err
	}
	answer, err := a.client.Do(request)
	if err != nil {
		return err
	}
	err = read(bufio.NewReader(answer.Body))
	if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("ask %s: %s", path, answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// shows waits until the agent shows these arrays with this status, and has nothing left to publish.
func (a *agent) shows(ctx context.Context, status string, mirrors []mirror) error {
	return until(ctx, "the agent shows "+status, func() error {
		var doc struct {
			Groups []struct{ Name, Status string }
			Outbox struct{ Pending int }
		}
		if err := a.ask(ctx, "/status", func(r *bufio.Reader) error { return json.NewDecoder(r).Decode(&doc) }); err != nil {
			return err
		}
		shown := map[string]string{}
		for _, g := range doc.Groups {
			shown[g.Name] = g.Status
		}
		for _, m := range mirrors {
			if shown[m.array] != status {
				return fmt.Errorf("%s is %q", m.array, shown[m.array])
			}
		}
		if doc.Outbox.Pending > 0 {
			return fmt.Errorf("%d events are not published", doc.Outbox.Pending)
		}
		return nil
	})
}

// steps tells what the agent's trace says of its steps since it was last asked: when it had looked, and when it knew what was
// durable and what was acknowledged.
func (a *agent) steps(ctx context.Context, tell *json.Encoder) error {
	return a.ask(ctx, "/debug/trace", func(r *bufio.Reader) error {
		lines := json.NewDecoder(r)
		for lines.More() {
			var line struct{ Step []bench.Input }
			if err := lines.Decode(&line); err != nil {
				return fmt.Errorf("read the trace: %w", err)
			}
			for _, in := range line.Step {
				if !in.At.After(a.after) || !in.Tells() {
					continue
				}
				if err := tell.Encode(bench.Line{Input: &in}); err != nil {
					return err
				}
			}
			if n := len(line.Step); n > 0 && line.Step[n-1].At.After(a.after) {
				a.after = line.Step[n-1].At
			}
		}
		return nil
	})
}
