package logsink

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
)

// Journaled says whether stderr goes to systemd's journal, which then reads the priority off every line. stream is the value
// of $JOURNAL_STREAM, the device and inode that systemd has connected; a program whose standard error was sent elsewhere
// still inherits the variable, so they are compared.
func Journaled(stderr *os.File, stream string) bool {
	var device, inode uint64
	if n, err := fmt.Sscanf(stream, "%d:%d", &device, &inode); n != 2 || err != nil {
		return false
	}
	info, err := stderr.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Dev == device && st.Ino == inode
}

// syslog's priorities, as sd-daemon.h numbers them.
const (
	priorityError   = 3
	priorityWarning = 4
	priorityInfo    = 6
	priorityDebug   = 7
)

func priority(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return priorityError
	case level >= slog.LevelWarn:
		return priorityWarning
	case level >= slog.LevelInfo:
		return priorityInfo
	default:
		return priorityDebug
	}
}

// lossLine tells of lost lines.
func (s *Sink) lossLine(lost uint64) []byte {
	prefix := ""
	if s.prefix {
		prefix = fmt.Sprintf("<%d>", priorityWarning)
	}
	return fmt.Appendf(nil, "%slevel=WARN msg=\"log lines lost while standard error did not take them\" lost=%d\n", prefix, lost)
}

// Logger is a logger that writes to s.
func (s *Sink) Logger() *slog.Logger { return slog.New(s.Handler()) }

// Handler is a slog.Handler that writes to s what is at least of its level.
func (s *Sink) Handler() slog.Handler {
	h := &handler{sink: s, line: &line{}}
	opts := &slog.HandlerOptions{Level: s.level}
	if s.prefix {
		opts.ReplaceAttr = withoutTime
	}
	h.text = slog.NewTextHandler(&h.line.buf, opts)
	return h
}

// withoutTime leaves the time to the journal.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// handler formats by slog's own text handler, which quotes what would break a line, and puts the prefix before it.
type handler struct {
	sink *Sink
	text slog.Handler // writes to line.buf
	line *line        // shared by all that With made of one handler
}

type line struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

// Enabled says whether records of this level are written.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.text.Enabled(ctx, level)
}

// Handle queues one record. It never blocks.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	h.line.mu.Lock()
	defer h.line.mu.Unlock()
	h.line.buf.Reset()
	if h.sink.prefix {
		fmt.Fprintf(&h.line.buf, "<%d>", priority(r.Level))
	}
	if err := h.text.Handle(ctx, r); err != nil {
		return fmt.Errorf("format log line: %w", err)
	}
	_, err := h.sink.Write(h.line.buf.Bytes())
	return err
}

// WithAttrs is h with these attributes in every record.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{sink: h.sink, text: h.text.WithAttrs(attrs), line: h.line}
}

// WithGroup is h with the attributes that follow in a group.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{sink: h.sink, text: h.text.WithGroup(name), line: h.line}
}
