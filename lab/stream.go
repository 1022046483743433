package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab/script"
)

// Event is one message of the raw stream: what a consumer of PLIMSOLL_EVENTS
// gets, read without the agent's code.
type Event struct {
	Seq     uint64    // in the stream
	Stored  time.Time // by the server's clock
	Address string    // the NATS subject
	Raw     []byte

	ID      string
	Host    string // the name of who tells it
	Type    string // without "plimsoll." and ".v1"
	Subject string
	Time    time.Time
	Data    map[string]any
}

// ParseEvent reads a CloudEvent in structured JSON.
func ParseEvent(raw []byte) (Event, error) {
	var e struct {
		SpecVersion string         `json:"specversion"`
		ID          string         `json:"id"`
		Source      string         `json:"source"`
		Type        string         `json:"type"`
		Subject     string         `json:"subject"`
		Time        time.Time      `json:"time"`
		Data        map[string]any `json:"data"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return Event{}, fmt.Errorf("parse event: %w", err)
	}
	bare, ok := strings.CutPrefix(e.Type, "plimsoll.")
	if ok {
		bare, ok = strings.CutSuffix(bare, ".v1")
	}
	switch {
	case !ok:
		return Event{}, fmt.Errorf("parse event: type %q is not plimsoll.<noun>.<verb>.v1", e.Type)
	case e.SpecVersion != "1.0" || e.ID == "" || e.Source == "":
		return Event{}, fmt.Errorf("parse event: no CloudEvents 1.0 with id and source: %s", raw)
	}
	return Event{Raw: raw, ID: e.ID, Host: path.Base(e.Source), Type: bare, Subject: e.Subject, Time: e.Time, Data: e.Data}, nil
}

// At is the value at a dotted path within the event's data, as text; false if
// there is none or it is null.
func (e Event) At(dotted string) (string, bool) { return at(e.Data, dotted) }

func at(v any, dotted string) (string, bool) {
	for key := range strings.SplitSeq(dotted, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return "", false
		}
		if v, ok = m[key]; !ok {
			return "", false
		}
	}
	if v == nil {
		return "", false // unknown is null
	}
	if s, ok := v.(string); ok {
		return s, true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

// Matches reports whether the event is such a one. names are the names for
// people of groups and members, by id.
func (e Event) Matches(want script.Event, names map[string]string) bool {
	if ok, err := path.Match(want.Type, e.Type); err != nil || !ok {
		return false
	}
	for _, w := range want.With {
		key, value, _ := strings.Cut(w, "=")
		got, ok := e.At(key)
		if !ok || !script.Same(value, got) && got != value {
			return false
		}
	}
	if want.From != "" && want.From != e.Host {
		return false
	}
	return want.About == "" || e.isAbout(want.About, names)
}

// isAbout matches "md0" with every event of the group and its members, and
// "md0/sdb" with those of the member.
func (e Event) isAbout(about string, names map[string]string) bool {
	if e.Subject == about {
		return true
	}
	name, _ := e.At("name")
	group, _ := e.At("group")
	if name == "" {
		name = names[group]
	}
	wantGroup, wantMember, hasMember := strings.Cut(about, "/")
	if !hasMember {
		return name == wantGroup || group == wantGroup || names[e.Subject] == wantGroup
	}
	device, _ := e.At("device_name")
	return (name == wantGroup && device == wantMember) || names[e.Subject] == about
}

// OnceAndInOrder checks the whole raw stream: no event id twice, and within
// each log of each host the sequence numbers rising.
func OnceAndInOrder(events []Event) error {
	seen := make(map[string]uint64)
	last := make(map[string]uint64)
	var problems []error
	for _, e := range events {
		if first, ok := seen[e.ID]; ok {
			problems = append(problems, fmt.Errorf("event %s is in the stream twice, at %d and %d", e.ID, first, e.Seq))
			continue
		}
		seen[e.ID] = e.Seq
		slash := strings.LastIndexByte(e.ID, '/')
		if slash < 0 {
			problems = append(problems, fmt.Errorf("event id %q at %d is not host/log/sequence", e.ID, e.Seq))
			continue
		}
		log := e.ID[:slash]
		n, err := strconv.ParseUint(e.ID[slash+1:], 10, 64)
		if err != nil {
			problems = append(problems, fmt.Errorf("event id %q at %d is not host/log/sequence", e.ID, e.Seq))
			continue
		}
		if n <= last[log] {
			problems = append(problems, fmt.Errorf("event %s at %d comes after sequence %d of the same log", e.ID, e.Seq, last[log]))
		}
		last[log] = max(last[log], n)
	}
	return errors.Join(problems...)
}

// Fold is what the stream says of each group at its end, by the group's name:
// the status of its last event that tells one. Groups that were removed are
// left out.
func Fold(events []Event) map[string]string {
	state := make(map[string]string)
	for _, e := range events {
		name, ok := e.At("name")
		if !ok || name == "" {
			continue
		}
		status, ok := e.At("is.status")
		noun, _, _ := strings.Cut(e.Type, ".")
		switch {
		case e.Type == "group.removed":
			delete(state, name)
		case ok && (noun == "redundancy" || noun == "group"):
			state[name] = status
		}
	}
	return state
}
