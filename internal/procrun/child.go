package procrun

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// parting is how long a child that was told to end may take before it is killed.
	parting = 5 * time.Second
	// greetingBytes bounds the first line of a child.
	greetingBytes = 4096
	// lastWordsBytes is how much of the end of its standard error is kept for whoever asks why it ended.
	lastWordsBytes = 2048
)

// Child is a program that runs beside us until it is told to end. It is told by the end of its standard input, which comes
// too if we die: no child is left behind.
type Child struct {
	stop  context.CancelFunc
	first chan string // its first line; closed without one if it said nothing
	ended chan struct{}
	err   error // why it ended, once ended is closed
}

// Start starts the program at path with these arguments. It ends by itself, by Stop, or with ctx.
func Start(ctx context.Context, path string, args ...string) (*Child, error) {
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, path, args...)
	words := &tail{most: lastWordsBytes}
	cmd.Stderr = words
	in, err := cmd.StdinPipe()
	if err != nil {
		stop()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	cmd.Cancel, cmd.WaitDelay = in.Close, parting
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	c := &Child{stop: stop, first: make(chan string, 1), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		defer stop()
		c.listen(out)
		c.err = ending(path, cmd.Wait(), words)
	}()
	return c, nil
}

// listen takes the first line, and throws the rest away until the child closes its standard output.
func (c *Child) listen(out io.Reader) {
	defer close(c.first)
	lines := bufio.NewReaderSize(out, greetingBytes)
	if line, err := lines.ReadSlice('\n'); err == nil {
		c.first <- strings.TrimSpace(string(line))
	}
	_, _ = io.Copy(io.Discard, lines) // its end is what Wait reports
}

func ending(path string, err error, words *tail) error {
	if err == nil {
		return fmt.Errorf("run %s: it ended", path)
	}
	if last := words.String(); last != "" {
		return fmt.Errorf("run %s: %w: %s", path, err, last)
	}
	return fmt.Errorf("run %s: %w", path, err)
}

// FirstLine waits for the first line that the child writes to its standard output. The error says why there is none: it
// ended, it wrote more than a line, or ctx ended first.
func (c *Child) FirstLine(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line, ok := <-c.first:
		if ok {
			return line, nil
		}
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-c.ended:
		return "", c.err
	}
}

// Ended is closed once the child is no more.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Why is why it ended, an error in any case, with the end of what it wrote to its standard error. It is for after Ended.
func (c *Child) Why() error {
	select {
	case <-c.ended:
		return c.err
	default:
		return errors.New("internal error: the child still runs")
	}
}

// Stop tells the child to end and waits until it has. One that does not within seconds is killed.
func (c *Child) Stop() {
	c.stop()
	<-c.ended
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	most int
	buf  []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.most; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String is the end of it, without space around.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
