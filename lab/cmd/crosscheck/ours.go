package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// told is what the agent tells: where it saw what, and which device a part is by its id.
type told struct {
	values  map[string]string
	devices map[string]string // by the part's name
}

// component is a member of a group, or one in no group, as `plimsoll status --json` has it.
type component struct {
	Name     string
	Device   string
	Evidence []struct {
		Where string
		Value string
	}
}

func parseStatus(b []byte) (told, error) {
	var status struct {
		Groups []struct {
			component
			Members []component
		}
		Components []component
	}
	if err := json.Unmarshal(b, &status); err != nil {
		return told{}, fmt.Errorf("read the agent's status: %w", err)
	}
	t := told{values: make(map[string]string), devices: make(map[string]string)}
	for _, g := range status.Groups {
		for _, c := range append([]component{g.component}, g.Members...) {
			t.take(c)
		}
	}
	for _, c := range status.Components {
		t.take(c)
	}
	return t, nil
}

func (t told) take(c component) {
	if c.Device != "" {
		t.devices[c.Name] = c.Device
	}
	for _, e := range c.Evidence {
		if e.Value != "" {
			t.values[e.Where] = e.Value
		}
	}
}

// ending is the value of the evidence whose place ends so.
func (t told) ending(with string) string {
	for where, value := range t.values {
		if strings.HasSuffix(where, with) {
			return value
		}
	}
	return ""
}
