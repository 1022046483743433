package config

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Key is one key as the reference tells of it.
type Key struct {
	Path    string // "looks.raid.every"
	Type    string // "duration, 1s to 24h"; empty for a key that holds others
	Default string // as it stands in the default file; empty for a key that holds others
	About   string // the default file's comment
}

// Reference lists every key of the default file in its order, with the comment that stands above it. Types and ranges come
// from the code, so the three cannot tell different stories.
func Reference() ([]Key, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(defaultYAML, &doc); err != nil {
		return nil, fmt.Errorf("parse default.yaml: %w", err)
	}
	types := map[string]string{}
	each(reflect.ValueOf(Config{}), "", func(v reflect.Value, tags reflect.StructTag, path string) {
		types[path] = typeOf(v.Type(), tags)
	})
	var out []Key
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			k := Key{Path: join(path, key.Value), About: comment(key.HeadComment)}
			k.Type = types[k.Path]
			out = append(out, k)
			if k.Type == "" {
				walk(value, k.Path)
				continue
			}
			out[len(out)-1].Default = written(value)
		}
	}
	walk(doc.Content[0], "")
	return out, nil
}

// typeOf says what a value may be.
func typeOf(t reflect.Type, tags reflect.StructTag) string {
	kind := map[reflect.Kind]string{
		reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "number",
		reflect.Int64: "duration", reflect.Slice: "list", reflect.Map: "names with texts",
	}[t.Kind()]
	switch {
	case tags.Get("oneof") != "":
		return oneOf(strings.Fields(tags.Get("oneof")))
	case rangeOf(tags) != "":
		return kind + ", " + rangeOf(tags)
	case t.Kind() == reflect.Map && tags.Get("form") != "":
		return "names with " + tags.Get("form") + "s"
	case t.Kind() == reflect.Slice:
		return "list of " + tags.Get("form") + "s"
	case tags.Get("form") != "":
		return tags.Get("form")
	}
	return kind
}

// comment is the text of a comment without its marks. Where a blank line parts it, the last paragraph is the key's own.
func comment(head string) string {
	paragraphs := strings.Split(head, "\n\n")
	lines := strings.Split(paragraphs[len(paragraphs)-1], "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(l, "#"))
	}
	return strings.Join(lines, " ")
}

// written is a value as it stands in the file.
func written(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		var words []string
		for _, v := range n.Content {
			words = append(words, written(v))
		}
		return "[" + strings.Join(words, ", ") + "]"
	case n.Kind == yaml.MappingNode:
		return "{}"
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return `"` + n.Value + `"`
	}
	return n.Value
}
