// Package workloads is what the clients of a run ask for: which keys, values that prove what they are, and when.
//
// Everything is derived from one seed, so that a run can be repeated and every process of it agrees without talking.
package workloads
