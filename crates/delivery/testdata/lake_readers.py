"""Reads a lake with the engines of others and prints what they counted, as JSON by the name of the engine.

    lake_readers.py folder /path/of/the/lake
    lake_readers.py s3 http://127.0.0.1:8333 bucket prefix key secret
"""

import json
import sys

FILES = "org=*/dt=*/hour=*/*.parquet"
# Everything the tests compare, in SQL that DuckDB and ClickHouse both understand.
QUERIES = {
    "rows": "SELECT count(*), count(DISTINCT (org, seq)) FROM {lake}",
    "orgs": "SELECT org, count(*), min(seq), max(seq) FROM {lake} GROUP BY org",
    "actions": "SELECT action, count(*) FROM {lake} GROUP BY action",
    "outcomes": "SELECT outcome, count(*) FROM {lake} GROUP BY outcome",
    "actors": "SELECT actor_name, count(*) FROM {lake} GROUP BY actor_name",
    "leaves": "SELECT log, count(DISTINCT leaf_hash), min(length(leaf_hash)) FROM {lake} GROUP BY log",
    "days": "SELECT CAST(dt AS text), hour, count(*) FROM {lake} WHERE dt >= '2000-01-01' GROUP BY dt, hour",
}


def duckdb_of(lake):
    import duckdb

    connection = duckdb.connect()
    run = lambda query: connection.execute(query).fetchall()
    counts = {name: run(query.format(lake=lake)) for name, query in QUERIES.items()}
    counts["targets"] = run(f"SELECT t, count(*) FROM (SELECT unnest(target_types) AS t FROM {lake}) GROUP BY t")
    counts["ids"] = run(f"SELECT count(*) FROM {lake} WHERE event->>'$.id' = id")
    counts["occurred"] = run(f"SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)) FROM {lake}")
    return counts


def chdb_of(lake):
    import chdb

    def run(query):
        answer = str(chdb.query(query, "JSONCompact"))
        # Whole numbers of 64 bits are texts there.
        plain = lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value
        return [[plain(value) for value in row] for row in json.loads(answer)["data"]]

    counts = {name: run(query.format(lake=lake)) for name, query in QUERIES.items()}
    counts["targets"] = run(f"SELECT arrayJoin(target_types) AS t, count(*) FROM {lake} GROUP BY t")
    counts["ids"] = run(f"SELECT count(*) FROM {lake} WHERE JSONExtractString(toString(event), 'id') = id")
    counts["occurred"] = run(
        f"SELECT toUnixTimestamp64Micro(min(occurred_at)), toUnixTimestamp64Micro(max(occurred_at)) FROM {lake}"
    )
    return counts


def arrow_of(endpoint, bucket, prefix, key, secret):
    """By listing a bucket as Arrow, and whatever is built on it, does."""
    import pyarrow.compute as compute
    import pyarrow.dataset as dataset
    from pyarrow import fs

    scheme, _, address = endpoint.partition("://")
    store = fs.S3FileSystem(
        access_key=key, secret_key=secret, endpoint_override=address, scheme=scheme, region="us-east-1"
    )
    # Files whose names begin with _ or . are passed over, as Spark does.
    table = dataset.dataset(f"{bucket}/{prefix}", filesystem=store, format="parquet").to_table()
    actions = compute.value_counts(table["action"]).to_pylist()
    return {
        "rows": [[table.num_rows, len(set(zip(table["org"].to_pylist(), table["seq"].to_pylist())))]],
        "actions": [[one["values"], one["counts"]] for one in actions],
    }


def main():
    where, *rest = sys.argv[1:]
    if where == "folder":
        files = f"{rest[0]}/{FILES}"
        counts = {
            "duckdb": duckdb_of(f"read_parquet('{files}', hive_partitioning = true)"),
            "chdb": chdb_of(f"file('{files}', Parquet)"),
        }
    else:
        endpoint, bucket, prefix, key, secret = rest
        url = f"{endpoint}/{bucket}/{prefix}/{FILES}"
        counts = {
            "chdb": chdb_of(f"s3('{url}', '{key}', '{secret}', 'Parquet')"),
            "arrow": arrow_of(endpoint, bucket, prefix, key, secret),
        }
    for engine in counts.values():
        for rows in engine.values():
            rows.sort(key=lambda row: json.dumps(list(row), default=str))
    json.dump(counts, sys.stdout, default=str)


main()
