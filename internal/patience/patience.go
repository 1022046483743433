package patience

import (
	"context"
	"time"
)

// Asker asks by key. It belongs to one goroutine. The zero value is not useful: use New.
type Asker[T any] struct {
	asked map[string]question[T]
}

// question is one that has not been answered.
type question[T any] struct {
	since  time.Time
	answer chan T
}

// New is an asker that has asked nothing.
func New[T any]() *Asker[T] { return &Asker[T]{asked: map[string]question[T]{}} }

// Waiting says whether key has been asked and has not answered yet. An answer that nobody waited for is dropped: it is of an
// earlier time than the question that follows.
func (a *Asker[T]) Waiting(key string) bool {
	q, asked := a.asked[key]
	if !asked {
		return false
	}
	select {
	case <-q.answer:
		delete(a.asked, key)
		return false
	default:
		return true
	}
}

// Ask has read called in a goroutine of its own, unless an earlier one is still under way for that key.
func (a *Asker[T]) Ask(key string, read func() T) {
	if a.Waiting(key) {
		return
	}
	q := question[T]{since: time.Now(), answer: make(chan T, 1)} // room for one: who has given up is not waited for
	a.asked[key] = q
	go func() { q.answer <- read() }()
}

// Hear waits for all that has been asked, for so long, and gives the answers that came, and since when those are silent that did
// not. An error is ctx's.
func (a *Asker[T]) Hear(ctx context.Context, wait time.Duration) (answers map[string]T, silent map[string]time.Time, err error) {
	late := time.NewTimer(wait)
	defer late.Stop()
	answers, silent = map[string]T{}, map[string]time.Time{}
	over := false
	for key, q := range a.asked {
		if !over {
			select {
			case answers[key] = <-q.answer:
				delete(a.asked, key)
				continue
			case <-late.C:
				over = true
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		select {
		case answers[key] = <-q.answer:
			delete(a.asked, key)
		default:
			silent[key] = q.since
		}
	}
	return answers, silent, nil
}
