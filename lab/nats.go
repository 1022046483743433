package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streamName is where the agent's events go.
const streamName = "PLIMSOLL_EVENTS"

// ServeNATS runs a real nats-server with JetStream on a loopback port until
// ctx ends. It is a process of its own, `lab nats`, so that it can be killed.
func ServeNATS(ctx context.Context, port int, store string) error {
	s, err := server.NewServer(&server.Options{
		ServerName: "lab", Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: store,
		NoSigs: true, SyncAlways: true,
	})
	if err != nil {
		return fmt.Errorf("start nats-server: %w", err)
	}
	s.ConfigureLogger()
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// NATS is a nats-server on the host, of one script, and the script's own
// reader on its stream.
type NATS struct {
	dir    string
	port   int
	cmd    *exec.Cmd // nil while it is down
	conn   *nats.Conn
	events []Event
}

// StartNATS starts a server with an empty stream whose files are below dir.
func StartNATS(ctx context.Context, dir string) (*NATS, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	n := &NATS{dir: dir, port: port}
	if err := n.Up(ctx); err != nil {
		return nil, err
	}
	// The reader goes straight to the server: what the proxy does to the agent
	// must not blind the one who checks.
	n.conn, err = nats.Connect("nats://"+n.Addr(), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err == nil {
		err = n.stream(ctx, 2*time.Minute)
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("make stream %s: %w", streamName, err)
	}
	return n, nil
}

// Addr is the server's address on the host.
func (n *NATS) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// Up starts the server and waits until it listens.
func (n *NATS) Up(ctx context.Context) error {
	if n.cmd != nil {
		return errors.New("start nats-server: it runs already")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(n.dir, "nats.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// Its life is ended by Down, not by the context of the start.
	c := exec.CommandContext(context.WithoutCancel(ctx), self, "nats", "-port", strconv.Itoa(n.port), "-store", filepath.Join(n.dir, "jetstream"))
	c.Stdout, c.Stderr = log, log
	// Not left behind if the lab itself is killed.
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start nats-server: %w", err)
	}
	n.cmd = c
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var d net.Dialer
	for {
		conn, err := d.DialContext(ctx, "tcp", n.Addr())
		if err == nil {
			return conn.Close()
		}
		if sleep(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("start nats-server: %w", err)
		}
	}
}

// Down ends the server with a signal and waits for its end.
func (n *NATS) Down(sig os.Signal) error {
	if n.cmd == nil {
		return errors.New("stop nats-server: it does not run")
	}
	c := n.cmd
	n.cmd = nil
	if err := c.Process.Signal(sig); err != nil {
		return fmt.Errorf("stop nats-server: %w", err)
	}
	_ = c.Wait() // its exit code tells of the signal
	return nil
}

// Close ends the server and the reader.
func (n *NATS) Close() {
	if n.conn != nil {
		n.conn.Close()
	}
	if n.cmd != nil {
		_ = n.Down(os.Kill)
	}
}

// stream makes the agent's stream, or changes its de-duplication window.
func (n *NATS) stream(ctx context.Context, window time.Duration) error {
	return n.MakeStream(ctx, streamName, "plimsoll.v1.*.*.event.>", window)
}

// MakeStream makes a stream, or changes its de-duplication window.
func (n *NATS) MakeStream(ctx context.Context, name, subjects string, window time.Duration) error {
	js, err := jetstream.New(n.conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{subjects}, Storage: jetstream.FileStorage, Duplicates: window, AllowDirect: true,
	})
	return err
}

// Window sets the stream's de-duplication window.
func (n *NATS) Window(ctx context.Context, window time.Duration) error {
	if err := n.stream(ctx, window); err != nil {
		return fmt.Errorf("set the window of %s: %w", streamName, err)
	}
	return nil
}

// Read returns the whole raw stream, of which it remembers what it has read.
func (n *NATS) Read(ctx context.Context) ([]Event, error) {
	if n.cmd == nil {
		return n.events, errors.New("read the stream: nats-server is down")
	}
	js, err := jetstream.New(n.conn)
	if err != nil {
		return n.events, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	stream, err := js.Stream(ctx, streamName)
	if err != nil {
		return n.events, fmt.Errorf("read the stream: %w", err)
	}
	for seq := uint64(len(n.events)) + 1; seq <= stream.CachedInfo().State.LastSeq; seq++ {
		msg, err := stream.GetMsg(ctx, seq)
		if err != nil {
			return n.events, fmt.Errorf("read message %d of the stream: %w", seq, err)
		}
		e, err := ParseEvent(msg.Data)
		if err != nil {
			// Kept, so that one bad message fails the checks instead of hiding
			// all that follow.
			e = Event{Raw: msg.Data, ID: "not an event: " + err.Error(), Type: "not.event"}
		}
		e.Seq, e.Stored, e.Address = msg.Sequence, msg.Time, msg.Subject
		n.events = append(n.events, e)
	}
	return n.events, nil
}

// Dump writes the stream as read so far, one message a line.
func (n *NATS) Dump(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for _, e := range n.events {
		line := map[string]any{"seq": e.Seq, "stored": e.Stored, "address": e.Address, "event": json.RawMessage(e.Raw)}
		if !json.Valid(e.Raw) {
			line["event"] = string(e.Raw)
		}
		if err := enc.Encode(line); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}
