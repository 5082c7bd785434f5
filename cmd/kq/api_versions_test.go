package main

import (
	"slices"
	"strings"
	"testing"

	"kq/internal/cli"
	"kq/pkg/admin"
)

// twoVersions is a cluster in the middle of an upgrade.
func twoVersions() []admin.BrokerAPIs {
	old := admin.BrokerAPIs{
		Broker: 1, APIs: []admin.API{{Key: 0, Name: "Produce", Max: 12}, {Key: 3, Name: "Metadata", Max: 12}},
		Supported: []admin.Feature{{Name: "metadata.version", Min: 7, Max: 25}},
	}
	young := old
	young.Broker, young.APIs = 2, []admin.API{{Key: 0, Name: "Produce", Max: 13}, {Key: 1, Name: "Fetch", Min: 4, Max: 17}, {Key: 3, Name: "Metadata", Max: 12}}
	young.Finalized = []admin.Feature{{Name: "metadata.version", Min: 25, Max: 25}}
	third := old
	third.Broker = 3
	return []admin.BrokerAPIs{old, young, third}
}

func TestAPITableTellsBrokersApart(t *testing.T) {
	var got []string
	table := apiTable(twoVersions())
	for _, row := range table.Rows {
		got = append(got, strings.Join(row, " "))
	}
	want := []string{"Produce 0 0 12 1,3", "Produce 0 0 13 2", "Fetch 1 4 17 2", "Metadata 3 0 12 1,2,3"}
	if !slices.Equal(got, want) || table.Columns[4].Wide {
		t.Errorf("got %q, column hidden %v; want %q, shown", got, table.Columns[4].Wide, want)
	}
	if same := apiTable(twoVersions()[:1]); !same.Columns[4].Wide {
		t.Error("brokers that agree are told apart")
	}
	got = nil
	for _, row := range featureTable(twoVersions()).Rows {
		got = append(got, strings.Join(row, " "))
	}
	if want := []string{"metadata.version 7 25  1,3", "metadata.version 7 25 25 2"}; !slices.Equal(got, want) {
		t.Errorf("features %q, want %q", got, want)
	}
}

func TestAPIVersionsOfADeadBroker(t *testing.T) {
	env, out, errs := testEnv()
	brokers := twoVersions()
	brokers[1] = admin.BrokerAPIs{Broker: 2, Host: "b", Port: 9092, Error: &admin.Error{Code: -1, Message: "it is down"}}
	a := &app{env: env, output: "table"}
	if err := a.printAPIVersions(brokers); cli.Report(env, err) != cli.CodeFailed {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(errs.String(), "kq: ask broker 2 at b:9092: it is down\n") || !strings.Contains(out.String(), "Produce") {
		t.Errorf("printed %q, and said %q", out, errs)
	}
}
