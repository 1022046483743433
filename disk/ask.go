package disk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Senses is what can ask a disk for its pages: the privileged helper. It may take until ctx ends, and longer.
type Senses interface {
	Disk(ctx context.Context, device string) (priv.Disk, [][]byte, error)
}

// Pace is how long a disk rests between two requests for its pages, and between two that go through smartctl.
type Pace struct{ NVMe, Other, Smartctl time.Duration }

func (p Pace) of(d Drive) time.Duration {
	switch {
	case d.Hidden != "":
		return p.Smartctl
	case d.NVMe:
		return p.NVMe
	default:
		return p.Other
	}
}

const (
	// answerTime is how long a disk may take to answer before nobody waits for it any more. A busy disk takes a second or two;
	// one whose link is being reset takes longer, and is not well.
	answerTime = 15 * time.Second
	// quietTime is how long a disk is left alone after the kernel counted an error of it: error handling takes up to minutes,
	// and a command of ours in the midst of it makes it longer.
	quietTime = 10 * time.Minute
	// holdTime is how soon what there was against asking a disk is looked at again, and a helper that is away.
	holdTime = time.Minute
	// probeTime is how long after the kernel announced a change of a disk udev may still be asking it who it is. ata_id of its rules
	// (60-persistent-storage.rules) asks by commands that tell by sense data, which the kernel counts as errors.
	probeTime = time.Minute
	// storm is how long news waits while one disk is asked after the other. Each look that it leads to reads all of them, and after
	// the start, or when the helper is back, every answer is news.
	storm = 5 * time.Second
	// hiddenWait is for how long hidden disks let others go first: smartctl takes its time.
	hiddenWait = time.Second
	// longestRest is between tries with a disk that does not answer.
	longestRest = time.Hour
	// most is how many disks may owe an answer at once, and as many NVMe disks, each of which has a controller of its own. With
	// more of them the fault is above the disks, and asking the others only adds to it.
	most = 4
)

// asker asks disks for their pages: one at a time, overall, so that no two members of a group are asked at once.
type asker struct {
	senses Senses // nil: nobody can be asked
	second Second // nil: nobody asks smartctl
	sys    sysfs.FS
	pace   Pace
	random func() float64

	wake  chan struct{} // holds one token: what is known has changed
	first chan struct{} // closed when every disk that was there first has been tried
	ended sync.Once     // of the first round

	mu      sync.Mutex
	drives  []Drive
	courses map[redundancy.ID]*course
	changed map[string]time.Time // when the kernel last announced a change of a block device, for as long as probeTime
	away    string               // why nobody can be asked; empty: somebody can
	back    time.Time            // until when it is not tried then
	nobody  string               // why smartctl was not asked when it was last to be; empty: it was
}

func newAsker(cfg Config) *asker {
	return &asker{
		senses: cfg.Senses, second: cfg.Second, sys: cfg.Sys, pace: cfg.Pace, random: cfg.Random,
		away: cfg.NotAsked, wake: make(chan struct{}, 1), first: make(chan struct{}), courses: map[redundancy.ID]*course{},
		changed: map[string]time.Time{},
	}
}

// know takes over which disks there are, and is what is known of each of them beside, and why none can be asked, and none through
// smartctl, if so.
func (a *asker) know(drives []Drive, now time.Time) (courses map[redundancy.ID]course, nobody, smartctl string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drives = drives
	there := map[redundancy.ID]*course{}
	out := make(map[redundancy.ID]course, len(drives))
	news := false
	for _, d := range drives {
		c, known := a.courses[d.ID]
		if !known {
			c, news = &course{due: now}, true
			if d.Hidden != "" {
				c.due = now.Add(hiddenWait)
			}
		}
		c.nobody = a.away
		there[d.ID] = c
		out[d.ID] = *c
	}
	a.courses = there
	if news {
		a.hurry()
	}
	return out, a.away, a.nobody
}

func (a *asker) hurry() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// now has all NVMe disks asked as soon as their turn comes: a controller has announced that something happened.
func (a *asker) now(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.drives {
		if c := a.courses[d.ID]; d.NVMe && c.due.After(at) {
			c.due = at
		}
	}
	a.hurry()
}

