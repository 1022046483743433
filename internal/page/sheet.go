package page

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"html/template"
	"iter"
	"regexp"
	"time"

	"plimsoll/internal/phrase"
)

// block is a piece of the page that is sent anew when its sum changes.
type block struct {
	html template.HTML
	sum  uint64
}

// ages are texts that time alone changes. The script keeps them right, so they don't count as a change.
var ages = regexp.MustCompile(`(<time data-(?:age|until)[^>]*>)[^<]*`)

func newBlock(html []byte) block {
	sum := fnv.New64a()
	_, _ = sum.Write(ages.ReplaceAll(html, []byte("$1"))) // a hash takes everything
	return block{template.HTML(html), sum.Sum64()}        //nolint:gosec // it comes from html/template, which has escaped it
}

// sheet is a whole page in blocks. It is never changed once it was shown.
type sheet struct {
	of     any       // what it was made of, where that can be compared
	at     time.Time // when what it shows was so
	title  string
	blocks map[string]block // the sections
	groups map[string]block
	order  []string // of groups
	says   []saying // what is read out when it comes up, the newest last
}

// block is the one with this id.
func (s *sheet) block(id string) (block, bool) {
	if b, there := s.blocks[id]; there {
		return b, true
	}
	b, there := s.groups[id]
	return b, there
}

// printer makes the blocks of a sheet.
type printer struct {
	html *template.Template
	buf  bytes.Buffer
	err  error // the first
}

func (p *printer) block(name string, data any) block {
	p.buf.Reset()
	if p.err == nil {
		p.err = p.html.ExecuteTemplate(&p.buf, name, data)
	}
	return newBlock(p.buf.Bytes())
}

// all are the blocks by id.
func (s *sheet) all() iter.Seq2[string, block] {
	return func(yield func(string, block) bool) {
		for _, of := range []map[string]block{s.blocks, s.groups} {
			for id, b := range of {
				if !yield(id, b) {
					return
				}
			}
		}
	}
}

func (s *sheet) whole(version string, now time.Time) whole {
	out := whole{frame: frame{Now: now, At: s.at}, Title: s.title, Version: version, Blocks: map[string]template.HTML{}}
	for id, b := range s.blocks {
		out.Blocks[id] = b.html
	}
	for _, id := range s.order {
		out.Groups = append(out.Groups, s.groups[id].html)
	}
	return out
}

// frame is the moment that a block is of.
type frame struct{ Now, At time.Time }

// Age is how long ago t was.
func (f frame) Age(t time.Time) template.HTML { return moment("age", t, f.Now.Sub(t)) }

// Until is how long it is to t.
func (f frame) Until(t time.Time) template.HTML { return moment("until", t, t.Sub(f.Now)) }

// Ago is the moment that was so many seconds ago, to the second: to more, it would be another one each time it is asked for.
func (f frame) Ago(ageS *float64) template.HTML {
	if ageS == nil {
		return "never"
	}
	d := phrase.Seconds(*ageS)
	return moment("age", f.Now.Add(-d).Round(time.Second), d)
}

func moment(kind string, t time.Time, d time.Duration) template.HTML {
	return template.HTML(fmt.Sprintf( //nolint:gosec // made of numbers
		`<time data-%s datetime="%s">%s</time>`, kind, t.UTC().Format(time.RFC3339), phrase.Lasting(d.Truncate(time.Second))))
}
