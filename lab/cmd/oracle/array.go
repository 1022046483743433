package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	arrayName = "md100"
	arrayNode = "/dev/" + arrayName
	// stopArray is STOP_ARRAY of linux/raid/md_u.h.
	stopArray = 0x932
	// answerIn is how long a read or a write of the whole array may take; what
	// takes longer does not serve.
	answerIn = 30 * time.Second
	// piece is how much is read or written at once: some stripes.
	piece = 512 << 10
)

// array is the one array of the bed, of one shape. It is made once, and laid
// out anew for each trial.
type array struct {
	bed        *bed
	shape      shape
	images     [][]byte // its members, as they were when it was new
	size       int64
	generation uint64 // of what is on it
	buf        []byte
}

func (b *bed) newArray(ctx context.Context, s shape) (*array, error) {
	a := &array{bed: b, shape: s}
	// All zero, all members agree: clean is the truth.
	zero, err := aligned(memberKB << 10)
	if err != nil {
		return nil, err
	}
	if err := b.lay(slices.Repeat([][]byte{zero}, s.disks)); err != nil {
		return nil, err
	}
	args := []string{
		"--create", arrayNode, "--run", "--quiet", "--metadata=1.2", "--assume-clean", "--level=" + s.level,
		fmt.Sprintf("--raid-devices=%d", s.disks), fmt.Sprintf("--size=%d", dataKB), fmt.Sprintf("--data-offset=%d", offsetKB),
	}
	if s.level != "1" {
		args = append(args, "--chunk=64")
	}
	if s.layout != "" {
		args = append(args, "--layout="+s.layout)
	}
	if err := command(ctx, "mdadm", append(args, a.nodes()...)...); err != nil {
		return nil, err
	}
	if a.buf, err = aligned(2 * piece); err != nil {
		return nil, err
	}
	err = a.measure()
	if err == nil {
		err = a.write()
	}
	if err = errors.Join(err, a.stop()); err != nil {
		return nil, err
	}
	a.images, err = b.save(s.disks)
	return a, err
}

func (a *array) nodes() []string {
	var all []string
	for _, d := range a.bed.disks[:a.shape.disks] {
		all = append(all, d.node)
	}
	return all
}

// start lays the array out as it was when it was new. It is made ready for
// writes (state clean) before anything fails: of an array that was never
// written to (read-auto) the kernel shows to nobody that it refused to fail a
// last copy and takes no more writes.
func (a *array) start(ctx context.Context) error {
	if err := a.bed.lay(a.images); err != nil {
		return err
	}
	a.generation = 1
	if err := command(ctx, "mdadm", append([]string{"--assemble", "--run", "--quiet", arrayNode}, a.nodes()...)...); err != nil {
		return err
	}
	return os.WriteFile("/sys/block/"+arrayName+"/md/array_state", []byte("clean"), 0)
}

func (a *array) stop() error {
	f, err := os.Open(arrayNode)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := unix.IoctlSetInt(int(f.Fd()), stopArray, 0); err != nil {
		return fmt.Errorf("stop %s: %w", arrayNode, err)
	}
	return nil
}

func (a *array) measure() error {
	f, err := os.Open(arrayNode)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	a.size, err = f.Seek(0, 2)
	return err
}

// errHangs says that the array neither did what was asked of it nor refused
// it.
var errHangs = errors.New("no answer")

// serve says why the array does not serve, and nil if it does: everything on
// it is read and is what was written, is written anew, and is read again. All
// three are tried in any case: md may fail no member before it writes.
func (a *array) serve() error {
	done := make(chan error, 1)
	go func() {
		done <- cmp.Or(a.read(), a.write(), a.read())
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(answerIn):
		return errHangs
	}
}

// fill writes what stands at the offset in the present generation.
func (a *array) fill(b []byte, offset int64) {
	for at := 0; at < len(b); at += 512 {
		binary.LittleEndian.PutUint64(b[at:], a.generation)
		binary.LittleEndian.PutUint64(b[at+8:], uint64(offset)+uint64(at))
		for n := 16; n < 512; n *= 2 {
			copy(b[at+n:at+512], b[at:at+n])
		}
	}
}

func (a *array) write() error {
	a.generation++
	return a.pieces(unix.O_WRONLY, func(fd int, b, _ []byte, offset int64) error {
		a.fill(b, offset)
		if n, err := unix.Pwrite(fd, b, offset); err != nil || n != len(b) {
			return fmt.Errorf("write %d bytes at %d: %d written: %w", len(b), offset, n, err)
		}
		return nil
	})
}

func (a *array) read() error {
	return a.pieces(unix.O_RDONLY, func(fd int, b, want []byte, offset int64) error {
		if n, err := unix.Pread(fd, b, offset); err != nil || n != len(b) {
			return fmt.Errorf("read %d bytes at %d: %d read: %w", len(b), offset, n, err)
		}
		if a.fill(want, offset); !bytes.Equal(b, want) {
			return fmt.Errorf("read %d bytes at %d: not what was written", len(b), offset)
		}
		return nil
	})
}

// pieces calls do for each piece of the array, past the kernel's cache.
func (a *array) pieces(flags int, do func(fd int, b, other []byte, offset int64) error) error {
	fd, err := unix.Open(arrayNode, flags|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", arrayNode, err)
	}
	for offset := int64(0); err == nil && offset < a.size; offset += piece {
		n := min(piece, a.size-offset)
		err = do(fd, a.buf[:n], a.buf[piece:piece+n], offset)
	}
	return errors.Join(err, unix.Close(fd))
}
