package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/wire"
)

// Headers of a message. Those that begin with Plimsoll are ours.
const (
	headerExpectStream = "Nats-Expected-Stream"
	headerExpectLast   = "Nats-Expected-Last-Subject-Sequence"
	headerExpectOver   = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerContentType  = "Content-Type"

	// HeaderID is the event's CloudEvents id.
	HeaderID = "Plimsoll-Id"
	// HeaderTime is the event's time. With the position it tells an event from another that took its place in the log after
	// a crash.
	HeaderTime = "Plimsoll-Time"
	// HeaderPosition is the event's place in the host's log, <log-id>/<sequence>; absent where it has none.
	HeaderPosition = "Plimsoll-Position"
	// HeaderSettled is the place in the log up to which everything is in the stream once this message is.
	HeaderSettled = "Plimsoll-Settled"
	// HeaderAhead is the stream sequence after which messages are found that were stored ahead of others of lower place;
	// absent where there are none.
	HeaderAhead = "Plimsoll-Ahead"
)

// The codes of JetStream's errors that something is decided on.
// https://github.com/nats-io/nats-server/blob/main/server/errors.json
const (
	codeNoMessage      = 10037
	codeNoStorage      = 10047
	codeNoStream       = 10059
	codeStreamNotMatch = 10060
	codeWrongLast      = 10071
	codeStoreFailed    = 10077
)

// apiError is an error that JetStream answered with.
type apiError struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

// Error gives the server's words.
func (e *apiError) Error() string { return fmt.Sprintf("%s (%d)", e.Description, e.ErrCode) }

func isCode(err error, codes ...int) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && slices.Contains(codes, e.ErrCode)
}

// stream is the server's side of the outbox.
type stream struct {
	nc      *nats.Conn
	name    string
	timeout time.Duration
}

// streamInfo is what is asked of the stream as a whole.
type streamInfo struct {
	Created    time.Time
	LastSeq    uint64
	MaxMessage int64 // the longest message it takes, with headers; below 1: any
}

// storedMessage is one message of the stream.
type storedMessage struct {
	Subject string
	Seq     uint64
	Header  nats.Header
	Data    []byte
	Time    time.Time // when it was stored, by the server's clock
}

// request asks the server and reads its answer into out.
func (s stream) request(ctx context.Context, what string, ask, out any) error {
	var body []byte
	if ask != nil {
		var err error
		if body, err = json.Marshal(ask); err != nil {
			return fmt.Errorf("ask %s: %w", what, err)
		}
	}
	return s.roundTrip(ctx, &nats.Msg{Subject: "$JS.API." + what + "." + s.name, Data: body}, out)
}

func (s stream) roundTrip(ctx context.Context, m *nats.Msg, out any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := s.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return fmt.Errorf("ask %s: %w", m.Subject, err)
	}
	var failure struct {
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &failure); err != nil {
		return fmt.Errorf("ask %s: read answer: %w", m.Subject, err)
	}
	if failure.Error != nil {
		return fmt.Errorf("ask %s: %w", m.Subject, failure.Error)
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return fmt.Errorf("ask %s: read answer: %w", m.Subject, err)
	}
	return nil
}

// info answers ErrNoStream where the stream is not there.
func (s stream) info(ctx context.Context) (streamInfo, error) {
	var out struct {
		Created time.Time `json:"created"`
		Config  struct {
			MaxMessage int64 `json:"max_msg_size"`
		} `json:"config"`
		State struct {
			LastSeq uint64 `json:"last_seq"`
		} `json:"state"`
	}
	err := s.request(ctx, "STREAM.INFO", nil, &out)
	if isCode(err, codeNoStream) {
		return streamInfo{}, hint(fmt.Errorf("look for stream %s: %w", s.name, ErrNoStream),
			"create it with the subjects "+wire.EventSubjects+", or set nats.create_stream")
	}
	return streamInfo{Created: out.Created, LastSeq: out.State.LastSeq, MaxMessage: out.Config.MaxMessage}, err
}

