package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Line, Column int    // where in the file, from 1; 0 where it does not come from a file
	Key          string // the path of the key: "looks.raid.every"; empty where it is about the file as a whole
	What         string // what is wrong
	Want         string // what was expected; empty where What says it all
	Nearest      string // what was probably meant; empty where nothing comes near
}

// String is the problem in one line, without the file's name.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Want != "" {
		b.WriteString("; want " + p.Want)
	}
	if p.Nearest != "" {
		b.WriteString("; did you mean " + p.Nearest + "?")
	}
	return b.String()
}

// Error is everything that is wrong with one configuration.
type Error struct {
	File     string    // empty where it does not come from a file
	Problems []Problem // in the order of the file
	Cause    error     // why the file could not be read; nil where it could
}

func newError(file string, problems []Problem) *Error {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{File: file, Problems: problems}
}

// Error is one line for each problem, each starting with file, line and column as compilers write them.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("read config %s: %v", e.File, e.Cause)
	}
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		switch {
		case e.File == "":
			lines[i] = "config: " + p.String()
		case p.Line > 0:
			lines[i] = e.File + ":" + p.String()
		default:
			lines[i] = e.File + ": " + p.String()
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap is why the file could not be read.
func (e *Error) Unwrap() error { return e.Cause }

// Hint says what to do.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.Cause, fs.ErrPermission):
		return "this user may not read it: run this as root, or give the agent's user read access to the file"
	case e.Cause != nil:
		return "'plimsoll config default' prints a commented file to start from"
	}
	return "'plimsoll config default' prints every key with its meaning; 'plimsoll config check FILE' checks a file"
}
