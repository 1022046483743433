package wire_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"plimsoll/fleet/wire"
)

func TestABaselineIsUnpackedAsItWasPacked(t *testing.T) {
	t.Parallel()
	long := []byte(strings.Repeat(`{"id":"raid:a0b1c2d3-0000-0000-0000-000000000001"},`, 10_000)) // ten messages' worth
	b, err := wire.Pack(long, []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := b.Unpack(); err != nil || !bytes.Equal(back, long) {
		t.Errorf("%d bytes come back as %d, %v", len(long), len(back), err)
	}
	if same, err := wire.Pack([]byte("other"), []byte("one")); err != nil || same.Digest != b.Digest {
		t.Errorf("the same baseline, written at another time, is told apart: %s, %s, %v", same.Digest, b.Digest, err)
	}
	if other, err := wire.Pack(long, []byte("two")); err != nil || other.Digest == b.Digest {
		t.Errorf("another baseline is not told apart: %v", err)
	}
	if text, err := wire.Encode(wire.KnownGood{There: 1, Baseline: &b}); err != nil {
		t.Errorf("no message: %d bytes, %v", len(text), err)
	}
}

func TestTheLongestBaselineIsAMessageAndALongerOneIsRefused(t *testing.T) {
	t.Parallel()
	longest := wire.Baseline{Digest: strings.Repeat("d", wire.MaxName), Packed: make([]byte, wire.MaxPacked)}
	if _, err := wire.Encode(wire.KnownGood{There: wire.KeptBaselines, Baseline: &longest}); err != nil {
		t.Errorf("the longest: %v", err)
	}
	noise := make([]byte, wire.MaxPacked+1)
	r := rand.NewChaCha8([32]byte{})
	if _, err := r.Read(noise); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.Pack(noise, nil); !errors.Is(err, wire.ErrMessage) {
		t.Errorf("one that does not fit: %v", err)
	}
}

func TestAnAnswerThatUnpacksWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string]wire.Baseline{
		"zeros without end": {Digest: "d", Packed: packed.Bytes()},
		"not packed":        {Digest: "d", Packed: []byte("{}")},
		"torn":              {Digest: "d", Packed: packed.Bytes()[:100]},
	} {
		if _, err := b.Unpack(); !errors.Is(err, wire.ErrMessage) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
