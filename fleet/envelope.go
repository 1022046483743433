package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// The fixed words of the envelope.
const (
	specVersion     = "1.0"
	contentJSON     = "application/json"
	typePrefix      = "plimsoll."
	typeSuffix      = ".v1"
	envelopeContent = "application/cloudevents+json"
)

// timeLayout is RFC 3339 with all nine digits, so that times sort as text.
const timeLayout = "2006-01-02T15:04:05.000000000Z07:00"

// Envelope is one event as the stream holds it: CloudEvents 1.0 in structured mode, JSON
// (docs/schemas/event.v1.schema.json). Fields may be added within a version.
type Envelope struct {
	SpecVersion     string        `json:"specversion"`
	ID              string        `json:"id"`
	Source          string        `json:"source"`
	Type            string        `json:"type"`
	Subject         redundancy.ID `json:"subject"`
	Time            string        `json:"time"`
	DataContentType string        `json:"datacontenttype"`
	Data            Data          `json:"data"`
}

// Data is what a plimsoll event says. What is not known, or does not apply, is null.
type Data struct {
	Kind       redundancy.Kind         `json:"kind"`
	Group      *redundancy.ID          `json:"group"`
	Name       *string                 `json:"name"`
	GroupType  *redundancy.Type        `json:"group_type"`
	Member     *redundancy.ID          `json:"member"`
	DeviceName *string                 `json:"device_name"`
	Key        *string                 `json:"key"`       // of a warning
	Collector  *string                 `json:"collector"` // the source the host read
	Was        *redundancy.Face        `json:"was"`
	Is         *redundancy.Face        `json:"is"`
	Members    []redundancy.MemberFace `json:"members"` // of group.added
	Margin     *redundancy.Margin      `json:"margin"`  // of the group after the event
	Serving    *redundancy.Tristate    `json:"serving"` // likewise
	Severity   redundancy.Severity     `json:"severity"`
	Cause      *string                 `json:"cause"` // an earlier event's id
	BootID     *string                 `json:"boot_id"`
	Monotonic  *float64                `json:"monotonic_s"` // age of the boot's clock at the event
	Position   *string                 `json:"position"`    // place in the host's log, <log-id>/<sequence>
	Evidence   []Evidence              `json:"evidence"`
	Labels     map[string]string       `json:"labels"`
	Durable    bool                    `json:"durable"`
	Notify     redundancy.Notify       `json:"notify"`
	Count      int                     `json:"count"` // turns that this event stands for, itself included; 0 where none was held back
	Text       string                  `json:"text"`
	Drill      *redundancy.Drill       `json:"drill,omitempty"` // what is rehearsed; not there: this has happened
	Truncated  bool                    `json:"truncated"`       // something was too long and was cut
}

// Evidence is where something was seen, what it said or why it could not be read, and how old that was at the event; a null
// age is that of the look which led to the event.
type Evidence struct {
	Where string   `json:"where"`
	Value *string  `json:"value"`
	Error *string  `json:"error"`
	AgeS  *float64 `json:"age_s"`
}

// Encode writes it as host h sends it. It is pure, and what it writes is bounded whatever the kernel's words are (bound.go).
// It answers ErrToken where a name cannot stand in a subject, and ErrNotEvent for an event without id or type.
func Encode(h view.Host, it Item) ([]byte, error) {
	a, err := addressOf(h)
	if err != nil {
		return nil, err
	}
	return encode(a, h, it, maxEncoded)
}

// encode leaves out what can best be done without where it would be longer than room.
func encode(a address, h view.Host, it Item, room int) ([]byte, error) {
	if err := it.check(); err != nil {
		return nil, err
	}
	if it.id() == "" {
		return nil, fmt.Errorf("encode %s of %s: no id: %w", it.Event.Type, it.Event.Subject, ErrNotEvent)
	}
	it, cut := bounded(it)
	e := Envelope{
		SpecVersion: specVersion, ID: it.id(), Source: a.source, Type: typePrefix + it.Event.Type + typeSuffix,
		Subject: it.Event.Subject, Time: it.Event.Time.UTC().Format(timeLayout), DataContentType: contentJSON,
		Data: dataOf(h, it),
	}
	e.Data.Truncated = cut
	out, err := e.marshal()
	if err != nil || len(out) <= room {
		return out, err
	}
	e.Data.shorten()
	return e.marshal()
}

