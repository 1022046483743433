package xtest

import (
	"io"
	"path/filepath"
	"slices"
	"syscall"
)

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	err = h.d.call("read", h.name, func(Fault) error {
		if off >= int64(len(h.n.cache)) {
			return io.EOF
		}
		for _, bad := range h.n.bad {
			if off < bad+sector && bad < off+int64(len(p)) {
				return syscall.EIO
			}
		}
		if n = copy(p, h.n.cache[off:]); n < len(p) {
			return io.EOF
		}
		return nil
	})
	if err != nil && err != io.EOF { //nolint:errorlint // our own, unwrapped
		n = 0
	}
	return n, err
}

// WriteAt implements io.WriterAt.
func (h *handle) WriteAt(p []byte, off int64) (n int, err error) {
	err = h.d.call("write", h.name, func(f Fault) error {
		n = len(p)
		if f.Err != nil && !f.Apply {
			n = min(f.Short, n)
		}
		if n > 0 {
			h.n.cache = put(h.n.cache, off, p[:n])
			h.n.dirty = append(h.n.dirty, extent{off, slices.Clone(p[:n])})
		}
		return nil
	})
	return n, err
}

// Sync implements journal.File. One that fails without Apply loses the pages.
func (h *handle) Sync() error {
	return h.d.call("sync", h.name, func(f Fault) error {
		for _, e := range h.n.dirty {
			if f.Err == nil || f.Apply {
				h.n.medium = put(h.n.medium, e.off, e.data)
			}
		}
		h.n.dirty = nil
		return nil
	})
}

// Forget implements journal.File.
func (h *handle) Forget() error {
	return h.d.call("forget", h.name, func(Fault) error {
		if len(h.n.dirty) == 0 {
			h.n.cache = slices.Clone(h.n.medium)
		}
		return nil
	})
}

// Size implements journal.File.
func (h *handle) Size() (size int64, err error) {
	err = h.d.call("size", h.name, func(Fault) error { size = int64(len(h.n.cache)); return nil })
	return size, err
}

// Is implements journal.File.
func (h *handle) Is(name string) (is bool, err error) {
	err = h.d.call("is", name, func(Fault) error { is = h.d.names[filepath.Base(name)] == h.n; return nil })
	return is, err
}

// Close implements io.Closer.
func (h *handle) Close() error {
	return h.d.call("close", h.name, func(Fault) error {
		if h.lock {
			h.n.locked = false
		}
		return nil
	})
}
