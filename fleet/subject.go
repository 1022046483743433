package fleet

import (
	"fmt"
	"strings"

	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
)

// DefaultStream is the stream that holds the events of all hosts.
const DefaultStream = "PLIMSOLL_EVENTS"

// address is where a host's events go.
type address struct {
	prefix string // plimsoll.v1.<fleet>.<host>.event
	inbox  string // what the subjects begin with on which the host awaits answers
	source string // /plimsoll/<fleet>/<host>, as CloudEvents has it
}

func addressOf(h view.Host) (address, error) {
	fleet, err := wire.FleetToken(h.Fleet)
	if err != nil {
		return address{}, err
	}
	host, err := wire.HostToken(h.Name)
	if err != nil {
		return address{}, err
	}
	return address{
		prefix: wire.Subject(fleet, host, wire.Event),
		inbox:  wire.Inbox(host),
		source: "/plimsoll/" + fleet + "/" + strings.ToLower(h.Name),
	}, nil
}

// of is where the host's messages about w go.
func (a address) of(w wire.Word) string {
	return strings.TrimSuffix(a.prefix, string(wire.Event)) + string(w)
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
	if !two || !wire.PlainToken(noun) || !wire.PlainToken(verb) {
		return fmt.Errorf("check event type %q: %w", it.Event.Type, ErrToken)
	}
	if !wire.PlainToken(string(it.Event.Kind)) {
		return fmt.Errorf("check event kind %q: %w", it.Event.Kind, ErrToken)
	}
	return nil
}
