package config

import "reflect"

// Changed are the top-level keys whose values differ between two configurations, in the file's order.
func Changed(a, b Config) []string {
	var out []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			out = append(out, x.Type().Field(i).Tag.Get("yaml"))
		}
	}
	return out
}
