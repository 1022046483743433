// Package config is plimsolld's configuration: one YAML file, plain values, checked once at the edge.
//
// [Default] is what holds where the file says nothing; default.yaml, which the package installs as
// /etc/plimsoll/plimsoll.yaml, says the same with a comment for every key, and docs/config.md is made from it. [Load] and
// [Parse] read a file and report everything that is wrong with it at once, each problem with its file, line, column, key,
// what was expected and the nearest key that exists.
//
// Of YAML (https://yaml.org/spec/1.2.2/) it takes what a configuration needs: one document of mappings, lists, text,
// whole numbers and booleans. Anchors, aliases, merge keys, explicit tags and tabs in the indentation are refused: they
// make a line mean something that it does not say.
//
// What it is not: it opens no socket and does not look whether the files, directories or servers that it names exist; that
// is for those who use them to say. Command-line flags are the caller's: set the field and call [Config.Validate].
package config
