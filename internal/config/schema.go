package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// schemaDialect is the JSON Schema that Schema is written in.
const schemaDialect = "https://json-schema.org/draft/2020-12/schema"

// durationPattern is what time.ParseDuration takes, without a sign.
const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

// schema is one part of a JSON Schema.
type schema map[string]any

// Schema is the configuration file as a JSON Schema, for editors that complete and check YAML by one. What it refuses, the agent
// refuses too; the agent also refuses what goes wrong between keys, or is out of a form's or a duration's bounds.
func Schema() ([]byte, error) {
	keys, err := Reference()
	if err != nil {
		return nil, err
	}
	about := map[string]string{}
	for _, k := range keys {
		about[k.Path] = k.About
	}
	var defaults any
	if err := yaml.Unmarshal(defaultYAML, &defaults); err != nil {
		return nil, fmt.Errorf("parse default.yaml: %w", err)
	}
	root := object(reflect.TypeFor[Config](), "", about, defaults)
	root["$schema"], root["title"] = schemaDialect, "The configuration of plimsolld"
	root["required"] = []string{"version"}
	return json.MarshalIndent(root, "", "  ")
}

// object is the schema of a struct at path. What is known of its keys is in about, and what they are by default in defaults.
func object(t reflect.Type, path string, about map[string]string, defaults any) schema {
	properties := schema{}
	byKey, _ := defaults.(map[string]any)
	for field := range t.Fields() {
		name := field.Tag.Get("yaml")
		at := join(path, name)
		s := value(field.Type, field.Tag, at, about, byKey[name])
		if text := about[at]; text != "" {
			s["description"] = text
		}
		if is, given := byKey[name]; given && field.Type.Kind() != reflect.Struct {
			s["default"] = is
		}
		properties[name] = s
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

// value is the schema of what a key holds.
func value(t reflect.Type, tags reflect.StructTag, path string, about map[string]string, defaults any) schema {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return schema{"type": "string", "pattern": durationPattern}
	case t == reflect.TypeFor[Words]():
		one := text(tags)
		return schema{"oneOf": []schema{one, {"type": "array", "items": one}}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return object(t, path, about, defaults)
	case reflect.Slice:
		return schema{"type": "array", "items": value(t.Elem(), tags, path+"[]", about, nil)}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": value(t.Elem(), "", path+"[]", about, nil)}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int:
		s := schema{"type": "integer"}
		if rangeOf(tags) != "" {
			s["minimum"], s["maximum"] = number(tags.Get("min")), number(tags.Get("max"))
		}
		return s
	case reflect.String:
		return text(tags)
	}
	panic("internal error: config: no schema for " + path + ", a " + t.String())
}

// text is the schema of a text.
func text(tags reflect.StructTag) schema {
	if w := words(tags); len(w) > 0 {
		return schema{"type": "string", "enum": w}
	}
	s := schema{"type": "string"}
	if form := tags.Get("form"); form != "" {
		s["title"] = strings.ReplaceAll(form, "optional ", "")
	}
	return s
}
