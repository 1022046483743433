package member

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File keeps what a host has to remember in a file, which is replaced whole. It is a [Keeper].
type File struct {
	path string
	turn chan struct{} // held by the one write under way, which may never end
}

// NewFile is the file at path.
func NewFile(path string) *File { return &File{path: path, turn: make(chan struct{}, 1)} }

// Read gives what the file keeps; nothing, where there is none yet. It may never return.
func (f *File) Read() (Kept, error) {
	var k Kept
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return Kept{}, fmt.Errorf("read %s: %w", f.path, err)
	}
	return k, nil
}

// Keep is Keeper. Where the disk does not answer before ctx ends, it comes back with an error, and the write goes on: no other
// one begins before that has ended.
func (f *File) Keep(ctx context.Context, k Kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("write %s: %w", f.path, context.Cause(ctx))
	}
	done := make(chan error, 1)
	go func() { // not waited for: the disk may never answer
		defer func() { <-f.turn }()
		done <- f.write(text)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("write %s: %w", f.path, context.Cause(ctx))
	}
}

// mode is for the agent alone.
const mode fs.FileMode = 0o600

// write replaces the file: what is there after a power failure is the old one or the new one.
func (f *File) write(text []byte) error {
	dir := filepath.Dir(f.path)
	temp := f.path + ".new"
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, f.path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
