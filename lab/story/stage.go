package story

import (
	"errors"
	"fmt"
	"os"
	"path"
)

// Stage is a directory in which a story plays: the root of its host. It is for one goroutine.
type Stage struct{ root *os.Root }

const (
	// aside is where a change is made ready before it is moved into place, and where what is gone is moved first. It is below
	// the root, so that moving is one step, and beside sys and proc, so that no reader lists it.
	aside    = ".aside"
	modeDir  = 0o755
	modeFile = 0o644
)

// NewStage makes the host of a story in dir, which must be there. Whatever the story says, nothing outside dir is touched.
func NewStage(dir string, host []Change) (*Stage, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("set the stage: %w", err)
	}
	s := &Stage{root: root}
	if err := s.Set(host); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close gives the directory back. The host stays in it.
func (s *Stage) Close() error { return s.root.Close() }

// Set makes changes, one after the other, each at once.
func (s *Stage) Set(changes []Change) error {
	for _, c := range changes {
		if err := s.set(c); err != nil {
			return fmt.Errorf("set %s: %w", c.Path, err)
		}
	}
	return nil
}

func (s *Stage) set(c Change) error {
	if c.Kind == Gone {
		if err := s.root.Rename(c.Path, aside); err != nil {
			return err
		}
		return s.root.RemoveAll(aside)
	}
	if err := s.root.MkdirAll(path.Dir(c.Path), modeDir); err != nil {
		return err
	}
	switch c.Kind {
	case Write:
		if err := s.root.WriteFile(aside, []byte(c.Text), modeFile); err != nil {
			return err
		}
		return s.root.Rename(aside, c.Path)
	case Link:
		if err := s.root.Symlink(c.Text, aside); err != nil {
			return err
		}
		return s.root.Rename(aside, c.Path)
	case Dir:
		return s.root.MkdirAll(c.Path, modeDir)
	case Gone, KindUnknown:
	}
	panic("internal error: a change that does nothing")
}