// announced notes that the kernel told of a change of a block device: udev asks it who it is.
func (a *asker) announced(name string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.changed, func(_ string, then time.Time) bool { return at.Sub(then) >= probeTime })
	a.changed[name] = at
}

// run asks until ctx ends, and pokes when what is said of a disk has changed: at once, unless others are waiting for their turn.
func (a *asker) run(ctx context.Context, poke func()) {
	t := time.NewTimer(0)
	defer t.Stop()
	var news bool
	var poked time.Time
	for ctx.Err() == nil {
		d, rest := a.next(time.Now())
		if d != nil {
			news = a.try(ctx, *d) || news
		}
		if news && (d == nil || time.Since(poked) >= storm) {
			poke()
			news, poked = false, time.Now()
		}
		if d != nil {
			continue
		}
		t.Reset(rest)
		select {
		case <-ctx.Done():
		case <-a.wake:
		case <-t.C:
		}
	}
}

// next is the disk whose turn it is, or how long there is none.
func (a *asker) next(now time.Time) (*Drive, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.senses == nil {
		return nil, longestRest
	}
	if a.back.After(now) {
		a.round(true)
		return nil, a.back.Sub(now)
	}
	a.round(false)
	var first *Drive
	for i := range a.drives {
		if d := &a.drives[i]; first == nil || a.courses[d.ID].due.Before(a.courses[first.ID].due) {
			first = d
		}
	}
	if first == nil {
		return nil, longestRest
	}
	if rest := a.courses[first.ID].due.Sub(now); rest > 0 {
		return nil, rest
	}
	d := *first
	return &d, 0
}

// round ends the first round when every disk that is not hidden has been tried, or none can be.
func (a *asker) round(over bool) {
	waits := func(d Drive) bool { return d.Hidden == "" && a.courses[d.ID].outcome == untried }
	if over || len(a.drives) > 0 && !slices.ContainsFunc(a.drives, waits) {
		a.ended.Do(func() { close(a.first) })
	}
}

// try asks d, if nothing speaks against it, and says whether that changed what is said of it.
func (a *asker) try(ctx context.Context, d Drive) bool {
	if d.Hidden != "" {
		return a.tryHidden(ctx, d)
	}
	p := d.way()
	if why := a.against(d, p); why != "" {
		return a.came(d, holdTime, func(c *course, now time.Time) { c.come(held, why, now) })
	}
	within, cancel := context.WithTimeout(ctx, answerTime)
	said, pages, err := a.senses.Disk(within, p.Name)
	cancel()
	if ctx.Err() != nil {
		return false
	}
	a.rebase(d, p) // commands of ours that told something by sense data were counted as errors
	if err != nil {
		return a.refused(d, err)
	}
	rest := a.jittered(a.pace.of(d))
	if said.Asleep {
		return a.came(d, rest, func(c *course, now time.Time) { c.come(asleep, "", now) })
	}
	report := a.seconded(ctx, d, p, Read(p.Name, said, pages))
	return a.came(d, rest, func(c *course, now time.Time) {
		c.come(answered, "", now)
		c.report, c.at = report, now
	})
}

