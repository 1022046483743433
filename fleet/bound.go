package fleet

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"plimsoll/redundancy"
)

// What a message may hold. A kernel, a BMC or a drive may say anything; what is sent stays far below the server's usual
// max_payload of 1 MiB.
const (
	maxEncoded  = 256 << 10
	maxIdentity = 512  // an id; the longest real ones (a UUID and a WWN) have 80 bytes
	maxName     = 256  // a name for people, a key, a place
	maxText     = 2048 // a sentence, a value, an error
	maxEvidence = 32
	maxMembers  = 512 // an md array has at most 384 devices
	maxCovering = 64  // groups that cover for one use
	maxReasons  = 16  // what speaks against one action
	maxHosts    = 64  // hosts that see one fault
)

// maxHeaders is what the headers of a message take at the most: two ids and three places of bounded length, and fixed words.
const maxHeaders = 4 << 10

// roomFor is the longest body for a server that takes payload and a stream that takes message, headers included; where
// either is below 1 it sets no bound.
func roomFor(payload, message int64) int {
	room := int64(maxEncoded)
	for _, bound := range []int64{payload, message} {
		if bound > 0 {
			room = min(room, bound-maxHeaders)
		}
	}
	return int(room)
}

// cutter shortens strings and remembers whether it had to.
type cutter struct{ cut bool }

// short is s without invalid UTF-8, at most n bytes, cut between runes.
func (c *cutter) short(s string, n int) string {
	s = c.head(s, n) // first, so that a huge one costs nothing
	if utf8.ValidString(s) {
		return s
	}
	c.cut = true
	return c.head(strings.ToValidUTF8(s, "\uFFFD"), n)
}

// head is the first n bytes of s, or a little less, so that no rune is cut.
func (c *cutter) head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	c.cut = true
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (c *cutter) id(id redundancy.ID) redundancy.ID {
	return redundancy.ID(c.short(string(id), maxIdentity))
}

// bounded is it with everything cut to the bounds, and whether something was. What it shares with the original is not
// changed.
func bounded(it Item) (Item, bool) {
	var c cutter
	e := &it.Event
	e.ID, it.Volatile, e.Cause = c.short(e.ID, maxIdentity), c.short(it.Volatile, maxIdentity), c.short(e.Cause, maxIdentity)
	it.LogID, it.BootID = c.short(it.LogID, maxIdentity), c.short(it.BootID, maxIdentity)
	e.Subject, e.Group, e.Member = c.id(e.Subject), c.id(e.Group), c.id(e.Member)
	e.Name, e.Device, e.Key = c.short(e.Name, maxName), c.short(e.Device, maxName), c.short(e.Key, maxName)
	e.Source, e.Text = c.short(e.Source, maxName), c.short(e.Text, maxText)
	e.Was, e.Is, e.Drill = c.face(e.Was), c.face(e.Is), c.drill(e.Drill)
	e.Members = slices.Clone(first(&c, e.Members, maxMembers))
	for i, m := range e.Members {
		m.ID, m.Name = c.id(m.ID), c.short(m.Name, maxName)
		m.ComponentFace = c.component(m.ComponentFace)
		e.Members[i] = m
	}
	e.Evidence = slices.Clone(first(&c, e.Evidence, maxEvidence))
	for i, v := range e.Evidence {
		v.Where, v.Value, v.Err = c.short(v.Where, maxName), c.short(v.Value, maxText), c.short(v.Err, maxText)
		e.Evidence[i] = v
	}
	return it, c.cut
}

// first is at most n of list.
func first[T any](c *cutter, list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	c.cut = true
	return list[:n]
}

func (c *cutter) drill(d *redundancy.Drill) *redundancy.Drill {
	if d == nil {
		return nil
	}
	out := *d
	out.Group, out.Member, out.Fault = c.id(d.Group), c.id(d.Member), c.short(d.Fault, maxName)
	out.Rehearses, out.Severity, out.Actions = c.short(d.Rehearses, maxName), c.short(d.Severity, maxName), []string{}
	for _, a := range first(c, d.Actions, maxMembers) {
		out.Actions = append(out.Actions, c.short(a, maxText))
	}
	return &out
}

func (c *cutter) face(f *redundancy.Face) *redundancy.Face {
	if f == nil {
		return nil
	}
	out := *f
	if f.ComponentFace != nil {
		face := c.component(*f.ComponentFace)
		out.ComponentFace = &face
	}
	if f.TextFace != nil {
		out.TextFace = &redundancy.TextFace{Text: c.short(f.Text, maxText)}
	}
	if f.FateFace != nil {
		face := *f.FateFace
		face.Domain, face.Part, face.PartName = c.short(face.Domain, maxName), c.id(face.Part), c.short(face.PartName, maxName)
		face.Members = c.ids(face.Members, maxMembers)
		out.FateFace = &face
	}
	if f.CoverageFace != nil {
		face := *f.CoverageFace
		face.What, face.UseKind, face.Why = c.short(face.What, maxName), c.short(face.UseKind, maxName), c.short(face.Why, maxText)
		face.By = c.ids(face.By, maxCovering)
		out.CoverageFace = &face
	}
	if f.ActionFace != nil {
		face := *f.ActionFace
		face.Verb, face.Outcome, face.Rule = c.short(face.Verb, maxName), c.short(face.Outcome, maxName), c.short(face.Rule, maxName)
		face.From, face.To, face.AskedBy = c.id(face.From), c.id(face.To), c.short(face.AskedBy, maxName)
		face.HeldBy, face.Reasons = c.texts(face.HeldBy, maxName), c.texts(face.Reasons, maxText)
		out.ActionFace = &face
	}
	if f.CaseFace != nil {
		face := *f.CaseFace
		face.Fault, face.Hosts = c.short(face.Fault, maxName), append([]string{}, first(c, face.Hosts, maxHosts)...)
		for i, host := range face.Hosts {
			face.Hosts[i] = c.short(host, maxName)
		}
		out.CaseFace = &face
	}
	if f.ActivityFace != nil {
		face := *f.ActivityFace
		face.Activity, face.Phase = c.short(face.Activity, maxName), c.short(face.Phase, maxName)
		if math.IsNaN(face.Speed) || math.IsInf(face.Speed, 0) { // JSON has no word for it
			face.Speed, c.cut = 0, true
		}
		out.ActivityFace = &face
	}
	return &out
}

func (c *cutter) texts(all []string, n int) []string {
	all = append([]string{}, first(c, all, maxReasons)...)
	for i, text := range all {
		all[i] = c.short(text, n)
	}
	return all
}

func (c *cutter) ids(all []redundancy.ID, n int) []redundancy.ID {
	all = append([]redundancy.ID{}, first(c, all, n)...)
	for i, id := range all {
		all[i] = c.id(id)
	}
	return all
}

// component is f with its device in bounds, and an empty list of doubts where there are none.
func (c *cutter) component(f redundancy.ComponentFace) redundancy.ComponentFace {
	f.Device = c.id(f.Device)
	f.Doubts = append([]redundancy.Doubt{}, f.Doubts...)
	return f
}

// shorten leaves out what takes most room; what is left has a bound far below maxEncoded. A reader that folds events sees
// from Truncated that members are missing.
func (d *Data) shorten() {
	d.Evidence, d.Members, d.Truncated = []Evidence{}, nil, true
	d.Labels = map[string]string{}
}
