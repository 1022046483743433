package fleet

import (
	"fmt"
	"strings"

	"plimsoll/internal/view"
)

// DefaultFleet is the fleet of a host that names none.
const DefaultFleet = "default"

// DefaultStream is the stream that holds the events of all hosts.
const DefaultStream = "PLIMSOLL_EVENTS"

// subjectRoot carries the version of the layout of subjects.
const subjectRoot = "plimsoll.v1"

// streamSubjects is what the stream takes: every fleet's and every host's events, and nothing else of the root, so that
// requests and presence can have subjects of their own.
const streamSubjects = subjectRoot + ".*.*.event.>"

// maxToken is the longest token taken: a host name of the DNS has 253 octets at the most.
const maxToken = 253

// fleetToken checks a fleet's name for its place in subjects: lower-case letters, digits and hyphens. The empty name stands
// for DefaultFleet. It answers ErrToken, with a hint.
func fleetToken(fleet string) (string, error) {
	if fleet == "" {
		return DefaultFleet, nil
	}
	if !plainToken(fleet) {
		return "", hint(fmt.Errorf("check fleet %q: %w", fleet, ErrToken),
			"name the fleet with lower-case letters, digits and hyphens, at most 253: nats.fleet")
	}
	return fleet, nil
}

// hostToken turns a host's name into its place in subjects: lower case, a dot becomes an underscore. A name with an
// underscore is refused, since a_b and a.b would be one host. It answers ErrToken, with a hint.
func hostToken(host string) (string, error) {
	const todo = "set host.name to a name of letters, digits, hyphens and dots that no other host has"
	token := strings.ToLower(host)
	if strings.Contains(token, "_") {
		return "", hint(fmt.Errorf("check host name %q: an underscore stands for a dot: %w", host, ErrToken), todo)
	}
	token = strings.ReplaceAll(token, ".", "_")
	if !plainToken(strings.ReplaceAll(token, "_", "-")) {
		return "", hint(fmt.Errorf("check host name %q: %w", host, ErrToken), todo)
	}
	return token, nil
}

// plainToken says whether s consists of lower-case letters, digits and hyphens, and is neither empty nor too long.
func plainToken(s string) bool {
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

// address is where a host's events go.
type address struct {
	prefix string // plimsoll.v1.<fleet>.<host>.event
	source string // /plimsoll/<fleet>/<host>, as CloudEvents has it
}

func addressOf(h view.Host) (address, error) {
	fleet, err := fleetToken(h.Fleet)
	if err != nil {
		return address{}, err
	}
	host, err := hostToken(h.Name)
	if err != nil {
		return address{}, err
	}
	return address{
		prefix: subjectRoot + "." + fleet + "." + host + ".event",
		source: "/plimsoll/" + fleet + "/" + strings.ToLower(h.Name),
	}, nil
}

// filter matches every event of the host.
func (a address) filter() string { return a.prefix + ".>" }

// subject is where one event goes: its kind, noun and verb come last. kind and name have been checked by Encode.
func (a address) subject(it Item) string {
	return a.prefix + "." + string(it.Event.Kind) + "." + it.Event.Type
}

// Subject is where events of this host and kind with this type go: plimsoll.v1.<fleet>.<host>.event.<kind>.<noun>.<verb>.
// It answers ErrToken where a name cannot stand in a subject.
func Subject(h view.Host, it Item) (string, error) {
	a, err := addressOf(h)
	if err != nil {
		return "", err
	}
	if err := it.check(); err != nil {
		return "", err
	}
	return a.subject(it), nil
}

// check says whether the parts of it that become tokens can.
func (it Item) check() error {
	noun, verb, two := strings.Cut(it.Event.Type, ".")
	if !two || !plainToken(noun) || !plainToken(verb) {
		return fmt.Errorf("check event type %q: %w", it.Event.Type, ErrToken)
	}
	if !plainToken(string(it.Event.Kind)) {
		return fmt.Errorf("check event kind %q: %w", it.Event.Kind, ErrToken)
	}
	return nil
}
