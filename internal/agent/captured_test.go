package agent

import (
	"errors"
	"testing"

	"plimsoll/internal/config"
	"plimsoll/internal/sysfs"
	"plimsoll/netbond"
)

func TestNothingOfThisMachineIsToldAsACapturedHosts(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Path.Sysfs, c.Path.Procfs = t.TempDir(), t.TempDir()
	for _, s := range rooms(Options{Config: c}).sources {
		if s.collector.Name() != netbond.Source {
			continue
		}
		if o, err := s.collector.Collect(t.Context()); !errors.Is(err, netbond.ErrNotCaptured) {
			t.Errorf("this machine's links are told: %v, %v", o, err)
		}
	}
}

func TestOnlyFilesTakenFromAHostAreACapture(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sys, links string
		want       bool
	}{
		"as it is":              {config.Default().Path.Sysfs, "", false},
		"mounted elsewhere":     {"/sys/.", "", !sysfs.New("/sys").Live()},
		"files":                 {t.TempDir(), "", true},
		"links alone":           {config.Default().Path.Sysfs, "links", true},
		"a directory not there": {"/nowhere/sys", "", true},
		"files and their links": {t.TempDir(), "links", true},
	} {
		c := config.Default()
		c.Path.Sysfs = tc.sys
		if got := captured(Options{Config: c, Links: tc.links}); got != tc.want {
			t.Errorf("%s: captured %t", name, got)
		}
	}
}
