package effector

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"plimsoll/internal/priv"
)

// What becomes of a deed.
const (
	Began   = "began"
	Settled = "settled"
	Refused = "refused" // it came past its deadline
	Twice   = "twice"   // it has been done before
	Unknown = "unknown" // nobody has asked for it
)

// Request asks for a deed, or what has become of one.
type Request struct {
	Host  string `json:"host"`
	Nonce string `json:"nonce"`
	// Deadline is when it must not begin any more, by CLOCK_BOOTTIME; 0: nothing is to be done, only told.
	Deadline time.Duration `json:"deadline,omitempty"`
	Takes    time.Duration `json:"takes,omitempty"`
}

// Reply says what became of it, once it is over.
type Reply struct {
	Outcome string `json:"outcome"`
}

// Line is one line of the log.
type Line struct {
	At    time.Time `json:"at"`
	Host  string    `json:"host"`
	Nonce string    `json:"nonce"`
	What  string    `json:"what"`
}

// Effector does deeds.
type Effector struct {
	mu    sync.Mutex // guards what follows
	log   *os.File
	deeds map[string]*deed // by nonce
}

type deed struct {
	over    chan struct{} // closed when outcome is told
	outcome string
}

// Serve takes requests on the socket at path, each a line, until ctx ends, and appends to the log.
func Serve(ctx context.Context, path, log string) error {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // each line is written by one call
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	e := &Effector{log: f, deeds: map[string]*deed{}}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go e.serve(c)
	}
}

func (e *Effector) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		var r Request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return
		}
		outcome, err := e.answer(r)
		if err != nil {
			return
		}
		if err := json.NewEncoder(c).Encode(Reply{Outcome: outcome}); err != nil {
			return // who asked has been killed, and will ask again
		}
	}
}

// answer does a deed or tells of it, once it is over. A deed goes on whatever becomes of who asked.
func (e *Effector) answer(r Request) (string, error) {
	d, begun, err := e.begin(r)
	if err != nil || d == nil {
		return Unknown, err
	}
	if begun {
		go e.settle(r, d)
	}
	<-d.over
	return d.outcome, nil
}

// begin begins a deed that nobody has asked for, in time. It gives the deed, begun or not; nil: there is none.
func (e *Effector) begin(r Request) (d *deed, begun bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d, known := e.deeds[r.Nonce]
	switch {
	case known && r.Deadline != 0:
		return d, false, e.write(r, Twice)
	case known || r.Deadline == 0:
		return d, false, nil
	}
	d = &deed{over: make(chan struct{}), outcome: Settled}
	e.deeds[r.Nonce] = d
	now, err := priv.SinceBoot()
	if err != nil {
		return nil, false, err
	}
	if now > r.Deadline {
		d.outcome = Refused
		close(d.over)
		return d, false, e.write(r, Refused)
	}
	return d, true, e.write(r, Began)
}

func (e *Effector) settle(r Request, d *deed) {
	<-time.After(r.Takes)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.write(r, Settled); err != nil {
		return // nobody hears that it is over: the lab finds it open
	}
	close(d.over)
}

// write appends a line. The caller holds e.mu: lines are in the order in which things happened.
func (e *Effector) write(r Request, what string) error {
	text, err := json.Marshal(Line{At: time.Now(), Host: r.Host, Nonce: r.Nonce, What: what})
	if err == nil {
		_, err = e.log.Write(append(text, '\n'))
	}
	return err
}

// Ask asks the effector at the socket at path, and waits until it is over.
func Ask(ctx context.Context, path string, r Request) (outcome string, err error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer func() { _ = c.Close() }() // it is read to its end, or has failed already
	if err := json.NewEncoder(c).Encode(r); err != nil {
		return "", err
	}
	var reply Reply
	if err := json.NewDecoder(c).Decode(&reply); err != nil {
		return "", errors.Join(fmt.Errorf("ask for %s", r.Nonce), err)
	}
	return reply.Outcome, nil
}

// Read gives the lines of a log.
func Read(log string) ([]Line, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var out []Line
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return out, fmt.Errorf("read %s: %w", log, err)
		}
		out = append(out, l)
	}
	return out, nil
}
