package api

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
)

// Client asks the agent over its unix socket.
type Client struct {
	http http.Client
	path string
}

// lineBytes bounds one line of a stream: a status document of a host with thousands of components.
const lineBytes = 64 << 20

// NewClient is a client for the socket at path. It connects when it is asked something.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: answerTime}
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{path: path, http: http.Client{Transport: &http.Transport{DialContext: dial, ResponseHeaderTimeout: requestTime}}}
}

// UnreachableError is an agent that does not answer.
type UnreachableError struct {
	Socket string
	Cause  error
}

// Error names the socket and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("ask the agent at %s: %v", e.Socket, e.Cause)
}

// Unwrap is the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// AnswerError is a question that the agent answered with an error.
type AnswerError struct {
	Code    int // the HTTP status
	Problem Problem
}

// Error is the agent's own text.
func (e *AnswerError) Error() string { return e.Problem.Text }

// Hint is the agent's own advice.
func (e *AnswerError) Hint() string { return e.Problem.Advice }

// Raw answers with the body of a page, which the caller closes. Errors are *UnreachableError or *AnswerError.
func (c *Client) Raw(ctx context.Context, page string, query url.Values) (io.ReadCloser, error) {
	return c.send(ctx, http.MethodGet, page, query)
}

// Act is Raw for a page that does something.
func (c *Client) Act(ctx context.Context, page string, query url.Values) (io.ReadCloser, error) {
	return c.send(ctx, http.MethodPost, page, query)
}

func (c *Client) send(ctx context.Context, method, page string, query url.Values) (io.ReadCloser, error) {
	u := url.URL{Scheme: "http", Host: "plimsoll", Path: page, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", page, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }() // only read
	answered := &AnswerError{Code: resp.StatusCode}
	if json.NewDecoder(resp.Body).Decode(&answered.Problem) != nil {
		answered.Problem.Text = fmt.Sprintf("ask for %s: %s", page, resp.Status)
	}
	return nil, answered
}

func (c *Client) unreachable(err error) error {
	var op *net.OpError
	var asked *url.Error
	switch {
	case errors.As(err, &op):
		err = op.Err
	case errors.As(err, &asked):
		err = asked.Err
	}
	return &UnreachableError{Socket: c.path, Cause: err}
}

// Ask reads the document of a page into doc.
func (c *Client) Ask(ctx context.Context, page string, query url.Values, doc any) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	body, err := c.Raw(ctx, page, query)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read
	if err := json.NewDecoder(body).Decode(doc); err != nil {
		return c.unreachable(fmt.Errorf("read its answer: %w", err))
	}
	return nil
}

// Lines calls each for every line of a page that streams, until it returns an error, ctx ends or the agent ends the stream.
// The stream's end is io.ErrUnexpectedEOF if it was asked to follow.
func (c *Client) Lines(ctx context.Context, page string, query url.Values, each func(line []byte) error) error {
	return c.lines(ctx, http.MethodGet, page, query, each)
}

// Steps has a page do something and calls each for every step of that. The error of a step is an *AnswerError; a stream that
// ends before the action does is io.ErrUnexpectedEOF.
func (c *Client) Steps(ctx context.Context, page string, query url.Values, each func(Step) error) error {
	over := false
	err := c.lines(ctx, http.MethodPost, page, query, func(line []byte) error {
		var step struct {
			Step
			Problem
		}
		if err := json.Unmarshal(line, &step); err != nil {
			return c.unreachable(fmt.Errorf("read its answer: %w", err))
		}
		if step.Text != "" {
			return &AnswerError{Code: http.StatusServiceUnavailable, Problem: step.Problem}
		}
		over = step.Ended != nil
		return each(step.Step)
	})
	if err == nil && !over {
		return c.unreachable(io.ErrUnexpectedEOF)
	}
	return err
}

func (c *Client) lines(ctx context.Context, method, page string, query url.Values, each func(line []byte) error) error {
	body, err := c.send(ctx, method, page, query)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read
	scan := bufio.NewScanner(body)
	scan.Buffer(nil, lineBytes)
	for scan.Scan() {
		if err := each(scan.Bytes()); err != nil {
			return err
		}
	}
	switch err := scan.Err(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return c.unreachable(err)
	case query.Has("follow"):
		return c.unreachable(io.ErrUnexpectedEOF)
	}
	return nil
}
