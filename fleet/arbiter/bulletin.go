package arbiter

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/redundancy"
)

// Note is one thing that arbiters tell of the fleet, as the store has it: whether it is so, and the event of its last turn. It
// turns by compare-and-set, so that beginnings and ends alternate whoever writes them, and it holds its event, so that whoever
// comes next can tell what an arbiter that ended in between did not.
type Note struct {
	Name  string          `json:"name"`           // random; its events are named after it
	Turn  uint64          `json:"turn"`           // how often it has begun or ended; odd: it is so
	Case  *correlate.Case `json:"case,omitempty"` // what it is about, where that is a case
	On    ledger.Mark     `json:"on,omitzero"`    // of the ledger whose page made it turn, where it is about one
	To    string          `json:"to"`             // the subject of its event
	Event json.RawMessage `json:"event"`
	// After is the stream's sequence of a fleet's event that is older than this one's.
	After uint64 `json:"after"`
	Told  bool   `json:"told"` // its event is in the stream
}

// Open says whether what it is about is so.
func (n Note) Open() bool { return n.Turn%2 == 1 }

// Incident counts its beginnings.
func (n Note) Incident() uint64 { return (n.Turn + 1) / 2 }

// ID names the event of its last turn.
func (n Note) ID() string { return fmt.Sprintf("fleet/%s/%d", n.Name, n.Turn) }

// record is n as package correlate goes by it.
func (n Note) record() correlate.Record {
	return correlate.Record{Incident: n.Incident(), Open: n.Open()}
}

// Posted is a note and where the store has it. Its zero value: the store has none.
type Posted struct {
	Note
	revision uint64
	// untold is since when this arbiter has seen it untold.
	untold time.Time
}

// Bulletin is what arbiters tell of the fleet: a bucket with a key for each thing, and the stream of events.
type Bulletin struct {
	bucket jetstream.KeyValue
	herald fleet.Herald
	wall   func() time.Time
}

// maxNote bounds a note in bytes: its event is far below that.
const maxNote = 512 << 10

// The keys of the notes: a word for what they are about, and its name.
func caseKey(c correlate.Case) string { return "case." + coded(c.Domain, c.Fault) }

func freezeKey(pool, cause string) string { return "freeze." + pool + "." + cause }

func stuckKey(pool, host, nonce string) string { return "stuck." + pool + "." + coded(host, nonce) }

// coded are words as a key can have them.
func coded(words ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(words, "\x00")))
}

// about is what has a note turn: a case, or a page of a ledger.
type about struct {
	fault *correlate.Case
	on    ledger.Mark
}

// Turn begins or ends what the note at key is about: it writes the note with the event that say makes, and has it told. It
// answers ErrConflict where another arbiter was first. What it gives is what the store has of it as far as is known; an error
// leaves open whether that is all.
func (b Bulletin) Turn(ctx context.Context, key string, was Posted, of about, say func(incident uint64) redundancy.Event) (Posted, error) {
	if was.Turn > 0 && !was.Told { // in order
		var err error
		if was, err = b.Tell(ctx, key, was); err != nil {
			return was, err
		}
	}
	after, err := b.herald.Last(ctx)
	if err != nil {
		return was, fmt.Errorf("read the fleet's events: %w", err)
	}
	next := was.Note
	next.Turn, next.Case, next.On, next.After, next.Told = was.Turn+1, of.fault, of.on, after, false
	if next.Name == "" {
		if next.Name, err = randomName(); err != nil {
			return was, err
		}
	}
	e := say(next.Incident())
	e.ID, e.Kind, e.Notify, e.Time = next.ID(), redundancy.KindFleet, redundancy.NotifyNow, b.wall()
	if next.To, next.Event, err = b.herald.Encode(e); err != nil {
		return was, err
	}
	is, err := b.write(ctx, key, next, was.revision)
	if err != nil {
		return was, err
	}
	return b.Tell(ctx, key, is)
}

// Tell has the event of a note's last turn stored in the stream, if it is not there, and notes that.
func (b Bulletin) Tell(ctx context.Context, key string, is Posted) (Posted, error) {
	if err := b.herald.Tell(ctx, is.To, is.ID(), is.Event, is.After); err != nil {
		return is, err
	}
	next := is.Note
	next.Told = true
	told, err := b.write(ctx, key, next, is.revision)
	if errors.Is(err, ErrConflict) {
		return b.Read(ctx, key) // another arbiter has told it as well, or it has turned since
	}
	if err != nil {
		return is, err
	}
	return told, nil
}

// Drop takes away a note that has no end to tell of.
func (b Bulletin) Drop(ctx context.Context, key string, was Posted) error {
	if err := b.bucket.Delete(ctx, key, jetstream.LastRevision(was.revision)); err != nil {
		return fmt.Errorf("drop note %s: %w", key, err)
	}
	return nil
}

// Read is the note at key; its zero value: there is none.
func (b Bulletin) Read(ctx context.Context, key string) (Posted, error) {
	e, err := b.bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Posted{}, nil
	}
	if err != nil {
		return Posted{}, fmt.Errorf("read note %s: %w", key, err)
	}
	return readNote(e)
}

func readNote(e jetstream.KeyValueEntry) (Posted, error) {
	p := Posted{revision: e.Revision()}
	d := json.NewDecoder(bytes.NewReader(e.Value()))
	d.DisallowUnknownFields() // what is not understood would be lost by writing it anew
	if err := d.Decode(&p.Note); err != nil {
		return Posted{}, fmt.Errorf("read note %s: %w", e.Key(), err)
	}
	return p, nil
}

func (b Bulletin) write(ctx context.Context, key string, n Note, revision uint64) (Posted, error) {
	text, err := json.Marshal(n)
	if err == nil && len(text) > maxNote {
		err = fmt.Errorf("%d bytes, of at most %d", len(text), maxNote)
	}
	if err != nil {
		return Posted{}, fmt.Errorf("write note %s: %w", key, err)
	}
	revision, err = b.bucket.Update(ctx, key, text, revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return Posted{}, fmt.Errorf("write note %s: %w", key, ErrConflict)
	}
	if err != nil {
		return Posted{}, fmt.Errorf("write note %s: %w", key, err)
	}
	return Posted{Note: n, revision: revision}, nil
}

func randomName() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("name a note: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
