package fleet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
)

// capture is one message of a stream, as the lab leaves it behind; testdata/captured says how it was made.
type capture struct {
	Address string          `json:"address"`
	Event   json.RawMessage `json:"event"`
}

// captured are the messages of every stream in testdata, which are some of many kinds.
func captured(t *testing.T) []capture {
	t.Helper()
	streams, err := filepath.Glob("testdata/captured/*.jsonl")
	if err != nil || len(streams) == 0 {
		t.Fatalf("no captured streams: %v", err)
	}
	var all []capture
	for _, name := range streams {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := json.NewDecoder(bufio.NewReader(bytes.NewReader(text))); ; {
			var m capture
			if err := lines.Decode(&m); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, m)
		}
	}
	return all
}

func TestEventsOfRealHostsFitTheSchemaAndSayNothingItDoesNotList(t *testing.T) {
	t.Parallel()
	strict := compile(t, true)
	for _, m := range captured(t) {
		if err := strict.Validate(instance(t, m.Event)); err != nil {
			t.Errorf("%s: %v\n%s", m.Address, err, m.Event)
		}
	}
}

func TestEventsOfRealHostsAreWhereTheAsyncAPIDocumentSaysTheyAre(t *testing.T) {
	t.Parallel()
	events := asyncAPI(t).Channels["events"]
	pattern := regexp.QuoteMeta(events.Address)
	for name, p := range events.Parameters {
		values := `[a-z0-9_-]+`
		if len(p.Enum) > 0 {
			values = strings.Join(p.Enum, "|")
		}
		pattern = strings.Replace(pattern, regexp.QuoteMeta("{"+name+"}"), "("+values+")", 1)
	}
	channel := regexp.MustCompile("^" + pattern + "$")
	for _, m := range captured(t) {
		if !channel.MatchString(m.Address) {
			t.Errorf("%s does not fit %s", m.Address, channel)
		}
	}
}

// TestTheOfficialSDKReadsWhatWeSend asks CloudEvents' own library for Go, with the events of real hosts and one of every type.
func TestTheOfficialSDKReadsWhatWeSend(t *testing.T) {
	t.Parallel()
	var all [][]byte
	for _, m := range captured(t) {
		all = append(all, m.Event)
	}
	for _, it := range everyType(t) {
		all = append(all, mustEncode(t, it))
	}
	for _, text := range all {
		var ours map[string]any
		if err := json.Unmarshal(text, &ours); err != nil {
			t.Fatal(err)
		}
		var theirs cloudevents.Event
		if err := json.Unmarshal(text, &theirs); err != nil {
			t.Errorf("the SDK does not read it: %v\n%s", err, text)
			continue
		}
		if err := theirs.Validate(); err != nil {
			t.Errorf("the SDK objects: %v\n%s", err, text)
		}
		read := map[string]any{
			"specversion": theirs.SpecVersion(), "id": theirs.ID(), "source": theirs.Source(), "type": theirs.Type(),
			"subject": theirs.Subject(), "time": theirs.Time().Format(timeLayout), "datacontenttype": theirs.DataContentType(),
		}
		maps.Copy(read, theirs.Extensions()) // of which we send none
		var data map[string]any
		if err := theirs.DataAs(&data); err != nil {
			t.Errorf("the SDK cannot read the data: %v\n%s", err, text)
		}
		read["data"] = data
		if diff := cmp.Diff(ours, read); diff != "" {
			t.Errorf("what the SDK reads is not what was sent (-sent +read):\n%s", diff)
		}
	}
}
