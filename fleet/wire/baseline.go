package wire

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// What a host is known good as is kept by the fleet too, so that a host that is lost can be made again. Arbiters keep it as it
// comes and do not look into it: it is a document of the host's own.
const (
	// MaxPacked bounds a baseline in bytes as it is sent, so that with its frame it is still a message.
	MaxPacked = MaxMessage/4*3 - 1<<10
	// maxUnpacked bounds one as it is read: what a host sends may be anything.
	maxUnpacked = 4 << 20
	// KeptBaselines is how many baselines of a host are kept, so that a host that was installed anew does not push out at once
	// what it was before.
	KeptBaselines = 16
)

// Baseline is what a host is known good as.
type Baseline struct {
	// Digest says whether it is another than the one before, whatever was the time when it was written.
	Digest string `json:"digest"`
	Packed []byte `json:"packed"` // a document, as Pack makes it
}

// Schema is Message.
func (Baseline) Schema() string { return "plimsoll.baseline.copy/1" }

// Check is Message.
func (b Baseline) Check() error {
	if err := checkNamed("digest", b.Digest, MaxName); err != nil {
		return err
	}
	if len(b.Packed) == 0 || len(b.Packed) > MaxPacked {
		return fmt.Errorf("the packed document has %d bytes, of 1 to %d", len(b.Packed), MaxPacked)
	}
	return nil
}

// Pack makes a baseline of a document, and of what of it tells one from another. It answers ErrMessage for one that is too long.
func Pack(document, distinct []byte) (Baseline, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(document)
	if err = errors.Join(err, w.Close()); err != nil {
		return Baseline{}, fmt.Errorf("pack a baseline: %w", err)
	}
	sum := sha256.Sum256(distinct)
	b := Baseline{Digest: hex.EncodeToString(sum[:]), Packed: packed.Bytes()}
	if err := b.Check(); err != nil {
		return Baseline{}, fmt.Errorf("pack a baseline: %w: %w", ErrMessage, err)
	}
	return b, nil
}

// Unpack is the document. It answers ErrMessage for what Pack has not made, and for what is longer than four megabytes.
func (b Baseline) Unpack() ([]byte, error) {
	refuse := func(err error) ([]byte, error) { return nil, fmt.Errorf("unpack a baseline: %w: %w", ErrMessage, err) }
	r, err := gzip.NewReader(bytes.NewReader(b.Packed))
	if err != nil {
		return refuse(err)
	}
	document, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return refuse(err)
	}
	if len(document) > maxUnpacked {
		return refuse(fmt.Errorf("more than %d bytes", maxUnpacked))
	}
	return document, nil
}

// Kept is the answer to a host that had its baseline kept.
type Kept struct {
	Revision uint64 `json:"revision,omitempty"` // of the store; 0: it was refused
	Refused  string `json:"refused,omitempty"`
}

// Schema is Message.
func (Kept) Schema() string { return "plimsoll.baseline.kept/1" }

// Check is Message.
func (k Kept) Check() error {
	if (k.Revision == 0) == (k.Refused == "") {
		return errors.New("neither kept nor refused, or both")
	}
	return checkText("refused", k.Refused, MaxText)
}

// BaselineQuery asks for what a host was known good as.
type BaselineQuery struct {
	Host string `json:"host"`           // its token
	Back int    `json:"back,omitempty"` // 0: the newest; 1: the one before it, and so on
}

// Schema is Message.
func (BaselineQuery) Schema() string { return "plimsoll.fleet.baseline.query/1" }

// Check is Message.
func (q BaselineQuery) Check() error {
	if !isHostToken(q.Host) {
		return fmt.Errorf("host %.60q: %w", q.Host, ErrToken)
	}
	if q.Back < 0 || q.Back >= KeptBaselines {
		return fmt.Errorf("back %d, of 0 to %d", q.Back, KeptBaselines-1)
	}
	return nil
}

// KnownGood is what the fleet has kept of one host.
type KnownGood struct {
	There    int       `json:"there"` // how many are kept
	Baseline *Baseline `json:"baseline,omitempty"`
}

// Schema is Message.
func (KnownGood) Schema() string { return "plimsoll.fleet.baseline/1" }

// Check is Message.
func (k KnownGood) Check() error {
	if k.Baseline == nil {
		return nil
	}
	return k.Baseline.Check()
}
