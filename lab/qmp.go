package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
)

// QMP speaks to one QEMU process by the QEMU Machine Protocol
// (qemu.org/docs/master/interop/qmp-spec.html). It is safe for use by many
// goroutines.
type QMP struct {
	conn net.Conn
	done chan struct{}

	mu      sync.Mutex // guards what follows, and writes to conn
	next    uint64
	waiting map[uint64]chan qmpMessage
	events  map[chan QMPEvent]struct{}
}

// QMPEvent is something QEMU tells without being asked.
type QMPEvent struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// QMPError is QEMU's refusal of a command.
type QMPError struct {
	Class string `json:"class"`
	Desc  string `json:"desc"`
}

func (e *QMPError) Error() string { return e.Desc }

type qmpMessage struct {
	QMPEvent
	ID     uint64          `json:"id"`
	Return json.RawMessage `json:"return"`
	Error  *QMPError       `json:"error"`
}

// NewQMP takes over a connection to a QMP socket.
func NewQMP(ctx context.Context, conn net.Conn) (*QMP, error) {
	q := &QMP{conn: conn, done: make(chan struct{}), waiting: make(map[uint64]chan qmpMessage), events: make(map[chan QMPEvent]struct{})}
	go q.read()
	if err := q.Do(ctx, "qmp_capabilities", nil, nil); err != nil {
		_ = q.Close()
		return nil, err
	}
	return q, nil
}

// Close ends the connection and waits for the reader to end.
func (q *QMP) Close() error {
	err := q.conn.Close()
	<-q.done
	return err
}

// Do runs a command and decodes what it returns into result, unless that is
// nil. A refusal is a *QMPError.
func (q *QMP) Do(ctx context.Context, execute string, arguments, result any) error {
	ch := make(chan qmpMessage, 1)
	q.mu.Lock()
	q.next++
	id := q.next
	request := map[string]any{"execute": execute, "id": id}
	if arguments != nil {
		request["arguments"] = arguments
	}
	q.waiting[id] = ch
	err := json.NewEncoder(q.conn).Encode(request)
	q.mu.Unlock()
	if err != nil {
		return fmt.Errorf("qmp %s: %w", execute, err)
	}
	select {
	case m, ok := <-ch:
		switch {
		case !ok:
			return fmt.Errorf("qmp %s: %w", execute, net.ErrClosed)
		case m.Error != nil:
			return fmt.Errorf("qmp %s: %w", execute, m.Error)
		case result != nil:
			return json.Unmarshal(m.Return, result)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("qmp %s: %w", execute, ctx.Err())
	}
}

// Events subscribes to QEMU's events until stop is called. Events that find
// the channel full are dropped.
func (q *QMP) Events() (events <-chan QMPEvent, stop func()) {
	ch := make(chan QMPEvent, 64)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events[ch] = struct{}{}
	return ch, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.events, ch)
	}
}

func (q *QMP) read() {
	defer close(q.done)
	in := bufio.NewReader(q.conn)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var m qmpMessage
		if json.Unmarshal(line, &m) != nil {
			continue
		}
		q.mu.Lock()
		if m.Event != "" {
			for ch := range q.events {
				select {
				case ch <- m.QMPEvent:
				default:
				}
			}
		} else if ch, ok := q.waiting[m.ID]; ok {
			ch <- m
			delete(q.waiting, m.ID)
		}
		q.mu.Unlock()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for id, ch := range q.waiting {
		close(ch)
		delete(q.waiting, id)
	}
}
