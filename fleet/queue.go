package fleet

import "slices"

// maxQueue bounds the events kept in memory while they can't be sent; at some 2 KiB each that is 8 MB. Durable ones past it
// are in the log and are read from there.
const maxQueue = 4096

// queue holds what was offered and has not been sent, in the order of the offers. The publisher's mutex guards it.
type queue struct {
	items   []Item
	bound   int
	dropped uint64 // events given up at the bound that no log gives again: those of progress, and those it did not take
	// gap is raised whenever an event that the log holds was left out here: the log must be read again.
	gap uint64
}

// add takes it if there is room, making room at the cost of what can best be done without: events of progress first, then
// durable events, which the log will give again.
func (q *queue) add(it Item) {
	if len(q.items) >= q.bound && !q.makeRoom(it) {
		return
	}
	q.items = append(q.items, it)
}

// makeRoom says whether it may be added.
func (q *queue) makeRoom(it Item) bool {
	if it.progress() {
		q.dropped++
		return false
	}
	if i := slices.IndexFunc(q.items, Item.progress); i >= 0 {
		q.dropped++
		q.items = slices.Delete(q.items, i, i+1)
		return true
	}
	q.gap++
	if it.Volatile == "" {
		return false
	}
	if i := slices.IndexFunc(q.items, func(k Item) bool { return k.Volatile == "" }); i >= 0 {
		q.items = slices.Delete(q.items, i, i+1)
		return true
	}
	if it.Seq == 0 { // no log will give it again
		q.dropped++
	}
	return false
}

// take removes and gives the first item that fits.
func (q *queue) take(fits func(Item) bool) (Item, bool) {
	i := slices.IndexFunc(q.items, fits)
	if i < 0 {
		return Item{}, false
	}
	it := q.items[i]
	if i == 0 { // the usual case, without moving all others
		q.items[0] = Item{}
		q.items = q.items[1:]
	} else {
		q.items = slices.Delete(q.items, i, i+1)
	}
	return it, true
}

// putBack takes an item that was taken and could not be sent; it comes before all others.
func (q *queue) putBack(it Item) { q.items = slices.Insert(q.items, 0, it) }

// forget removes the items that are in the stream already, or that the log has given meanwhile.
func (q *queue) forget(done func(Item) bool) {
	if slices.ContainsFunc(q.items, done) {
		q.items = slices.DeleteFunc(q.items, done)
	}
}
