package link

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Port is the name of the virtio-serial port that carries the link.
const Port = "plimsoll.lab"

// The work that the guest's end knows.
const (
	// DoPing answers at once.
	DoPing = "ping"
	// DoRun runs Args[0] with /bin/sh -c.
	DoRun = "run"
	// DoHang suspends the root's device-mapper device for Args[0], a Go
	// duration; the reply comes when it is suspended.
	DoHang = "hang"
	// DoStop ends the work of the request with this ID; it has no reply of its own.
	DoStop = "stop"
)

// ErrLost says that the guest was reset or the link was closed before the
// reply came.
var ErrLost = errors.New("link to the guest lost")

// Request asks the guest for one piece of work.
type Request struct {
	ID      uint64        `json:"id"`
	Do      string        `json:"do"`
	Args    []string      `json:"args,omitempty"`
	Stdin   []byte        `json:"stdin,omitempty"`
	Timeout time.Duration `json:"timeout,omitempty"`
}

// Reply is what came of a Request. Problem is set when the work could not be
// started or was cut short by its timeout; Code is the exit code of a command
// that ran.
type Reply struct {
	ID      uint64 `json:"id"`
	Out     []byte `json:"out,omitempty"`
	Err     []byte `json:"err,omitempty"`
	Code    int    `json:"code"`
	Problem string `json:"problem,omitempty"`
}

// Client is the host's end. It is safe for use by many goroutines.
type Client struct {
	conn net.Conn
	done chan struct{}

	mu      sync.Mutex // guards what follows, and writes to conn
	next    uint64
	waiting map[uint64]chan Reply
	closed  bool
}

// NewClient serves the host's end of the link over conn until it is closed.
func NewClient(conn net.Conn) *Client {
	c := &Client{conn: conn, done: make(chan struct{}), waiting: make(map[uint64]chan Reply)}
	go c.read()
	return c
}

// Close ends the link and every call on it, and waits for the reader to end.
func (c *Client) Close() error {
	err := c.conn.Close()
	<-c.done
	return err
}

// Forget ends every waiting call with ErrLost; it is for after a reset, when
// the guest no longer knows of them.
func (c *Client) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, ch := range c.waiting {
		close(ch)
		delete(c.waiting, id)
	}
}

// Call sends the request and waits for its reply. If ctx ends first, the work
// in the guest is told to end too. Errors: ErrLost, the context's, or the
// connection's.
func (c *Client) Call(ctx context.Context, r Request) (Reply, error) {
	ch := make(chan Reply, 1)
	id, err := c.ask(r, ch)
	if err != nil {
		return Reply{}, err
	}
	select {
	case reply, ok := <-ch:
		if !ok {
			return Reply{}, ErrLost
		}
		return reply, nil
	case <-ctx.Done():
		return Reply{}, errors.Join(fmt.Errorf("%s in the guest: %w", r.Do, ctx.Err()), c.stop(id))
	}
}

// ask sends the request under an ID of its own; its reply will come on ch.
func (c *Client) ask(r Request, ch chan Reply) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, ErrLost
	}
	c.next++
	r.ID = c.next
	c.waiting[r.ID] = ch
	if err := c.send(r); err != nil {
		delete(c.waiting, r.ID)
		return 0, err
	}
	return r.ID, nil
}

// stop waits for the reply no longer and ends the work.
func (c *Client) stop(id uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waiting := c.waiting[id]; !waiting || c.closed {
		return nil
	}
	delete(c.waiting, id)
	return c.send(Request{ID: id, Do: DoStop})
}

// send is for holders of mu.
func (c *Client) send(r Request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	// The leading newline ends whatever a reset guest left half read.
	if _, err := c.conn.Write(append(append([]byte{'\n'}, line...), '\n')); err != nil {
		return fmt.Errorf("write to the guest: %w", err)
	}
	return nil
}

func (c *Client) read() {
	defer close(c.done)
	in := bufio.NewReader(c.conn)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var reply Reply
		if json.Unmarshal(line, &reply) != nil {
			continue // half a line, cut by a reset of the guest
		}
		c.mu.Lock()
		if ch, ok := c.waiting[reply.ID]; ok {
			ch <- reply
			delete(c.waiting, reply.ID)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.Forget()
}

// Serve is the guest's end: it reads requests from rw, does each in a
// goroutine of its own, and writes the replies. The context of work ends when
// the host tells it to stop. Serve returns when reading fails, io.EOF included,
// and does not wait for work that still runs: that may hang with the disk.
func Serve(ctx context.Context, rw io.ReadWriter, do func(context.Context, Request) Reply) error {
	w := work{rw: rw, stops: make(map[uint64]context.CancelFunc)}
	in := bufio.NewReader(rw)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return err
		}
		var r Request
		switch {
		case json.Unmarshal(line, &r) != nil:
		case r.Do == DoStop:
			w.stop(r.ID)
		default:
			ctx := w.begin(ctx, r.ID)
			go func() { w.end(r.ID, do(ctx, r)) }()
		}
	}
}

// work is what the guest is at.
type work struct {
	mu    sync.Mutex // guards what follows
	rw    io.ReadWriter
	stops map[uint64]context.CancelFunc // by request
}

func (w *work) begin(ctx context.Context, id uint64) context.Context {
	ctx, stop := context.WithCancel(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stops[id] = stop
	return ctx
}

func (w *work) stop(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if stop, working := w.stops[id]; working {
		stop()
	}
}

func (w *work) end(id uint64, reply Reply) {
	w.stop(id)
	reply.ID = id
	out, err := json.Marshal(reply)
	if err != nil {
		return // a Reply of strings and numbers always encodes
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.stops, id)
	// A failed write shows as a failed read in Serve.
	_, _ = w.rw.Write(append(append([]byte{'\n'}, out...), '\n'))
}