// marshal writes JSON as it is, without the escapes for HTML.
func (e Envelope) marshal() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func dataOf(h view.Host, it Item) Data {
	ev := it.Event
	d := Data{
		Kind: ev.Kind, Group: known(ev.Group), Name: known(ev.Name), Member: known(ev.Member), DeviceName: known(ev.Device),
		Key: known(ev.Key), Collector: known(ev.Source), Was: ev.Was, Is: ev.Is, Members: ev.Members, Severity: ev.Severity,
		Cause: known(ev.Cause), BootID: known(it.BootID), Position: known(it.place().String()), Evidence: []Evidence{},
		Labels: h.Labels, Durable: it.Volatile == "", Notify: ev.Notify, Count: ev.Count, Text: ev.Text,
		Drill: ev.Drill,
	}
	if ev.Group != "" {
		d.GroupType = &ev.GroupType
	}
	if it.BootID != "" {
		s := it.Monotonic.Seconds()
		d.Monotonic = &s
	}
	if d.Labels == nil {
		d.Labels = map[string]string{}
	}
	if g := it.group(); g != nil {
		d.Margin, d.Serving = &g.Margin, &g.Serving
	}
	for _, e := range ev.Evidence {
		d.Evidence = append(d.Evidence, evidenceOf(e, ev.Time))
	}
	return d
}

// group is the group after the event.
func (it Item) group() *redundancy.GroupFace {
	if it.Event.Is != nil && it.Event.Is.GroupFace != nil {
		return it.Event.Is.GroupFace
	}
	return it.Group
}

func evidenceOf(e redundancy.Evidence, at time.Time) Evidence {
	out := Evidence{Where: e.Where, Error: known(e.Err)}
	if e.Err == "" {
		out.Value = &e.Value
	}
	if !e.At.IsZero() {
		age := at.Sub(e.At).Seconds()
		out.AgeS = &age
	}
	return out
}

// known is a pointer to v, and nil where v is empty.
func known[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// value is what p points to, and the zero value for nil.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Decode reads what Encode wrote, also with fields that a later version added. It answers ErrNotEvent for anything else.
func Decode(b []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Envelope{}, fmt.Errorf("decode event: %w: %w", err, ErrNotEvent)
	}
	noun, prefixed := strings.CutPrefix(e.Type, typePrefix)
	_, versioned := strings.CutSuffix(noun, typeSuffix)
	switch {
	case e.SpecVersion != specVersion:
		return Envelope{}, fmt.Errorf("decode event %q: specversion %q: %w", e.ID, e.SpecVersion, ErrNotEvent)
	case !prefixed || !versioned:
		return Envelope{}, fmt.Errorf("decode event %q: type %q: %w", e.ID, e.Type, ErrNotEvent)
	case e.ID == "":
		return Envelope{}, fmt.Errorf("decode event: no id: %w", ErrNotEvent)
	}
	if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil {
		return Envelope{}, fmt.Errorf("decode event %q: %w: %w", e.ID, err, ErrNotEvent)
	}
	return e, nil
}

// Event is the event that e carries, ready to be folded. The envelope must come from Decode.
func (e Envelope) Event() redundancy.Event {
	d := e.Data
	at, _ := time.Parse(time.RFC3339Nano, e.Time) // Decode has parsed it
	ev := redundancy.Event{
		ID: e.ID, Type: strings.TrimSuffix(strings.TrimPrefix(e.Type, typePrefix), typeSuffix), Time: at.UTC(),
		Subject: e.Subject, Kind: d.Kind, Group: value(d.Group), Name: value(d.Name), GroupType: value(d.GroupType),
		Member: value(d.Member), Device: value(d.DeviceName), Key: value(d.Key), Source: value(d.Collector), Was: d.Was,
		Is: d.Is, Members: d.Members, Severity: d.Severity, Cause: value(d.Cause), Count: d.Count, Notify: d.Notify,
		Text: d.Text, Drill: d.Drill,
	}
	for _, v := range d.Evidence {
		seen := redundancy.Evidence{Where: v.Where, Value: value(v.Value), Err: value(v.Error)}
		if v.AgeS != nil {
			seen.At = ev.Time.Add(-time.Duration(*v.AgeS * float64(time.Second)))
		}
		ev.Evidence = append(ev.Evidence, seen)
	}
	return ev
}
