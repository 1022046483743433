package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"plimsoll/lab/story"
	"plimsoll/redundancy"
)

// screen shows a story to people.
type screen struct {
	io.Writer
	color bool
}

// Select Graphic Rendition (ECMA-48, 8.3.117).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

func (s screen) in(style, text string) string {
	if !s.color || style == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (s screen) opening(told story.Story) {
	first, _, _ := strings.Cut(told.About, "\n\n")
	fmt.Fprintf(s, "%s\n", s.in(bold, first))
	fmt.Fprintf(s, "%s\n", s.in(dim, "The agent is real, with a NATS JetStream server of its own; the host is a file."))
}

func (s screen) curtain(n, of int, act story.Act) {
	fmt.Fprintf(s, "\n%s\n", s.in(bold+";"+cyan, fmt.Sprintf("── %d of %d: %s", n, of, act.Title)))
	if act.Text != "" {
		fmt.Fprintf(s, "%s\n", act.Text)
	}
}

func (s screen) event(e redundancy.Event) {
	style := ""
	switch e.Severity {
	case redundancy.SeverityCritical:
		style = red
	case redundancy.SeverityWarning:
		style = yellow
	case redundancy.SeverityInfo, redundancy.SeverityUnknown:
	}
	fmt.Fprintf(s, "  %s %s %-21s  %s\n", s.in(dim, e.Time.Local().Format(time.TimeOnly)),
		s.in(style, fmt.Sprintf("%-8s", e.Severity)), e.Type, cmp.Or(e.Text, string(e.Subject)))
}

func (s screen) question(args []string) {
	fmt.Fprintf(s, "\n%s\n", s.in(bold, "$ plimsoll "+strings.Join(args, " ")))
}

func (s screen) applause(events int) {
	fmt.Fprintf(s, "\n%s\n", s.in(bold, fmt.Sprintf(
		"The agent has told what the story wants: %d events, all of them acknowledged by its JetStream server.", events)))
}
