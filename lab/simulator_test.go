package lab

import (
	"errors"
	"testing"

	"plimsoll/lab/bmc"
)

func TestSimulatorSaysWhatItDidNotDo(t *testing.T) {
	t.Parallel()
	b, err := newSimulator(t.Context(), t.TempDir())
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.kill()
	if err := b.start(t.Context(), 1, 2, 3, 4); err != nil {
		t.Fatal(err)
	}
	if err := b.do(t.Context(), bmc.Status(4).SetBits(bmc.Present, 1)...); err != nil {
		t.Errorf("set a sensor: %v", err)
	}
	if err := b.do(t.Context(), "make coffee"); err == nil {
		t.Error("it does what nobody can")
	}
	if err := b.do(t.Context(), bmc.PowerUnit().SetBit(4, 1)); err != nil {
		t.Errorf("after a mistake: %v", err)
	}
	if err := b.freeze(); err != nil {
		t.Fatal(err)
	}
	if err := b.do(t.Context(), bmc.PowerUnit().SetBit(4, 0)); !errors.Is(err, errFrozen) {
		t.Errorf("want %v, got %v", errFrozen, err)
	}
	if err := b.thaw(); err != nil {
		t.Fatal(err)
	}
	if err := b.do(t.Context(), bmc.Add(4)...); err == nil {
		t.Error("the fourth supply is added twice")
	}
	b.kill()
	if err := b.do(t.Context(), "x"); !errors.Is(err, errGone) {
		t.Errorf("want %v, got %v", errGone, err)
	}
	if err := b.start(t.Context(), 1); err != nil {
		t.Fatalf("start anew: %v", err)
	}
	if err := b.do(t.Context(), bmc.Add(4)...); err != nil {
		t.Errorf("add a supply: %v", err)
	}
}
