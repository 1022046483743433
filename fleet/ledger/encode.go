package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a ledger holds at most. A pool is what people watch as one thing; a value of the store's is well below the megabyte that
// a message may have.
const (
	MaxMembers = 1000
	MaxEntries = 1000
	maxBytes   = 512 << 10
	maxName    = 253 // of a host or a pool: as long as a name in the DNS
	maxNonce   = 200
	maxText    = 300 // of what is said to people
)

// ErrMalformed is in the error of what is no ledger that this version wrote or could have written. It is not to be mended by
// writing over it: another version may know what it means.
var ErrMalformed = errors.New("not a ledger that this version understands")

// Encode gives the one form in which l is stored.
func (l Ledger) Encode() ([]byte, error) {
	if err := l.Check(); err != nil {
		return nil, fmt.Errorf("encode ledger %s: %w", l.Pool, err)
	}
	// An empty list is [] to everybody.
	l.Members, l.Entries, l.Frozen = list(l.Members), list(l.Entries), list(l.Frozen)
	raw, err := json.Marshal(l)
	switch {
	case err != nil:
		return nil, fmt.Errorf("encode ledger %s: %w", l.Pool, err)
	case len(raw) > maxBytes:
		return nil, fmt.Errorf("encode ledger %s: %d bytes, of at most %d: %w", l.Pool, len(raw), maxBytes, ErrMalformed)
	}
	return raw, nil
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Parse reads what Encode wrote, and nothing else: white space apart, what it takes is byte for byte what Encode gives. It
// answers ErrMalformed.
func Parse(raw []byte) (Ledger, error) {
	if len(raw) > maxBytes {
		return Ledger{}, fmt.Errorf("parse ledger: %d bytes, of at most %d: %w", len(raw), maxBytes, ErrMalformed)
	}
	var l Ledger
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Ledger{}, fmt.Errorf("parse ledger: %w: %w", ErrMalformed, err)
	}
	again, err := l.Encode()
	if err != nil {
		return Ledger{}, fmt.Errorf("parse ledger: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil { // also what follows the value
		return Ledger{}, fmt.Errorf("parse ledger: %w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(compact.Bytes(), again) {
		return Ledger{}, fmt.Errorf("parse ledger: keys or order differ from what is written: %w", ErrMalformed)
	}
	return l, nil
}

// Check says what of l no ledger can hold. Entries may exceed the budget: it can be lowered, and holders may re-assert what a
// store forgot. It answers ErrMalformed.
func (l Ledger) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrMalformed)
	}
	switch {
	case !name(l.Pool):
		return bad("pool %q is no name", l.Pool)
	case l.Budget < 1 || l.Budget > MaxMembers:
		return bad("budget %d is not within 1 and %d", l.Budget, MaxMembers)
	case l.MinHealthy < 0 || l.MinHealthy > MaxMembers:
		return bad("min_healthy %d is not within 0 and %d", l.MinHealthy, MaxMembers)
	case len(l.Members) > MaxMembers:
		return bad("%d members, of at most %d", len(l.Members), MaxMembers)
	case len(l.Entries) > MaxEntries:
		return bad("%d entries, of at most %d", len(l.Entries), MaxEntries)
	case !strictly(l.Members, strings.Compare):
		return bad("members are not sorted, each once")
	case !strictly(l.Entries, compare):
		return bad("entries are not sorted, each once")
	case !strictly(l.Frozen, func(a, b Freeze) int { return strings.Compare(string(a.Cause), string(b.Cause)) }):
		return bad("causes of a freeze are not sorted, each once")
	}
	for _, m := range l.Members {
		if !name(m) {
			return bad("member %q is no name", m)
		}
	}
	for _, e := range l.Entries {
		if err := e.check(); err != nil {
			return err
		}
		if !l.Member(e.Host) {
			return bad("entry of %s, who is no member", e.Host)
		}
	}
	for _, f := range l.Frozen {
		if !slices.Contains([]Cause{ByHand, ByStorm, ByRollback}, f.Cause) || !text(f.Why, 0) || !text(f.By, 0) {
			return bad("freeze %q: %q by %q is none", f.Cause, f.Why, f.By)
		}
	}
	return l.Last.check()
}

func (e Entry) check() error {
	if !name(e.Host) || !nonce(e.Nonce) || !text(e.Action, 1) || !slices.Contains([]Phase{Granted, Started, Cleared}, e.Phase) {
		return fmt.Errorf("entry %q %q %q %q is none: %w", e.Host, e.Nonce, e.Action, e.Phase, ErrMalformed)
	}
	return nil
}

func (d Deed) check() error {
	all := []What{
		DeedMade, DeedRegistered, DeedRetired, DeedSet, DeedGranted, DeedStarted, DeedReleased, DeedCleared, DeedFrozen, DeedThawed,
		DeedReasserted, DeedAccepted,
	}
	if !slices.Contains(all, d.What) || d.Host != "" && !name(d.Host) || d.Nonce != "" && !nonce(d.Nonce) ||
		!text(d.Action, 0) || !text(d.By, 0) || !text(d.Why, 0) {
		return fmt.Errorf("deed %q of %q is none: %w", d.What, d.Host, ErrMalformed)
	}
	return nil
}

// strictly says whether s is sorted and has nothing twice.
func strictly[T any](s []T, by func(a, b T) int) bool {
	for i := 1; i < len(s); i++ {
		if by(s[i-1], s[i]) >= 0 {
			return false
		}
	}
	return true
}

// name says whether s can be a host's or a pool's: a token of a subject, in which an underscore stands for a dot.
func name(s string) bool {
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// nonce says whether s can be one: what is printed and has no spaces.
func nonce(s string) bool {
	return s != "" && len(s) <= maxNonce && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// text says whether s can be said to people: one line of at least least and not too many bytes.
func text(s string, least int) bool {
	return len(s) >= least && len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
