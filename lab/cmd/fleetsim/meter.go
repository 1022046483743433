package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab/bench"
	"plimsoll/lab/site"
)

// use is what a process has used since it was started, and has at the moment.
type use struct {
	cpu time.Duration
	rss int64 // bytes
}

// tick is the kernel's unit of CPU time in procfs, USER_HZ, which is the same on all that Go runs on.
const tick = 10 * time.Millisecond

// meter reads what a process uses (proc_pid_stat(5): utime and stime are fields 14 and 15, rss is field 24, in pages).
func meter(p *site.Process) (use, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
	if err != nil {
		return use{}, err
	}
	s := string(text)
	fields := strings.Fields(s[strings.LastIndexByte(s, ')')+1:]) // the first of these is field 3
	if len(fields) < 22 {
		return use{}, fmt.Errorf("read stat of %d: %q", p.Pid(), s)
	}
	var n [3]int64
	for i, field := range []int{14, 15, 24} {
		if n[i], err = strconv.ParseInt(fields[field-3], 10, 64); err != nil {
			return use{}, err
		}
	}
	return use{cpu: time.Duration(n[0]+n[1]) * tick, rss: n[2] * int64(os.Getpagesize())}, nil
}

// until is what a process has used of one core from one look until another, span later, and its memory then.
func (u use) until(later use, span time.Duration) bench.Use {
	return bench.Use{Cores: (later.cpu - u.cpu).Seconds() / span.Seconds(), MiB: later.rss >> 20}
}
