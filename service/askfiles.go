package service

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// files asks how old the newest of some files is: a backup that ran, a copy that arrived. None at all is sick. Files that
// can't be read, or that are of the future, say nothing.
type files struct{ FileAge }

func (f files) ask(_ context.Context) Answer {
	paths, err := filepath.Glob(f.Path)
	if err != nil {
		return unknown("%v", err)
	}
	if len(paths) == 0 {
		return f.none()
	}
	var newest os.FileInfo
	var unread error
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // it went between the list and the look
		case err != nil:
			unread = err
		case newest == nil || info.ModTime().After(newest.ModTime()):
			newest = info
		}
	}
	switch {
	case newest == nil && unread != nil:
		return unknown("%v", unread)
	case newest == nil:
		return f.none()
	}
	age := time.Since(newest.ModTime()).Round(time.Second)
	switch {
	case age < -clockSlack:
		return unknown("%s is from the future, by %s", newest.Name(), -age)
	case age <= f.AtMost:
		return well("%s is %s old", newest.Name(), age)
	case unread != nil:
		return unknown("%v", unread) // it may be the newer one
	default:
		return sick("%s is %s old, the newest", newest.Name(), age)
	}
}

// clockSlack is how far the clock of a file server may be ahead of ours.
const clockSlack = time.Minute

// none is the answer where no file matches: sick, if the folder can be read.
func (f files) none() Answer {
	folder := filepath.Dir(f.Path)
	for hasMeta(folder) {
		folder = filepath.Dir(folder)
	}
	if _, err := os.ReadDir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unknown("%v", err) // Glob takes what it can't read for empty
	}
	return sick("no file matches %s", f.Path)
}

func hasMeta(path string) bool {
	for _, c := range path {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			return true
		}
	}
	return false
}