// refused takes over why there are no pages.
func (a *asker) refused(d Drive, err error) bool {
	r, refused := errors.AsType[*priv.RefusedError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return a.fell(d, silent, fmt.Sprintf("no answer within %s", answerTime))
	case refused && (r.Reason == priv.ReasonUnderWay || r.Reason == priv.ReasonBusy):
		return a.fell(d, silent, "it still owes the answer to a request before")
	case refused && r.Reason == priv.ReasonUnfit:
		return a.came(d, longestRest, func(c *course, now time.Time) { c.come(unfit, r.Text, now) })
	case refused && (r.Reason == priv.ReasonUnread || r.Reason == priv.ReasonAnew):
		return a.fell(d, failing, r.Text)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.away
	a.away, a.back = err.Error(), time.Now().Add(holdTime)
	return was == ""
}

// fell is a try that brought nothing of the disk itself. The next is the later, the more there were.
func (a *asker) fell(d Drive, o outcome, why string) bool {
	return a.came(d, 0, func(c *course, now time.Time) {
		c.come(o, why, now)
		c.due = now.Add(min(holdTime<<min(c.tries-1, 10), longestRest))
	})
}

// came changes what is known of d, which then rests for so long, and says whether people are told something else.
func (a *asker) came(d Drive, rest time.Duration, change func(c *course, now time.Time)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, there := a.courses[d.ID]
	if !there {
		return false // it has gone meanwhile
	}
	now := time.Now()
	before := c.face()
	c.due = now.Add(rest)
	change(c, now)
	if d.Hidden != "" { // who asks it is another
		return c.face() != before
	}
	a.back = time.Time{}
	back := a.away != "" && c.outcome != held
	if back {
		a.away = ""
	}
	return back || c.face() != before
}

// face is what would change what is told of the disk.
func (c *course) face() string {
	keys := make([]string, 0, len(c.report.Warnings))
	for _, w := range c.report.Warnings {
		keys = append(keys, w.Key+w.Text)
	}
	return fmt.Sprint(c.outcome, c.why, c.report.Predicts, c.report.Speaks, strings.Join(keys, "\n"))
}

func (a *asker) jittered(d time.Duration) time.Duration {
	const jitter = 0.2 // spreads disks that were found together over the time between two requests
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*a.random()))
}

// against is why d must not be asked through p now; empty: it may be.
func (a *asker) against(d Drive, p Path) string {
	state, err := a.sys.Read(p.stateFile())
	switch {
	case err != nil:
		return err.Error()
	case conditions[state] != works:
		return "its state is " + state
	case a.erred(d, p):
		return "the kernel has counted errors of it a moment ago"
	}
	return a.owed(d)
}

// owed is whose missing answer keeps d from being asked: one's who may be in a group with d, or too many's.
func (a *asker) owed(d Drive) string {
	owing := a.owing(d.ID)
	if len(owing) == 0 {
		return ""
	}
	mine, alike := d.holders(a.sys), 0
	for _, other := range owing {
		if other.NVMe == d.NVMe {
			alike++
		}
		for _, h := range other.holders(a.sys) {
			if slices.Contains(mine, h) {
				return fmt.Sprintf("%s owes an answer, and both are in %s", other.Name, h)
			}
		}
	}
	if alike >= most {
		return fmt.Sprintf("%d disks owe an answer", alike)
	}
	return ""
}

// owing are the disks but this one that owe an answer.
func (a *asker) owing(but redundancy.ID) []Drive {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []Drive
	for _, d := range a.drives {
		if c := a.courses[d.ID]; d.ID != but && (c.owes || c.second.owes) {
			out = append(out, d)
		}
	}
	return out
}

// erred says whether the kernel has counted errors on a path lately, but for those that may be udev's questions. Others' commands
// that told something by sense data count too: what they cost is that d is asked a little later.
func (a *asker) erred(d Drive, p Path) bool {
	n, counts := a.errorsOf(p)
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.courses[d.ID]
	if c == nil || !counts {
		return false
	}
	probed := now.Sub(a.changed[p.Name]) < probeTime
	if c.counted && n > c.errors && !probed {
		c.errorsAt = now
	}
	c.errors, c.counted = n, true
	return !c.errorsAt.IsZero() && now.Sub(c.errorsAt) < quietTime
}

// rebase takes the count of errors as it is for what is known.
func (a *asker) rebase(d Drive, p Path) {
	n, counts := a.errorsOf(p)
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.courses[d.ID]; c != nil {
		c.errors, c.counted = n, counts
	}
}

// errorsOf is the kernel's count of commands of a SCSI device that did not end well. NVMe has none.
func (a *asker) errorsOf(p Path) (uint64, bool) {
	if isController(p.Name) {
		return 0, false
	}
	text, err := a.sys.Read("block/" + p.Name + "/device/ioerr_cnt")
	if err != nil {
		return 0, false
	}
	return parseCount(text)
}
