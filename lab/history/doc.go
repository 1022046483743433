// Package history decides whether what was done to hosts fits what their ledger says, as two logs that know nothing of each other
// tell it: the ledger's revisions, with the times that the store gave them, and the effector's lines. It asks porcupine, a checker
// of linearizability, whether there is an order of all that fits the times, in which no more deeds are open at once than the budget,
// and each deed has a started entry from before it began until it has settled.
package history
