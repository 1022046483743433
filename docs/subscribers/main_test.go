package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

// patience is for programs that start on a busy machine.
const patience = time.Minute

// stream starts a server with the stream, and answers with its address and a function that publishes the last event of xtest.Faulty,
// as the agent does. taken waits until the subscriber in Go has acknowledged n of them.
func stream(t *testing.T) (url string, publish func(), taken func(n uint64)) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		Username: "u", Password: "p",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server is not ready")
	}
	url = strings.Replace(s.ClientURL(), "nats://", "nats://u:p@", 1)
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	subjects := jetstream.StreamConfig{Name: "PLIMSOLL_EVENTS", Subjects: []string{"plimsoll.v1.*.*.event.>"}}
	if _, err := js.CreateStream(t.Context(), subjects); err != nil {
		t.Fatal(err)
	}
	v := xtest.Faulty()
	e := v.Recent[len(v.Recent)-1]
	e.Notify = "now"
	data, err := fleet.Encode(v.Host, fleet.Item{Event: e})
	if err != nil {
		t.Fatal(err)
	}
	publish = func() {
		m := &nats.Msg{Subject: "plimsoll.v1.default.db1.event.raid.redundancy.lost", Data: data, Header: nats.Header{"Plimsoll-Id": {e.ID}}}
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	taken = func(n uint64) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for c, err := js.Consumer(t.Context(), "PLIMSOLL_EVENTS", "pager"); ; <-tick.C {
			if err != nil {
				t.Fatal(err)
			}
			if info, err := c.Info(t.Context()); err != nil || info.AckFloor.Stream >= n {
				return // or the test fails by what it then reads
			}
		}
	}
	return url, publish, taken
}

const (
	overNATS   = "2026-01-02T02:54:05Z critical /plimsoll/default/db1 md0 has lost its redundancy: the next failure is an outage"
	overSocket = "2026-01-02T02:54:05Z critical md0 has lost its redundancy: the next failure is an outage"
)

func TestSubscriberInGoPrintsEachEventOnceOverRestarts(t *testing.T) {
	t.Parallel()
	url, publish, taken := stream(t)
	for life := range uint64(2) {
		publish()
		ctx, stop := context.WithTimeout(t.Context(), patience)
		r, w := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			err := subscribe(ctx, url, w)
			_ = w.Close()
			ended <- err
		}()
		lines := bufio.NewScanner(r)
		if !lines.Scan() || lines.Text() != overNATS {
			t.Errorf("life %d: got %q", life, lines.Text())
		}
		publish()
		if !lines.Scan() || lines.Text() != overNATS {
			t.Errorf("life %d: got %q", life, lines.Text())
		}
		taken(2 * (life + 1))
		stop()
		for lines.Scan() {
			t.Errorf("life %d: once more: %q", life, lines.Text())
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("life %d: %v", life, err)
		}
	}
}

// run starts a program that subscribes, and answers with its lines.
func run(t *testing.T, ready func(stderr *bufio.Scanner), name string, args ...string) *bufio.Scanner {
	t.Helper()
	for _, needed := range []string{name, "curl", "jq"} {
		if _, err := exec.LookPath(needed); err != nil && (needed == name || strings.HasSuffix(args[0], ".sh")) {
			t.Skipf("%s: %v", args[0], err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	cmd := exec.CommandContext(ctx, name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
		_ = errs.Close()
	})
	ready(bufio.NewScanner(errs))
	return bufio.NewScanner(out)
}

func TestSubscriberInPythonPrintsWhatComes(t *testing.T) {
	t.Parallel()
	url, publish, _ := stream(t)
	lines := run(t, func(said *bufio.Scanner) {
		if !said.Scan() || said.Text() != "listening" {
			t.Errorf("it says %q", said.Text())
		}
	}, "python3", "subscribe.py", url)
	publish()
	if !lines.Scan() || lines.Text() != overNATS {
		t.Errorf("got %q", lines.Text())
	}
}

func TestSubscriberInTheShellPrintsWhatTheAgentTells(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.Recent[1].Notify = "now"
	_, socket := apitest.Serve(t, v, xtest.At)
	lines := run(t, func(*bufio.Scanner) {}, "bash", "subscribe.sh", socket)
	if !lines.Scan() || lines.Text() != overSocket {
		t.Errorf("got %q", lines.Text())
	}
}

func TestWhatIsNoEventIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	if take([]byte("{"), io.Discard) == nil {
		t.Error("it was taken")
	}
}
