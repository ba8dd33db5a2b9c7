package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"
)

var (
	gateway = os.Getenv("GATEWAY_URL")
	key     = os.Getenv("GATEWAY_KEY")
	fakes   = os.Getenv("FAKES_URL")
)

// One model of each vendor, as test/support/models.ts has them.
var models = map[string]string{"openai": "gpt-4o", "anthropic": "claude-sonnet-4-6", "gemini": "gemini-3.5-flash"}

// The vendor that is behind the gateway now.
var current string

type object = map[string]any

// A sentence is checked with each vendor behind the gateway; what it finds wrong it says by panic.
func check(sentence string, function func(vendor string)) {
	var fault any
	for _, vendor := range []string{"openai", "anthropic", "gemini"} {
		current = vendor
		ask("POST", "/reset", []any{})
		if said := caught(func() { function(vendor) }); said != "" {
			fault = fmt.Sprintf("with %s: %s", vendor, said)
			break
		}
	}
	line, _ := json.Marshal(struct {
		Check string `json:"check"`
		Fault any    `json:"fault"`
	}{sentence, fault})
	fmt.Println(string(line))
}

func caught(function func()) (said string) {
	defer func() {
		if fault := recover(); fault != nil {
			said = fmt.Sprint(fault)
		}
	}()
	function()
	return ""
}

func reply(vendor string, scripts ...object) { ask("POST", "/"+vendor+"/reply", scripts) }
func fault(vendor string, faults ...object)  { ask("POST", "/"+vendor+"/fault", faults) }

func requests(vendor string) (list []struct {
	JSON    object `json:"json"`
	Aborted bool   `json:"aborted"`
}) {
	no(json.Unmarshal(ask("GET", "/"+vendor+"/requests", nil), &list))
	return list
}

func ask(method, path string, body any) []byte {
	text, err := json.Marshal(body)
	no(err)
	request, err := http.NewRequest(method, fakes+path, bytes.NewReader(text))
	no(err)
	answer, err := http.DefaultClient.Do(request)
	no(err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	no(err)
	return said
}

func no(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("%s is %#v, not %#v", what, got, want))
	}
}

func truly(what string, holds bool) {
	if !holds {
		panic(what)
	}
}

func eventually(what string, holds func() bool) {
	for until := time.Now().Add(10 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		truly(what, time.Now().Before(until))
	}
}

// Every field that the package's own definition requires is there, all the way down. Both vendors' packages are generated alike:
// a struct has its fields' states in a struct `JSON`, and tags what is required.
// What the package's own vendor answers is relayed as it is, and the fake of it is older than the package.
func complete(answer any) {
	if current != os.Args[1] {
		walk(reflect.ValueOf(answer), reflect.TypeOf(answer).String())
	}
}

func walk(value reflect.Value, at string) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			walk(value.Elem(), at)
		}
	case reflect.Slice:
		for i := range value.Len() {
			walk(value.Index(i), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Struct:
		states := value.FieldByName("JSON")
		if !states.IsValid() || states.Kind() != reflect.Struct {
			return
		}
		// A union has the fields of all its kinds, and leads to the one that is there.
		if variant := value.MethodByName("AsAny"); variant.IsValid() {
			if found := variant.Call(nil)[0]; !found.IsNil() {
				walk(found, at)
			}
			return
		}
		for i := range value.NumField() {
			field := value.Type().Field(i)
			state := states.FieldByName(field.Name)
			if field.Name == "JSON" || !field.IsExported() || !state.IsValid() {
				continue
			}
			raw := state.MethodByName("Raw").Call(nil)[0].String()
			name := strings.Split(field.Tag.Get("json"), ",")[0]
			inside := at + "." + name
			isRequired := strings.Contains(field.Tag.Get("api"), "required")
			truly(inside+" is required and missing", !isRequired || raw != "")
			if raw != "" && raw != "null" {
				walk(value.Field(i), inside)
			}
		}
	}
}
