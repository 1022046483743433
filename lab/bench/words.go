package bench

import "time"

// What the bare loop publishes, and to where.
const (
	FloorStream  = "BENCH_FLOOR"
	FloorSubject = "bench.floor"
	// FloorBytes is about what an event of the agent takes.
	FloorBytes = 1024
)

// Heard is one thing that somebody noticed of an array: a new value of md/degraded, or a word of mdadm's. All times are by
// the guest's clock.
type Heard struct {
	Array string    `json:"array"`
	Value string    `json:"value"`
	At    time.Time `json:"at"`
}

// Fault is one mdadm --fail: when the command began and ended.
type Fault struct {
	Array string    `json:"array"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
}

// Line is one line of what the maker of faults tells; exactly one is set.
type Line struct {
	Fault *Fault `json:"fault,omitempty"`
	Input *Input `json:"input,omitempty"`
}

// Input is one input of the agent's step as its trace tells it, as far as it says when something was known.
type Input struct {
	At   time.Time `json:"at"`
	Look *Look     `json:"look,omitempty"`
	Log  *struct {
		Durable uint64 `json:"durable,omitempty"`
	} `json:"log,omitempty"`
	Stream *struct {
		Cursor *struct {
			Seq uint64 `json:"seq"`
		} `json:"cursor,omitempty"`
		Taken time.Time `json:"taken,omitzero"`
	} `json:"stream,omitempty"`
}

// Look is one look at one source that came back. Same says that it found what the look before found.
type Look struct {
	Source string    `json:"source"`
	Began  time.Time `json:"began"`
	Ended  time.Time `json:"ended,omitzero"`
	Same   bool      `json:"same,omitempty"`
}

// Tells says whether the input is one of those that tell when something was known.
func (in Input) Tells() bool {
	return in.Look != nil || in.Log != nil || in.Stream != nil && in.Stream.Cursor != nil
}

// Scrape is one scrape.
type Scrape struct {
	Name  string        `json:"name"`
	Took  time.Duration `json:"took"`
	Bytes int64         `json:"bytes"`
}
