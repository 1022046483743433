package wire

import (
	"errors"
	"fmt"
	"strings"
)

// Root carries the version of the layout of subjects.
const Root = "plimsoll.v1"

// EventSubjects is what the stream of events takes: every fleet's and every host's events, and nothing else of the root.
const EventSubjects = Root + ".*.*.event.>"

// Word is what a message is about: the token behind the host's.
type Word string

// The words. Those of Down are sent to a host by an arbiter, all others by the host itself, but for Order, which is a
// person's.
const (
	Event    Word = "event" // with more tokens behind it: package fleet
	Presence Word = "presence"
	Register Word = "register"
	Ask      Word = "ask"
	Start    Word = "start"
	Release  Word = "release"
	Assert   Word = "assert"
	Opinion  Word = "opinion"
	Known    Word = "baseline"
	Poll     Word = "poll"
	Notice   Word = "notice"
	Order    Word = "order" // with what is asked for behind it
)

// Up are the words that a host may publish under its own token.
func Up() []Word { return []Word{Presence, Register, Ask, Start, Release, Assert, Opinion, Known} }

// Down are the words that reach a host.
func Down() []Word { return []Word{Poll, Notice} }

// Prefix is what all subjects of a fleet begin with, without the dot that follows. fleet is as FleetToken gives it.
func Prefix(fleet string) string { return Root + "." + fleet }

// Subject is where host's messages about w go. fleet and host are as FleetToken and HostToken give them; host may be "*",
// for every host.
func Subject(fleet, host string, w Word) string { return Prefix(fleet) + "." + host + "." + string(w) }

// OrderSubject is where a person asks for what. person may be "*".
func OrderSubject(fleet, person, what string) string {
	return Subject(fleet, person, Order) + "." + what
}

// Inbox is what the subjects begin with on which a host or a person awaits answers. The server lets each listen to its own
// alone.
func Inbox(token string) string { return "_INBOX." + token }

// ErrSubject is in the error of a subject that is none of ours.
var ErrSubject = errors.New("not a subject of plimsoll")

// Speaker takes from a subject of fleet who speaks: the host's or the person's token. It answers ErrSubject for a subject
// that has another form, or another fleet.
func Speaker(fleet, subject string) (string, error) {
	rest, ours := strings.CutPrefix(subject, Prefix(fleet)+".")
	token, word, two := strings.Cut(rest, ".")
	if !ours || !two || word == "" || !isHostToken(token) {
		return "", fmt.Errorf("read subject %q: %w", subject, ErrSubject)
	}
	return token, nil
}
