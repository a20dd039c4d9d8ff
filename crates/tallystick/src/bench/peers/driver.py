"""Runs one engine through the same events and searches as the service, and prints what that took as JSON.

    driver.py ENGINE INPUT.json DATA_FOLDER

An engine is a module `engine_<name>` with a class `Engine`:
    version, settings              text, and a list of texts: what is not default
    batches(path)                  prepares a file of events; yields what insert() takes. Not timed.
    insert(batch)                  inserts, durably as far as the engine can. Timed.
    settle()                       what makes later searches fast: statistics, merges, checkpoints. Its processor
                                   time counts, its duration does not.
    cpu_seconds()                  processor time of the engine so far
    disk_bytes()                   tables and indexes
    search(kind, org, values)      the newest 50 as [(unix ms, request id), ...], whole events fetched
    count(), by_action(), overview()
    close()
"""

import importlib
import json
import math
import sys
import time

# The same effort as for the service: a round that does not count, then rounds until there are enough.
ROUNDS_MAX = 20
ROUNDS_SECONDS_MAX = 4.0
PAGE_EVENTS = 50


def say(text):
    print(text, file=sys.stderr, flush=True)


def summary(seconds):
    """Percentiles by nearest rank, milliseconds."""
    ordered = sorted(seconds)

    def at(share):
        rank = math.ceil(share * len(ordered))
        return ordered[min(max(rank, 1), len(ordered)) - 1] * 1000

    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0), "samples": len(ordered)}


def measure(variants):
    """Times a list of functions. Slow ones get fewer rounds, but every variant is asked at least once after its warm-up."""
    started = time.perf_counter()
    for variant in variants:
        variant()
    warmed = time.perf_counter() - started
    taken = []
    started = time.perf_counter()
    for _ in range(ROUNDS_MAX):
        for variant in variants:
            before = time.perf_counter()
            variant()
            taken.append(time.perf_counter() - before)
        if time.perf_counter() - started + warmed > ROUNDS_SECONDS_MAX:
            break
    return summary(taken)


def ingest(engine, files):
    """Inserts all events; returns the seconds of the inserts and the processor seconds of inserts and settling."""
    wall = cpu = 0.0
    for number, path in enumerate(files, 1):
        for batch in engine.batches(path):
            cpu_before, before = engine.cpu_seconds(), time.perf_counter()
            engine.insert(batch)
            wall += time.perf_counter() - before
            cpu += engine.cpu_seconds() - cpu_before
        if number % 5 == 0 or number == len(files):
            say(f"  {number} of {len(files)} files, {wall:.0f} s of inserts")
    cpu_before = engine.cpu_seconds()
    engine.settle()
    return wall, cpu + engine.cpu_seconds() - cpu_before


def differs(kind, number, found, expected):
    """What is different between two pages, or None."""
    times = [time_ms for time_ms, _ in found]
    if times != expected["times"]:
        return f"{kind} {number}: {len(times)} events instead of {len(expected['times'])}, or of other times"
    if expected["requests"] is not None and sorted(request for _, request in found) != expected["requests"]:
        return f"{kind} {number}: other events of the same times"
    return None


def searches(engine, answers):
    """Times every question and compares the answers with the service's."""
    kinds, mismatches, times = {}, [], {}
    for query in answers["queries"]:
        kinds.setdefault(query["kind"], []).append(query)
    for kind, queries in kinds.items():
        for number, query in enumerate(queries):
            found = engine.search(kind, query["org"], query["values"])
            mismatches.append(differs(kind, number, found, query["expected"]))
        variants = [
            lambda query=query: engine.search(kind, query["org"], query["values"]) for query in queries
        ]
        times[kind] = measure(variants)
        say(f"  {kind}: {times[kind]['p50_ms']:.2f} ms")
    if (count := engine.count()) != answers["count"]:
        mismatches.append(f"count: {count} instead of {answers['count']}")
    if engine.by_action() != answers["by_action"]:
        mismatches.append("by_action: other counts")
    for name, function in (("count", engine.count), ("overview", engine.overview), ("by_action", engine.by_action)):
        times[name] = measure([function])
        say(f"  {name}: {times[name]['p50_ms']:.2f} ms")
    return times, [mismatch for mismatch in mismatches if mismatch]


def main(name, input_path, folder):
    with open(input_path, encoding="utf-8") as file:
        given = json.load(file)
    engine = importlib.import_module(f"engine_{name}").Engine(folder)
    try:
        wall, cpu = ingest(engine, given["files"])
        disk = engine.disk_bytes()
        times, mismatches = searches(engine, given["answers"])
    finally:
        engine.close()
    result = {
        "version": engine.version,
        "ingest_seconds": wall,
        "cpu_seconds": cpu,
        "disk_bytes": disk,
        "searches": times,
        "mismatches": mismatches,
        "settings": engine.settings,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
