package fleet

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

const schemaFile = "../docs/schemas/event.v1.schema.json"

func TestTheDocumentListsExactlyTheTypesOfEvents(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(line, "|")
		const columns = 8 // six, and what stands before the first and after the last bar
		if len(cells) == columns && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			got = append(got, strings.Trim(cells[1], " `"))
		}
	}
	if diff := cmp.Diff(redundancy.EventTypes(), got); diff != "" {
		t.Errorf("types in docs/events.md (-want +got):\n%s", diff)
	}
}

func TestTheStoryTellsEveryType(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, it := range everyType(t) {
		told[it.Event.Type] = true
	}
	for _, kind := range redundancy.EventTypes() {
		if !told[kind] {
			t.Errorf("no event of type %s", kind)
		}
	}
}

// compile reads the schema; a strict one takes no field that it does not list.
func compile(t *testing.T, strict bool) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		b = bytes.ReplaceAll(b, []byte(`"additionalProperties": true`), []byte(`"additionalProperties": false`))
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("event.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("event.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, b []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRealEventsFitTheSchemaAndSayNothingItDoesNotList(t *testing.T) {
	t.Parallel()
	strict := compile(t, true)
	for i, it := range everyType(t) {
		if i%2 == 1 {
			it = volatile(it, i)
		}
		b := mustEncode(t, it)
		if err := strict.Validate(instance(t, b)); err != nil {
			t.Errorf("%s: %v\n%s", it.Event.Type, err, b)
		}
	}
}

func TestTheSchemaTakesAdditionsAndRefusesOmissions(t *testing.T) {
	t.Parallel()
	schema := compile(t, false)
	for _, it := range everyType(t) {
		var e map[string]any
		if err := json.Unmarshal(mustEncode(t, it), &e); err != nil {
			t.Fatal(err)
		}
		data, ok := e["data"].(map[string]any)
		if !ok {
			t.Fatal("no data")
		}
		data["novelty"] = "of a later version"
		if err := schema.Validate(e); err != nil {
			t.Errorf("%s with an addition: %v", it.Event.Type, err)
		}
		for key, value := range data {
			if key == "novelty" {
				continue
			}
			delete(data, key)
			if schema.Validate(e) == nil {
				t.Errorf("%s without %s fits the schema", it.Event.Type, key)
			}
			data[key] = value
		}
	}
}

func TestTheSchemaRefusesTheFaceOfAnotherType(t *testing.T) {
	t.Parallel()
	schema := compile(t, false)
	it := event("log1", 1, "e")
	it.Event.Is = &redundancy.Face{TextFace: &redundancy.TextFace{Text: "no face of a component"}}
	if schema.Validate(instance(t, mustEncode(t, it))) == nil {
		t.Error("component.failed with the face of a warning fits the schema")
	}
}

// asyncDocument is docs/asyncapi.yaml, as far as tests ask for it.
type asyncDocument struct {
	AsyncAPI string `yaml:"asyncapi"`
	Channels map[string]struct {
		Address    string `yaml:"address"`
		Parameters map[string]struct {
			Enum []string `yaml:"enum"`
		} `yaml:"parameters"`
	} `yaml:"channels"`
	Components struct {
		Messages map[string]struct {
			Headers struct {
				Properties map[string]any `yaml:"properties"`
			} `yaml:"headers"`
			Payload struct {
				Schema map[string]string `yaml:"schema"`
			} `yaml:"payload"`
		} `yaml:"messages"`
	} `yaml:"components"`
}

func asyncAPI(t *testing.T) asyncDocument {
	t.Helper()
	b, err := os.ReadFile("../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc asyncDocument
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheAsyncAPIDocumentNamesWhatIsSent(t *testing.T) {
	t.Parallel()
	doc := asyncAPI(t)
	events := doc.Channels["events"]
	if doc.AsyncAPI != "3.0.0" || events.Address != wire.Root+".{fleet}.{host}.event.{kind}.{noun}.{verb}" {
		t.Errorf("asyncapi %q, address %q", doc.AsyncAPI, events.Address)
	}
	for _, kind := range redundancy.EventTypes() {
		noun, _, _ := strings.Cut(kind, ".")
		if !slices.Contains(events.Parameters["noun"].Enum, noun) {
			t.Errorf("the noun of %s is not listed", kind)
		}
	}
	message := doc.Components.Messages["event"]
	for _, header := range []string{HeaderID, HeaderTime, HeaderPosition, HeaderSettled, HeaderAhead} {
		if message.Headers.Properties[header] == nil {
			t.Errorf("the header %s is not listed", header)
		}
	}
	if _, err := os.Stat("../docs/" + message.Payload.Schema["$ref"]); err != nil {
		t.Errorf("schema: %v", err)
	}
}
