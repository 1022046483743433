package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// place is where in the file something stands.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// decoder turns a tree of YAML nodes into a Config and collects what is wrong on the way. It goes on after a problem, so
// that a person sees all of them at once.
type decoder struct {
	problems []Problem
	places   map[string]place // of each key's value, by the key's path
}

func (d *decoder) report(at place, p Problem) {
	p.Line, p.Column = at.line, at.column
	d.problems = append(d.problems, p)
}

// nearestPlace is where key stands, or the key above it that is there, or the start of the file.
func (d *decoder) nearestPlace(key string) place {
	for key != "" {
		if at, ok := d.places[key]; ok {
			return at
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return place{1, 1}
}

// yamlLine finds the line in the library's message: "yaml: line 3: mapping values are not allowed in this context".
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// zeroBased are the messages of the library's parser. yaml v3.0.6 counts lines from 0 in these and from 1 in its scanner's
// (decode.go, parser.fail); an unclosed "[" on line 2 shows it.
var zeroBased = regexp.MustCompile(`^did not find expected (<|node content|key|'-' indicator|',' or)`)

// notYAML is the library's complaint as a problem.
func notYAML(err error) (place, Problem) {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = strings.TrimPrefix(text, m[0])
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	if zeroBased.MatchString(text) {
		line++
	}
	return place{max(line, 1), 1}, Problem{What: "not YAML: " + text}
}

// document is the root node of text, and false where there is none to go on with.
func (d *decoder) document(text []byte) (*yaml.Node, bool) {
	if len(text) > maxSize {
		d.report(place{1, 1}, Problem{What: "the file is too large", Want: fmt.Sprintf("at most %d bytes", maxSize)})
		return nil, false
	}
	if !d.readable(text) {
		return nil, false
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&doc)
	if err == nil {
		if err = dec.Decode(&more); err == nil {
			d.report(placeOf(&more), Problem{What: "a second document", Want: "one document, without '---' in the middle"})
			return nil, false
		}
	}
	if !errors.Is(err, io.EOF) {
		d.report(notYAML(err))
		return nil, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, true // empty, or comments alone: every default holds, and the missing version is reported
	}
	return doc.Content[0], true
}

// readable looks for what the parser would report without a line, or in words that help nobody.
func (d *decoder) readable(text []byte) bool {
	line := 0
	for l := range bytes.Lines(text) {
		line++
		l = bytes.TrimPrefix(l, []byte("\uFEFF"))
		if i := bytes.IndexByte(l, '\t'); i >= 0 && len(bytes.TrimLeft(l[:i], " ")) == 0 && len(bytes.TrimSpace(l)) > 0 {
			d.report(place{line, i + 1}, Problem{What: "a tab in the indentation", Want: "spaces"})
		}
		for i := 0; i < len(l); {
			r, size := utf8.DecodeRune(l[i:])
			if (r == utf8.RuneError && size == 1) || (r < ' ' && !strings.ContainsRune("\t\r\n", r)) || r == 0x7f {
				d.report(place{line, i + 1}, Problem{What: fmt.Sprintf("the byte %#02x", l[i]), Want: "text in UTF-8"})
				break
			}
			i += size
		}
	}
	return len(d.problems) == 0
}

func (d *decoder) root(root *yaml.Node, c *Config) {
	if root == nil {
		d.report(place{1, 1}, Problem{Key: "version", What: "missing", Want: strconv.Itoa(Version)})
		return
	}
	d.value(root, reflect.ValueOf(c).Elem(), "")
	if _, ok := d.places["version"]; !ok && root.Kind == yaml.MappingNode {
		d.report(placeOf(root), Problem{Key: "version", What: "missing", Want: strconv.Itoa(Version)})
	}
}

// value reads n into v, whose key has this path. v keeps its value where n has a problem.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	d.places[path] = placeOf(n)
	if p, ok := foreign(n); ok {
		p.Key = path
		d.report(placeOf(n), p)
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && v.Kind() != reflect.Struct && v.Kind() != reflect.Map && v.Kind() != reflect.Slice {
		d.report(placeOf(n), Problem{Key: path, What: "no value", Want: wanted(v.Type()) + ", or no such line"})
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, path, func(key, value *yaml.Node, at string) {
			d.field(key, value, v, at)
		})
	case reflect.Map:
		out := reflect.MakeMap(v.Type())
		d.mapping(n, path, func(key, value *yaml.Node, at string) {
			e := reflect.New(v.Type().Elem()).Elem()
			if h, hook := reflect.TypeAssert[*Hook](e.Addr()); hook {
				*h = defaultHook()
			}
			d.value(value, e, at)
			out.SetMapIndex(reflect.ValueOf(key.Value), e)
		})
		if out.Len() > 0 {
			v.Set(out)
		}
	case reflect.Slice:
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// foreign finds the parts of YAML that we do not take.
func foreign(n *yaml.Node) (Problem, bool) {
	switch {
	case n.Kind == yaml.AliasNode:
		return Problem{What: "the alias *" + n.Value, Want: "the value itself"}, true
	case n.Anchor != "":
		return Problem{What: "the anchor &" + n.Anchor, Want: "the value alone"}, true
	case n.Style&yaml.TaggedStyle != 0:
		return Problem{What: "the tag " + n.Tag, Want: "the value alone"}, true
	}
	return Problem{}, false
}

// mapping hands each pair of n to each, with the path of its key.
func (d *decoder) mapping(n *yaml.Node, path string, each func(key, value *yaml.Node, at string)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // all keys below are commented out: every default holds
	}
	if n.Kind != yaml.MappingNode {
		d.report(placeOf(n), Problem{Key: path, What: found(n), Want: "keys with values"})
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if p, ok := foreign(key); ok || key.Kind != yaml.ScalarNode {
			if !ok {
				p = Problem{What: found(key) + " as a key", Want: "a word"}
			}
			p.Key = path
			d.report(placeOf(key), p)
			continue
		}
		at := join(path, key.Value)
		if line, twice := first[key.Value]; twice {
			d.report(placeOf(key), Problem{Key: at, What: fmt.Sprintf("given twice, first on line %d", line), Want: "it once"})
			continue
		}
		first[key.Value] = key.Line
		each(key, value, at)
	}
}

func (d *decoder) field(key, value *yaml.Node, v reflect.Value, at string) {
	var siblings []string
	for f := range v.Type().Fields() {
		name := f.Tag.Get("yaml")
		if name == key.Value {
			d.value(value, v.FieldByIndex(f.Index), at)
			return
		}
		siblings = append(siblings, name)
	}
	p := Problem{Key: at, What: "unknown key", Nearest: nearestKey(at, siblings, knownKeys())}
	if p.Nearest == "" {
		p.Want = oneOf(siblings)
	}
	d.report(placeOf(key), p)
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	items := n.Content
	if _, alone := reflect.TypeAssert[Words](v); alone && n.Kind == yaml.ScalarNode {
		items = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		d.report(placeOf(n), Problem{Key: path, What: found(n), Want: "a list, such as [a, b]"})
		return
	}
	out := reflect.Zero(v.Type())
	for i, item := range items {
		s := reflect.New(v.Type().Elem()).Elem()
		switch item := s.Addr().Interface().(type) {
		case *Rule:
			*item = defaultRule()
		case *Probe:
			*item = defaultProbe()
		case *Service:
			*item = defaultService()
		case *ServiceMember:
			*item = defaultMember()
		}
		d.value(item, s, fmt.Sprintf("%s[%d]", path, i))
		out = reflect.Append(out, s)
	}
	v.Set(out)
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.report(placeOf(n), Problem{Key: path, What: found(n), Want: wanted(v.Type())})
		return
	}
	bad := Problem{Key: path, What: found(n), Want: wanted(v.Type())}
	switch v.Interface().(type) {
	case time.Duration:
		t, err := time.ParseDuration(n.Value)
		if _, bare := strconv.ParseFloat(n.Value, 64); bare == nil {
			bad.What, bad.Nearest = fmt.Sprintf("the duration %q has no unit", n.Value), n.Value+"s"
			d.report(placeOf(n), bad)
			return
		}
		if err != nil {
			d.report(placeOf(n), bad)
			return
		}
		v.SetInt(int64(t))
	case int:
		i, err := strconv.Atoi(n.Value)
		if n.Tag != "!!int" || err != nil {
			d.report(placeOf(n), bad)
			return
		}
		v.SetInt(int64(i))
	case bool:
		if n.Tag != "!!bool" || (n.Value != "true" && n.Value != "false") {
			d.report(placeOf(n), bad)
			return
		}
		v.SetBool(n.Value == "true")
	case string:
		if n.Tag != "!!str" {
			bad.Nearest = strconv.Quote(n.Value)
			d.report(placeOf(n), bad)
			return
		}
		v.SetString(n.Value)
	}
}

// found says what stands at n.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool":
		return "the boolean " + n.Value
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "the date " + n.Value
	}
	return "the text " + strconv.Quote(n.Value)
}

// wanted says what a value of type t looks like.
func wanted(t reflect.Type) string {
	switch reflect.Zero(t).Interface().(type) {
	case time.Duration:
		return "a duration with a unit, such as 500ms, 10s or 5m"
	case int:
		return "a whole number"
	case bool:
		return "true or false"
	}
	return "text"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
