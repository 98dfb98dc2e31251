// Command check-sign-in asks an API server as kubectl does: with a kubeconfig and nothing else, so that the client's
// own code starts the credential plug-in that the kubeconfig names.
//
// The arguments are the kubeconfig and the path to ask for. The answer is printed; when there is none, the reason is
// written to standard error and the exit code is 1.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const patience = 20 * time.Second

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: check-sign-in KUBECONFIG PATH")
	}
	answer, err := ask(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(answer); err != nil {
		log.Fatal(err)
	}
}

func ask(kubeconfig, path string) ([]byte, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(ctx)
}
