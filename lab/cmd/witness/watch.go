package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"

	"plimsoll/lab/bench"
)

// degraded is one array's count of missing members, held open for poll.
type degraded struct {
	array string
	fd    int
}

// attend calls heard for every new value of md/degraded, with the moment at which poll returned, until ctx ends. It is a
// bare loop of poll, seek and read, as every manual shows it.
func attend(ctx context.Context, arrays []string, heard func(bench.Heard) error) error {
	attrs := make([]degraded, len(arrays))
	polls := make([]unix.PollFd, len(arrays))
	for i, array := range arrays {
		fd, err := unix.Open("/sys/block/"+array+"/md/degraded", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("watch %s: %w", array, err)
		}
		attrs[i], polls[i] = degraded{array, fd}, unix.PollFd{Fd: int32(fd), Events: unix.POLLPRI}
		if _, err := attrs[i].read(); err != nil { // what was announced before the first read is announced at once
			return err
		}
	}
	const patience = 1000 // milliseconds between two looks at ctx
	for ctx.Err() == nil {
		n, err := unix.Poll(polls, patience)
		at := time.Now()
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		for i := 0; n > 0 && i < len(polls); i++ {
			if polls[i].Revents == 0 {
				continue
			}
			value, err := attrs[i].read()
			if err == nil {
				err = heard(bench.Heard{Array: attrs[i].array, Value: value, At: at})
			}
			if err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (d degraded) read() (string, error) {
	var buf [16]byte
	n, err := unix.Pread(d.fd, buf[:], 0)
	if err != nil {
		return "", fmt.Errorf("read md/degraded of %s: %w", d.array, err)
	}
	return strings.TrimSpace(string(buf[:n])), nil
}

// watch tells of every new value.
func watch(ctx context.Context, arrays []string, tell *json.Encoder) error {
	return attend(ctx, arrays, func(h bench.Heard) error { return tell.Encode(h) })
}

// floor publishes every new value and tells of its acknowledgement: the least that any agent has to do.
func floor(ctx context.Context, url string, arrays []string, tell *json.Encoder) error {
	nc, err := nats.Connect(url, nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", url, err)
	}
	defer nc.Close()
	return attend(ctx, arrays, func(h bench.Heard) error {
		body := fmt.Sprintf("%-*s", bench.FloorBytes, h.Array+" "+h.Value)
		answer, err := nc.RequestWithContext(ctx, bench.FloorSubject+"."+h.Array, []byte(body))
		h.At = time.Now()
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		var ack struct{ Seq uint64 }
		if err := json.Unmarshal(answer.Data, &ack); err != nil || ack.Seq == 0 {
			return fmt.Errorf("publish: answered %s", answer.Data)
		}
		return tell.Encode(h)
	})
}

// alerts tells of every line that comes through a FIFO.
func alerts(ctx context.Context, path string, tell *json.Encoder) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // for writing too, so that it has no end
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = f.Close() })()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		at := time.Now()
		event, device, _ := strings.Cut(lines.Text(), " ")
		device, _, _ = strings.Cut(device, " ")
		if err := tell.Encode(bench.Heard{Array: strings.TrimPrefix(device, "/dev/"), Value: event, At: at}); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), lines.Err())
}
