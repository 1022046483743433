package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plimsoll/lab/bench"
)

// between lets a server that was just scraped come to rest.
const between = 20 * time.Millisecond

// scrape asks each of the servers n times, by turns, over one connection each as Prometheus does, and tells how long it took
// until the whole answer was there. It asks for no compression. The client is as lean as one can be, since what it costs
// itself is counted for both: no goroutine stands between it and the connection, and few reads take a whole answer.
func scrape(ctx context.Context, n int, servers []string, tell *json.Encoder) error {
	clients := make([]*client, len(servers))
	for i, server := range servers {
		c, err := dial(ctx, server)
		if err != nil {
			return err
		}
		defer c.close()
		clients[i] = c
	}
	for range n {
		for _, c := range clients {
			began := time.Now()
			size, err := c.fetch()
			if err != nil {
				return fmt.Errorf("scrape %s: %w", c.name, err)
			}
			if err := tell.Encode(bench.Scrape{Name: c.name, Took: time.Since(began), Bytes: size}); err != nil {
				return err
			}
			if err := pause(ctx, between); err != nil {
				return err
			}
		}
	}
	return nil
}

// client is a connection that is kept.
type client struct {
	name    string
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	rest    []byte // what is read is thrown away in this
}

// answerBytes holds a whole answer of either server.
const answerBytes = 64 << 10

// answerTime is how long one answer may take in emulation.
const answerTime = 30 * time.Second

func dial(ctx context.Context, server string) (*client, error) {
	name, address, ok := strings.Cut(server, "=")
	u, err := url.Parse(address)
	if !ok || err != nil {
		return nil, errUsage
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &client{
		name: name, conn: conn, in: bufio.NewReaderSize(conn, answerBytes), rest: make([]byte, answerBytes),
		request: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/plain;version=0.0.4\r\n\r\n", u.Path, u.Host),
	}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// fetch takes one answer and gives its size.
func (c *client) fetch() (int64, error) {
	if err := c.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return 0, errors.New(answer.Status)
	}
	var size int64
	for {
		n, err := answer.Body.Read(c.rest)
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}
