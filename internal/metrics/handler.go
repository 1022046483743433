package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/view"
)

// contentType is the text exposition format, which every Prometheus and every agent that speaks for one takes; who names
// OpenMetrics among what it takes, gets that.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Options are what is served beside our own metrics.
type Options struct {
	// NodeExporter adds what is known under names of node_exporter's, for dashboards and alerts that are there already.
	NodeExporter bool
}

// Handler serves what newest returns, which may be nil before the agent's first step; now is for ages.
//
// Answers are not compressed: that would cost more than all else a scrape does, and memory that stays, to save some tens
// of kilobytes on a local network every 15 s.
func Handler(newest func() *view.View, now func() time.Time, o Options) http.Handler {
	pages := sync.Pool{New: func() any { return &page{with: o} }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open := wantsOpenMetrics(r)
		w.Header().Set("Content-Type", contentType)
		if open {
			w.Header().Set("Content-Type", openMetricsType)
		}
		v := newest()
		if v == nil {
			if open { // nothing but an end is an exposition, too
				_, _ = w.Write(appendOpenMetrics(nil, nil))
			}
			return
		}
		p, ours := pages.Get().(*page)
		if !ours {
			panic("internal error: a page pool without pages")
		}
		defer pages.Put(p)
		text := p.render(v, now())
		if open {
			p.open = appendOpenMetrics(p.open[:0], text)
			text = p.open
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(text))) // one write, and not in chunks
		_, _ = w.Write(text)                                      // a scraper that is gone has no use for the error
	})
}

// page is one exposition in the making. Its memory is used again, and so is what it said of a view that is still the newest:
// only ages differ then.
type page struct {
	with          Options
	of            *view.View
	before, after []byte        // the exposition of that view but for ages
	metrics       [count][]byte // the samples of each metric
	whole         []byte
	open          []byte // the same as OpenMetrics
}

// render is the exposition of v at now, valid until the next call.
func (p *page) render(v *view.View, now time.Time) []byte {
	if p.of != v {
		for i := range p.metrics {
			p.metrics[i] = p.metrics[i][:0]
		}
		samples(v, p.with, p.put)
		p.before, p.after = p.lines(p.before[:0], 0, lookAge), p.lines(p.after[:0], scrubAge+1, count)
		p.of = v
	}
	p.metrics[lookAge], p.metrics[scrubAge] = p.metrics[lookAge][:0], p.metrics[scrubAge][:0]
	ages(v, now, p.put)
	p.whole = append(p.whole[:0], p.before...)
	p.whole = p.lines(p.whole, lookAge, scrubAge+1)
	p.whole = append(p.whole, p.after...)
	return p.whole
}

// lines appends the metrics from one up to another, each with its head.
func (p *page) lines(to []byte, from, until int) []byte {
	for i := from; i < until; i++ {
		if len(p.metrics[i]) == 0 {
			continue
		}
		m := catalogue[i]
		to = append(to, "# HELP "+m.name+" "+m.help+"\n# TYPE "+m.name+" "+string(m.kind)+"\n"...)
		to = append(to, p.metrics[i]...)
	}
	return to
}

func (p *page) put(which int, value float64, labels ...string) {
	m := &catalogue[which]
	b := append(p.metrics[which], m.name...)
	for i, l := range labels {
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(b, m.labels[i]...)
		b = append(b, `="`...)
		b = appendEscaped(b, l)
		b = append(b, '"')
	}
	if len(labels) > 0 {
		b = append(b, '}')
	}
	b = append(b, ' ')
	b = strconv.AppendFloat(b, value, 'g', -1, 64)
	p.metrics[which] = append(b, '\n')
}

// appendEscaped appends a label value as the format wants it. Names come from the kernel, which promises no UTF-8; one odd
// name must not cost the scrape.
func appendEscaped(b []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for i := range len(s) {
		switch s[i] {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		case '"':
			b = append(b, `\"`...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}
