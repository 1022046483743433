package lldp

import (
	"encoding/json"
	"fmt"
)

// answer is what lldpcli writes in the format json0, where everything is a list, however many there are.
type answer struct {
	LLDP []struct {
		Interface []struct {
			Name    string `json:"name"`
			Chassis []struct {
				ID         []valued `json:"id"`
				Name       []valued `json:"name"`
				Capability []struct {
					Type    string `json:"type"`
					Enabled bool   `json:"enabled"`
				} `json:"capability"`
			} `json:"chassis"`
			Port []struct {
				ID    []valued `json:"id"`
				Descr []valued `json:"descr"`
			} `json:"port"`
		} `json:"interface"`
	} `json:"lldp"`
}

type valued struct {
	Value string `json:"value"`
}

// first is the value that is told, of a list that holds at most one.
func first(list []valued) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Value
}

// parseAnswer reads what lldpcli wrote. A neighbour without a chassis or a port is left out: nothing stands on it.
func parseAnswer(text []byte) ([]Neighbour, error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("parse lldpcli's answer: %w", err)
	}
	var out []Neighbour
	for _, l := range a.LLDP {
		for _, i := range l.Interface {
			if i.Name == "" || len(i.Chassis) == 0 || len(i.Port) == 0 {
				continue
			}
			chassis, port := i.Chassis[0], i.Port[0]
			n := Neighbour{
				Link: i.Name, Chassis: name(first(chassis.ID)), Port: name(first(port.ID)),
				System: spoken(first(chassis.Name)), Label: spoken(first(port.Descr)),
			}
			for _, c := range chassis.Capability {
				n.Carries = n.Carries || c.Enabled && (c.Type == "Bridge" || c.Type == "Router")
			}
			if n.Chassis != "" && n.Port != "" {
				out = append(out, n)
			}
		}
	}
	return out, nil
}
