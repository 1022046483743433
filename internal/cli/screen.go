package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how a piece of text looks where colour is wanted. It never carries meaning alone: there is always a word or mark.
type style uint8

const (
	plain style = iota
	bold
	dim
	red
	alarm // bold red
	green
	yellow
	magenta
	cyan
)

// sgr are the terminal's codes for the styles (ECMA-48, Select Graphic Rendition).
var sgr = [...]string{plain: "", bold: "1", dim: "2", red: "31", alarm: "1;31", green: "32", yellow: "33", magenta: "35", cyan: "36"}

// span is a piece of text in one style. It is made by say, so that it is always clean.
type span struct {
	style style
	text  string
}

// line is a line of text.
type line []span

// say is text in a style, cleaned.
func say(s style, text string) span { return span{s, clean(text)} }

// sayf formats first.
func sayf(s style, format string, args ...any) span { return say(s, fmt.Sprintf(format, args...)) }

// clean is text with everything that is not printable escaped: names come from the kernel, and a terminal obeys them.
func clean(text string) string {
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if unprintable(r) {
			quoted := strconv.QuoteToASCII(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
		text = text[size:]
	}
	return b.String()
}

func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// cleanLines is clean for text of several lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = clean(l)
	}
	return strings.Join(lines, "\n")
}

func width(text string) int { return utf8.RuneCountInString(text) }

func (l line) width() int {
	n := 0
	for _, s := range l {
		n += width(s.text)
	}
	return n
}

// pad is l followed by spaces up to n columns.
func (l line) pad(n int) line {
	if w := l.width(); w < n {
		return append(slices.Clip(l), span{plain, strings.Repeat(" ", n-w)})
	}
	return l
}

// fit is l in at most n columns, with an ellipsis where something is missing.
func (l line) fit(n int) line {
	if l.width() <= n {
		return l
	}
	var out line
	for _, s := range l {
		room := n - out.width()
		if width(s.text) >= room { // what follows does not fit
			return append(out, span{s.style, cut(s.text+" ", room)})
		}
		out = append(out, s)
	}
	return out
}

// cut is text of at most n columns, with an ellipsis where something is missing.
func cut(text string, n int) string {
	if width(text) <= n || n < 1 {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// wrap breaks text into pieces of at most n columns, at spaces; a word longer than that stays whole.
func wrap(text string, n int) []string {
	var out []string
	rest := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case rest == "":
			rest = word
		case width(rest)+1+width(word) <= n:
			rest += " " + word
		default:
			out = append(out, rest)
			rest = word
		}
	}
	if rest != "" {
		out = append(out, rest)
	}
	return out
}

// screen is where lines go.
type screen struct {
	out   io.Writer
	color bool
	width int
}

// usualWidth is what is assumed where there is no terminal to ask.
const usualWidth = 80

func (c *command) screen() screen {
	s := screen{out: c.Out, color: c.color == "always", width: usualWidth}
	if columns, _, ok := c.Terminal(); ok {
		s.width = columns
		s.color = s.color || c.color == "auto" && !c.NoColor
	}
	return s
}

// show writes lines, without spaces at their ends.
func (s screen) show(lines ...line) {
	for _, l := range lines {
		fmt.Fprintln(s.out, s.text(l))
	}
}

func (s screen) text(l line) string {
	var b strings.Builder
	for i, sp := range l {
		text := sp.text
		if i == len(l)-1 {
			text = strings.TrimRight(text, " ")
		}
		if s.color && sp.style != plain && text != "" {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", sgr[sp.style], text)
		} else {
			b.WriteString(text)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// table sets rows in columns, two spaces apart.
func table(rows [][]line) []line {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cell.width())
		}
	}
	out := make([]line, len(rows))
	for i, row := range rows {
		for j, cell := range row {
			if j > 0 {
				out[i] = append(out[i], span{plain, "  "})
			}
			out[i] = append(out[i], cell.pad(widths[j])...)
		}
	}
	return out
}

// node is a tree of lines.
type node struct {
	line line
	kids []node
}

// tree draws n and all below it.
func (n node) tree() []line {
	out := []line{n.line}
	for i, kid := range n.kids {
		first, rest := "├─ ", "│  "
		if i == len(n.kids)-1 {
			first, rest = "└─ ", "   "
		}
		for j, l := range kid.tree() {
			lead := rest
			if j == 0 {
				lead = first
			}
			out = append(out, append(line{{dim, lead}}, l...))
		}
	}
	return out
}
