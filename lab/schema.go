package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaFile is what events promise to look like, from the repository's root.
const schemaFile = "docs/schemas/event.v1.schema.json"

// expectSchema checks every event of the raw stream against the published
// schema, and that none has a field that the schema does not list.
func (s *session) expectSchema(ctx context.Context) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	schema, err := compileStrict(text)
	if err != nil {
		return err
	}
	events, err := s.nats.Read(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Raw))
		if err != nil {
			return fmt.Errorf("parse event %d: %w", e.Seq, err)
		}
		if err := schema.Validate(doc); err != nil {
			return fmt.Errorf("event %d does not fit the schema: %w", e.Seq, err)
		}
	}
	s.out.line("every event fits the schema: %d of %d", len(events), len(events))
	return nil
}

// compileStrict makes a schema that takes no field it does not list.
func compileStrict(text []byte) (*jsonschema.Schema, error) {
	text = bytes.ReplaceAll(text, []byte(`"additionalProperties": true`), []byte(`"additionalProperties": false`))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("event.json", doc); err != nil {
		return nil, fmt.Errorf("add schema: %w", err)
	}
	return c.Compile("event.json")
}
