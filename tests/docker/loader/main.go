// What `docker compose config --services` does, without docker: the specification's own loader, with the options that
// Docker Compose v2.40 gives it. Prints the names of the services that would start, or says what is wrong.
//
//	loader [-f FILE]... [--env-file FILE]... [--profile NAME]...
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

type several []string

func (s *several) String() string { return strings.Join(*s, " ") }

func (s *several) Set(value string) error {
	*s = append(*s, value)
	return nil
}

func main() {
	var files, envFiles, profiles several
	flag.Var(&files, "f", "a compose file")
	flag.Var(&envFiles, "env-file", "a file of variables; without one, .env beside the compose file")
	flag.Var(&profiles, "profile", "a profile to turn on")
	flag.Parse()
	names, err := services(files, envFiles, profiles)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strings.Join(names, "\n"))
}

func services(files, envFiles, profiles []string) ([]string, error) {
	options, err := cli.NewProjectOptions(
		files,
		cli.WithOsEnv,
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(profiles...), // after the variables: COMPOSE_PROFILES may be among them
	)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	if err := project.CheckContainerNameUnicity(); err != nil {
		return nil, err
	}
	return project.ServiceNames(), nil
}
