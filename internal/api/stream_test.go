package api

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// boardAgent is an agent without a trace.
type boardAgent struct {
	Agent
	board Board
}

func (a *boardAgent) View() *view.View         { return a.board.View() }
func (a *boardAgent) Changed() <-chan struct{} { return a.board.Changed() }

func TestFollowerThatDoesNotReadIsCut(t *testing.T) {
	t.Parallel()
	agent := &boardAgent{}
	v := xtest.Quiet()
	for i := range 10000 { // more than a socket's buffers hold
		v.Recent = append(v.Recent, redundancy.Event{ID: fmt.Sprint(i), Text: strings.Repeat("x", 1000)})
	}
	agent.board.Post(v)
	p := pages{agent: agent, now: xtest.At, take: 50 * time.Millisecond}
	ended := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		p.events(w, r)
	}))
	defer srv.Close()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "GET /events?follow HTTP/1.1\r\nHost: plimsoll\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("a client that reads nothing is still served")
	}
}

func TestPostNeverWaitsForReaders(t *testing.T) {
	t.Parallel()
	var b Board
	waiting := b.Changed()
	for range 1000 {
		b.Post(xtest.Quiet())
	}
	select {
	case <-waiting:
	default:
		t.Error("a reader was not told of the change")
	}
	select {
	case <-b.Changed():
		t.Error("a reader is told of a change that it has seen")
	default:
	}
}
