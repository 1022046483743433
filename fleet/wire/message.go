package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxMessage bounds a message in bytes: a registration with hundreds of failure domains is a tenth of it.
const MaxMessage = 64 << 10

// ErrMessage is in the error of bytes that are not the message they should be.
var ErrMessage = errors.New("not such a message")

// Message is one kind of message. Each has a schema of its own, so that none is taken for another, wherever it turns up.
type Message interface {
	// Schema is the kind's name and version.
	Schema() string
	// Check says what is wrong with it, nil if nothing is.
	Check() error
}

// frame is every message on the wire. Fields of the body that are not known are another version's and are passed over;
// a field that changes its meaning gets a schema of a new version.
type frame struct {
	Schema string          `json:"schema"`
	Body   json.RawMessage `json:"body"`
}

// Encode writes m. It answers ErrMessage for one that Decode would refuse.
func Encode(m Message) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("write %s: %w: %w", m.Schema(), ErrMessage, err)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", m.Schema(), err)
	}
	out, err := json.Marshal(frame{Schema: m.Schema(), Body: body})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", m.Schema(), err)
	}
	if len(out) > MaxMessage {
		return nil, fmt.Errorf("write %s: %d bytes: %w", m.Schema(), len(out), ErrMessage)
	}
	return out, nil
}

// Decode reads a message of M's kind. It answers ErrMessage for anything else, and for one that Check refuses.
func Decode[M Message](text []byte) (M, error) {
	var m, none M
	refuse := func(why error) (M, error) { return none, fmt.Errorf("read %s: %w: %w", none.Schema(), ErrMessage, why) }
	if len(text) > MaxMessage {
		return refuse(fmt.Errorf("%d bytes", len(text)))
	}
	var f frame
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // an acknowledgement of JetStream's, say: not the frame
	if err := d.Decode(&f); err != nil {
		return refuse(err)
	}
	if d.More() {
		return refuse(errors.New("something follows it"))
	}
	if f.Schema != none.Schema() {
		return refuse(fmt.Errorf("it is %.60q", f.Schema))
	}
	if err := json.Unmarshal(f.Body, &m); err != nil {
		return refuse(err)
	}
	if err := m.Check(); err != nil {
		return refuse(err)
	}
	return m, nil
}

// The bounds of what messages hold. What is longer is refused: the sender bounds its own words.
const (
	MaxName    = 253  // of hosts, pools, domains and their values
	MaxText    = 1024 // of a reason
	MaxReasons = 64
	MaxPools   = 64
	MaxDomains = 512 // pairs of a domain and a name: a host with hundreds of cables has too many to be a host
	maxNonce   = 256
)

func checkText(what, s string, most int) error {
	if len(s) > most {
		return fmt.Errorf("%s has %d bytes, at most %d", what, len(s), most)
	}
	return nil
}

func checkNamed(what, s string, most int) error {
	if s == "" {
		return fmt.Errorf("%s is missing", what)
	}
	return checkText(what, s, most)
}

func checkReasons(what string, reasons []string) error {
	if len(reasons) > MaxReasons {
		return fmt.Errorf("%d %s, at most %d", len(reasons), what, MaxReasons)
	}
	for _, r := range reasons {
		if err := checkNamed(what, r, MaxText); err != nil {
			return err
		}
	}
	return nil
}

func checkPools(pools []string) error {
	if len(pools) > MaxPools {
		return fmt.Errorf("%d pools, at most %d", len(pools), MaxPools)
	}
	for _, p := range pools {
		if !PlainToken(p) {
			return fmt.Errorf("pool %.60q: %w", p, ErrToken)
		}
	}
	return nil
}
