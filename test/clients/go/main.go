// The official Go packages of OpenAI and Anthropic against the gateway: `clients openai` or `clients anthropic`.
package main

import "os"

func main() {
	if os.Args[1] == "openai" {
		checkOpenAI()
	} else {
		checkAnthropic()
	}
}
