package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// strict reads a schema as one that takes no field that it does not list.
func strict(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.ReplaceAll(b, []byte(`"additionalProperties": true`), []byte(`"additionalProperties": false`))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(file, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// fits says what is wrong with doc by a schema.
func fits(t *testing.T, schema *jsonschema.Schema, doc any) {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestWhatHooksAreToldFitsTheSchemaAndSaysNothingItDoesNotList(t *testing.T) {
	t.Parallel()
	schema := strict(t, "../../docs/schemas/hook.v1.schema.json")
	v := xtest.Faulty()
	call := func(group redundancy.ID, cause string) api.Hook {
		return api.NewHook(v, actions.Action{
			ID: "h1/l1/20", Rule: "tell", Verb: actions.Hook, Hook: "page", Group: group, Name: "md0", Reach: actions.ReachHost, Cause: cause,
			Decided: xtest.At(), Deadline: xtest.At().Add(time.Minute),
		}, xtest.At())
	}
	for _, g := range v.Assessment.Groups {
		fits(t, schema, call(g.Group.ID, "h1/l1/17"))
	}
	fits(t, schema, call("raid:gone", "h1/l1/1"))
	fits(t, schema, call("raid:gone", ""))
}

func TestHooksAreToldTheGroupTheActionAndItsCause(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	md0 := v.Assessment.Groups[1].Group.ID
	steady := actions.Action{ID: "h1/l1/20", Verb: actions.Hook, Hook: "page", Group: md0, Cause: "h1/l1/17"}
	work := steady
	work.Decided = xtest.At().Add(-time.Second)
	v.Will.Works = []actions.Work{{Action: work}}
	doc := api.NewHook(v, steady, xtest.At())
	if !doc.Action.Decided.Equal(work.Decided) {
		t.Errorf("decided at %s, want the wall clock's %s", doc.Action.Decided, work.Decided)
	}
	if doc.Group == nil || doc.Group.ID != md0 || doc.Group.Status != redundancy.Lost || doc.Host.Name != v.Host.Name {
		t.Errorf("the group is %+v on %+v", doc.Group, doc.Host)
	}
	if doc.Event == nil || doc.Event.Text == nil {
		t.Fatalf("the event is %+v", doc.Event)
	}
	if diff := cmp.Diff("sdb1 in slot 1 of md0 has failed", *doc.Event.Text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
