// Reads a Compose file as `docker compose` does, by its own library, and prints the project as JSON.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithEnvFiles(), cli.WithDotEnv)
	if err == nil {
		project, loadError := options.LoadProject(context.Background())
		if err = loadError; err == nil {
			text, _ := project.MarshalJSON()
			fmt.Println(string(text))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