// which names a message: exactly one of the forms that the server takes.
type which struct {
	Seq  uint64 `json:"seq,omitempty"`
	Next string `json:"next_by_subj,omitempty"`
	Last string `json:"last_by_subj,omitempty"`
}

// last is the newest message under a filter, and false where there is none.
func (s stream) last(ctx context.Context, filter string) (storedMessage, bool, error) {
	return s.get(ctx, which{Last: filter})
}

// next is the first message under a filter with this sequence or a later one.
func (s stream) next(ctx context.Context, filter string, seq uint64) (storedMessage, bool, error) {
	return s.get(ctx, which{Seq: seq, Next: filter})
}

// at is the message with this sequence.
func (s stream) at(ctx context.Context, seq uint64) (storedMessage, bool, error) {
	return s.get(ctx, which{Seq: seq})
}

// get asks the stream's leader. An old leader may answer from the past; what rests on the answer is the next publish, which
// the true leader checks.
func (s stream) get(ctx context.Context, w which) (storedMessage, bool, error) {
	var out struct {
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	err := s.request(ctx, "STREAM.MSG.GET", w, &out)
	if isCode(err, codeNoMessage) {
		return storedMessage{}, false, nil
	}
	if err != nil {
		return storedMessage{}, false, err
	}
	m := storedMessage{Subject: out.Message.Subject, Seq: out.Message.Seq, Data: out.Message.Data, Time: out.Message.Time}
	if len(out.Message.Header) > 0 {
		if m.Header, err = nats.DecodeHeadersMsg(out.Message.Header); err != nil {
			return storedMessage{}, false, fmt.Errorf("read headers of message %d: %w", m.Seq, err)
		}
	}
	return m, true, nil
}

// publish stores m if the last message under filter has the sequence last, and answers with m's own. Any error but one of
// the server's leaves the outcome unknown.
func (s stream) publish(ctx context.Context, m *nats.Msg, filter string, last uint64) (uint64, error) {
	m.Header.Set(headerExpectStream, s.name)
	m.Header.Set(headerExpectOver, filter)
	m.Header.Set(headerExpectLast, strconv.FormatUint(last, 10))
	var out struct {
		Stream string `json:"stream"`
		Seq    uint64 `json:"seq"`
	}
	if err := s.roundTrip(ctx, m, &out); err != nil {
		return 0, err
	}
	if out.Stream != s.name || out.Seq == 0 {
		return 0, fmt.Errorf("publish %s: acknowledged by %q at %d: not the stream", m.Subject, out.Stream, out.Seq)
	}
	return out.Seq, nil
}

// CreateMaxBytes bounds a stream that we create ourselves: some 300,000 events. A whole fleet's is created by its owner.
const CreateMaxBytes = 512 << 20

// What else a stream has that we create ourselves.
const (
	createMaxAge   = 365 * 24 * time.Hour // a year of history for audits
	createReplicas = 3                    // within a cluster: survives one server
)

// create makes the stream. It is not an error if it is there by now.
func (s stream) create(ctx context.Context) error {
	replicas := 1
	if s.nc.ConnectedClusterName() != "" {
		replicas = createReplicas
	}
	ask := map[string]any{
		"name": s.name, "subjects": []string{wire.EventSubjects}, "description": "events of plimsoll's hosts",
		"retention": "limits", "storage": "file", "discard": "old", "num_replicas": replicas, "allow_direct": true,
		"max_age": createMaxAge.Nanoseconds(), "max_bytes": CreateMaxBytes, "max_msgs": -1, "max_msg_size": -1,
		"max_msgs_per_subject": -1, "max_consumers": -1,
	}
	var out struct{}
	err := s.request(ctx, "STREAM.CREATE", ask, &out)
	const codeNameInUse = 10058 // with another configuration: somebody else has created it
	if err == nil || isCode(err, codeNameInUse) {
		return nil
	}
	return hint(fmt.Errorf("create stream %s: %w", s.name, err), "create it by hand with the subjects "+wire.EventSubjects)
}
