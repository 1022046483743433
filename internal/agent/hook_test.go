package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
)

func TestHooksOfTheConfigurationAreToldWhatIsPublished(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "told")
	v := xtest.Faulty()
	h := host{operators: map[actions.Verb]actions.Operator{}, hooks: hooks(config.Hooks{"page": {
		Argv: []string{"/bin/sh", "-c", `cat >"$1"`, "sh", to}, Timeout: time.Minute,
	}})}
	hands := h.hands(func() *view.View { return v })
	md0 := v.Assessment.Groups[1].Group.ID
	if err := hands[actions.Hook].Do(t.Context(), actions.Action{ID: "h1/l1/20", Verb: actions.Hook, Hook: "page", Group: md0}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	var doc api.Hook
	if err := json.Unmarshal(text, &doc); err != nil || doc.Schema != api.SchemaHook || doc.Group == nil || doc.Group.ID != md0 {
		t.Errorf("%v, told %s", err, text)
	}
	if _, hooked := (host{operators: map[actions.Verb]actions.Operator{}}).hands(nil)[actions.Hook]; hooked {
		t.Error("there are hooks, and none is configured")
	}
}
