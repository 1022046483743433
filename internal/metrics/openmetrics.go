package metrics

import (
	"bytes"
	"net/http"
	"strings"
)

// openMetricsType is OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), which Prometheus asks for first.
const openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

// wantsOpenMetrics reports whether the scraper names the format among those it takes. In how much it would like it more than
// another, all scrapers that do agree.
func wantsOpenMetrics(r *http.Request) bool {
	for _, accept := range r.Header.Values("Accept") {
		if strings.Contains(accept, "application/openmetrics-text") {
			return true
		}
	}
	return false
}

// appendOpenMetrics appends text, an exposition of ours, as OpenMetrics has it: a counter's name has _total in its samples alone,
// quotes in help are escaped, numbers are floats, and the end is said.
func appendOpenMetrics(to, text []byte) []byte {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if head, rest, ok := cutHead(line); ok {
			to = append(append(to, bytes.TrimSuffix(head, []byte("_total"))...), ' ')
			to = append(to, bytes.ReplaceAll(rest, []byte(`"`), []byte(`\"`))...)
			to = append(to, '\n')
			continue
		}
		to = append(to, line...)
		value := line[bytes.LastIndexByte(line, ' ')+1:]
		if !bytes.ContainsAny(value, ".eNI") { // nor NaN or Inf
			to = append(to, ".0"...)
		}
		to = append(to, '\n')
	}
	return append(to, "# EOF\n"...)
}

// cutHead splits "# HELP name text" and "# TYPE name text" behind the name.
func cutHead(line []byte) (head, rest []byte, ok bool) {
	const before = len("# HELP ")
	if len(line) < before || line[0] != '#' {
		return nil, nil, false
	}
	name, rest, _ := bytes.Cut(line[before:], []byte(" "))
	return line[:before+len(name)], rest, true
}
