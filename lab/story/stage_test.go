package story_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/lab/story"
)

// scene is a stage with a host of an array, a link to it and an empty directory.
func scene(t *testing.T) (dir string, stage *story.Stage) {
	t.Helper()
	dir = t.TempDir()
	stage, err := story.NewStage(dir, []story.Change{
		{Kind: story.Write, Path: "sys/devices/md0/md/state", Text: "clean\n"},
		{Kind: story.Write, Path: "sys/devices/md0/md/rd1/slot", Text: "1\n"},
		{Kind: story.Link, Path: "sys/block/md0", Text: "../devices/md0"},
		{Kind: story.Dir, Path: "sys/block/loop0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, stage
}

func says(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s says %q (%v), want %q", path, got, err, want)
	}
}

func TestTheHostIsThereBeforeTheFirstAct(t *testing.T) {
	t.Parallel()
	dir, _ := scene(t)
	says(t, filepath.Join(dir, "sys/block/md0/md/state"), "clean\n")
	if names, err := os.ReadDir(filepath.Join(dir, "sys/block/loop0")); err != nil || len(names) != 0 {
		t.Errorf("an empty directory: %v, %v", names, err)
	}
}

func TestChangesReachThroughLinksAndReplaceThem(t *testing.T) {
	t.Parallel()
	dir, stage := scene(t)
	set(t, stage, []story.Change{
		{Kind: story.Write, Path: "sys/block/md0/md/state", Text: "active\n"},
		{Kind: story.Write, Path: "sys/devices/md1/md/state", Text: "inactive\n"},
		{Kind: story.Link, Path: "sys/block/md0", Text: "../devices/md1"},
	})
	says(t, filepath.Join(dir, "sys/devices/md0/md/state"), "active\n")
	says(t, filepath.Join(dir, "sys/block/md0/md/state"), "inactive\n")
}

func TestWhatIsGoneIsGoneWithAllBelowIt(t *testing.T) {
	t.Parallel()
	dir, stage := scene(t)
	set(t, stage, []story.Change{{Kind: story.Gone, Path: "sys/block/md0/md"}, {Kind: story.Gone, Path: "sys/block/loop0"}})
	for _, path := range []string{"sys/devices/md0/md", "sys/block/loop0", ".aside"} {
		if _, err := os.Lstat(filepath.Join(dir, path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
	if err := stage.Set([]story.Change{{Kind: story.Gone, Path: "sys/block/loop0"}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone twice: %v", err)
	}
}

// TestAReaderSeesWhatWasOrWhatIs reads a file all the time while it changes.
func TestAReaderSeesWhatWasOrWhatIs(t *testing.T) {
	t.Parallel()
	dir, stage := scene(t)
	path := filepath.Join(dir, "sys/block/md0/md/state")
	done := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != "clean\n" && string(text) != "active\n" {
				done <- errors.Join(err, errors.New("read "+string(text)))
				return
			}
		}
	}()
	for range 500 {
		set(t, stage, []story.Change{
			{Kind: story.Write, Path: "sys/block/md0/md/state", Text: "active\n"},
			{Kind: story.Write, Path: "sys/block/md0/md/state", Text: "clean\n"},
		})
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNothingOutsideTheStageIsTouched(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(outside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string][]story.Change{
		"above":             {{Kind: story.Write, Path: "../file", Text: "theirs"}},
		"through a link":    {{Kind: story.Link, Path: "sys/out", Text: filepath.Dir(outside)}, {Kind: story.Write, Path: "sys/out/file", Text: "theirs"}},
		"gone through link": {{Kind: story.Link, Path: "sys/out", Text: filepath.Dir(outside)}, {Kind: story.Gone, Path: "sys/out/file"}},
	} {
		_, stage := scene(t)
		if err := stage.Set(changes); err == nil {
			t.Errorf("%s: done", name)
		}
		says(t, outside, "mine")
	}
}
