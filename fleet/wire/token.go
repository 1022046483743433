package wire

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultFleet is the fleet of a host that names none.
const DefaultFleet = "default"

// ErrToken is in the error of a name that cannot stand in a subject.
var ErrToken = errors.New("no token of a subject")

// TokenError is a name that cannot stand in a subject. It is ErrToken, and has a hint.
type TokenError struct {
	What string // whose name
	Name string
	Why  string // empty: it has letters that a token can't have
	Todo string
}

// Error says which name and why.
func (e *TokenError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("check %s %q: %s: %v", e.What, e.Name, e.Why, ErrToken)
	}
	return fmt.Sprintf("check %s %q: %v", e.What, e.Name, ErrToken)
}

// Unwrap gives ErrToken.
func (e *TokenError) Unwrap() error { return ErrToken }

// Hint says what to do.
func (e *TokenError) Hint() string { return e.Todo }

// maxToken is the longest token taken: a host name of the DNS has 253 octets at the most.
const maxToken = 253

// FleetToken checks a fleet's name for its place in subjects: lower-case letters, digits and hyphens. The empty name stands
// for DefaultFleet. It answers ErrToken, with a hint.
func FleetToken(fleet string) (string, error) {
	if fleet == "" {
		return DefaultFleet, nil
	}
	if !PlainToken(fleet) {
		return "", &TokenError{
			What: "fleet", Name: fleet,
			Todo: "name the fleet with lower-case letters, digits and hyphens, at most 253: nats.fleet",
		}
	}
	return fleet, nil
}

// HostToken turns a host's name into its place in subjects: lower case, a dot becomes an underscore. A name with an
// underscore is refused, since a_b and a.b would be one host. It answers ErrToken, with a hint.
func HostToken(host string) (string, error) {
	e := &TokenError{
		What: "host name", Name: host,
		Todo: "set host.name to a name of letters, digits, hyphens and dots that no other host has",
	}
	token := strings.ToLower(host)
	if strings.Contains(token, "_") {
		e.Why = "an underscore stands for a dot"
		return "", e
	}
	if strings.HasPrefix(token, ".") {
		e.Why = "what begins with a dot is the fleet's own"
		return "", e
	}
	token = strings.ReplaceAll(token, ".", "_")
	if !isHostToken(token) {
		return "", e
	}
	return token, nil
}

// HostName is the name that a host's token stands for, in lower case.
func HostName(token string) string { return strings.ReplaceAll(token, "_", ".") }

// isHostToken says whether s can be what HostToken gives.
func isHostToken(s string) bool {
	return !strings.HasPrefix(s, "_") && PlainToken(strings.ReplaceAll(s, "_", "-"))
}

// PlainToken says whether s consists of lower-case letters, digits and hyphens, and is neither empty nor too long.
func PlainToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
