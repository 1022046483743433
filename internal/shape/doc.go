// Package shape says whether short texts are of a form: a regular expression, and how many bytes there may be. The bound is no part
// of the expression, since package regexp keeps a state for each of the times that something may be repeated: a name of up to 255
// letters would take a tenth of a megabyte, for good, in a program that is to be small.
//
// What it is not: a parser.
package shape
