"""From an event's JSON to the columns that the row stores search by. Shared so that they index the same things."""

import datetime
import json
import os

BATCH_EVENTS = 10_000


def events(path):
    """The events of a file: (line, event)."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n"), json.loads(line)


def unix_ms(text):
    """Unix milliseconds of an RFC 3339 time with three fraction digits."""
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def words(event):
    """The text that free-text search looks into. Fewer fields than the service indexes, to the peers' advantage."""
    target = event["targets"][0]
    actor = event["actor"]
    parts = [event["metadata"]["note"], event.get("reason", ""), target["name"], actor["name"], event["action"]]
    return " ".join(parts)


def columns(line, event):
    """What a table of a row store holds."""
    context = event["context"]
    return (
        unix_ms(event["occurred_at"]),
        event["org"],
        event["action"],
        event["actor"]["id"],
        event["targets"][0]["id"],
        event["outcome"],
        context["ip"],
        context["request_id"],
        context["session_id"],
        event["metadata"]["duration_ms"],
        line,
    )


def batches(path, make):
    """Lists of `make(line, event)`, BATCH_EVENTS each."""
    batch = []
    for line, event in events(path):
        batch.append(make(line, event))
        if len(batch) == BATCH_EVENTS:
            yield batch
            batch = []
    if batch:
        yield batch


def file_bytes(*paths):
    """What files and folders take on the disk."""
    total = 0
    for path in paths:
        if os.path.isdir(path):
            total += file_bytes(*(os.path.join(path, name) for name in os.listdir(path)))
        elif os.path.exists(path):
            total += os.stat(path).st_blocks * 512
    return total


def bounds(values):
    """The first and last millisecond of an hour."""
    return tuple(unix_ms(value) for value in values)


def network_prefix(network):
    """`10.1.2.0/24` as what its addresses begin with. The searches are for /24 networks only."""
    address, bits = network.split("/")
    assert bits == "24", network
    return address.rsplit(".", 1)[0] + "."
