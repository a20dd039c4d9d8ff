"""Reads lakes with the engines of others. Takes a request a line and answers with a line: what each engine counted, by
its name and that of the question. All requests of a process share one Spark, which takes its time to start.

    {"engines": ["duckdb", "chdb", "spark"], "folder": "/path/of/the/lake"}
    {"engines": ["duckdb", "chdb", "spark", "arrow"],
     "s3": {"endpoint": "http://127.0.0.1:8333", "path": "bucket/prefix", "key": "...", "secret": "..."}}
"""

import json
import os
import pathlib
import re
import sys

FILES = "org=*/dt=*/hour=*/*.parquet"
# Everything the tests compare, in SQL that all of them understand.
QUERIES = {
    "rows": "SELECT count(*), count(DISTINCT (org, seq)) FROM {lake}",
    "orgs": "SELECT org, count(*), min(seq), max(seq) FROM {lake} GROUP BY org",
    "actions": "SELECT action, count(*) FROM {lake} GROUP BY action",
    "outcomes": "SELECT outcome, count(*) FROM {lake} GROUP BY outcome",
    "actors": "SELECT actor_name, count(*) FROM {lake} GROUP BY actor_name",
    "actor_ids": "SELECT actor_id, count(*) FROM {lake} GROUP BY actor_id",
    "leaves": "SELECT log, count(DISTINCT leaf_hash), min(length(leaf_hash)) FROM {lake} GROUP BY log",
    "days": "SELECT CAST(dt AS {text}), CAST(hour AS int), count(*) FROM {lake} WHERE dt >= '2000-01-01' "
    "GROUP BY dt, hour",
}
GUIDE = pathlib.Path(__file__).parents[3] / "docs/streams/lake.md"


def from_guide(begins):
    """A block of Python of the guide, run as it stands there: what people copy is what is tested."""
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(begins)]
    exec(compile(block, str(GUIDE), "exec"), globals())


def duckdb_of(folder=None, s3=None):
    import duckdb

    connection = duckdb.connect()
    if s3:
        import s3fs

        # As a program that caches nothing: files come while this one runs.
        store = s3fs.S3FileSystem(
            key=s3["key"], secret=s3["secret"], endpoint_url=s3["endpoint"], use_listings_cache=False
        )
        connection.register_filesystem(store)
    files = f"{folder}/{FILES}" if folder else f"s3://{s3['path']}/{FILES}"
    lake = f"read_parquet('{files}', hive_partitioning = true)"
    run = lambda query: connection.execute(query).fetchall()
    counts = {name: run(query.format(lake=lake, text="text")) for name, query in QUERIES.items()}
    counts["targets"] = run(f"SELECT t, count(*) FROM (SELECT unnest(target_types) AS t FROM {lake}) GROUP BY t")
    counts["ids"] = run(f"SELECT count(*) FROM {lake} WHERE event->>'$.id' = id")
    counts["occurred"] = run(f"SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)) FROM {lake}")
    return counts


def chdb_of(folder=None, s3=None):
    import chdb

    lake = f"file('{folder}/{FILES}', Parquet)"
    if s3:
        lake = f"s3('{s3['endpoint']}/{s3['path']}/{FILES}', '{s3['key']}', '{s3['secret']}', 'Parquet')"

    def run(query):
        answer = str(chdb.query(query, "JSONCompact"))
        # Whole numbers of 64 bits are texts there.
        plain = lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value
        return [[plain(value) for value in row] for row in json.loads(answer)["data"]]

    counts = {name: run(query.format(lake=lake, text="text")) for name, query in QUERIES.items()}
    counts["targets"] = run(f"SELECT arrayJoin(target_types) AS t, count(*) FROM {lake} GROUP BY t")
    counts["ids"] = run(f"SELECT count(*) FROM {lake} WHERE JSONExtractString(toString(event), 'id') = id")
    counts["occurred"] = run(
        f"SELECT toUnixTimestamp64Micro(min(occurred_at)), toUnixTimestamp64Micro(max(occurred_at)) FROM {lake}"
    )
    return counts


class Session:
    """The one Spark, once somebody asks for it."""

    spark = None

    @classmethod
    def get(cls):
        if cls.spark is None:
            from pyspark.sql import SparkSession

            os.environ["PYSPARK_PYTHON"] = sys.executable
            os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
            settings = {
                "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
                "spark.driver.memory": "512m",
                "spark.driver.host": "127.0.0.1",
                "spark.sql.shuffle.partitions": "1",
                "spark.sql.session.timeZone": "UTC",
                "spark.ui.enabled": "false",
                "spark.ui.showConsoleProgress": "false",
            }
            builder = SparkSession.builder.master("local[1]")
            for name, value in settings.items():
                builder = builder.config(name, value)
            cls.spark = builder.getOrCreate()
            from_guide("import pyarrow")
            cls.spark.dataSource.register(Lake)
        return cls.spark


def spark_of(folder=None, s3=None):
    spark = Session.get()
    if folder:
        frame = spark.read.parquet(folder)
    else:
        frame = spark.read.format("Lake").options(**s3).load()
    # Files are read once for all questions.
    frame = frame.cache()
    frame.createOrReplaceTempView("lake")
    run = lambda query: [list(row) for row in spark.sql(query).collect()]
    counts = {name: run(query.format(lake="lake", text="string")) for name, query in QUERIES.items()}
    counts["targets"] = run("SELECT t, count(*) FROM (SELECT explode(target_types) AS t FROM lake) GROUP BY t")
    counts["ids"] = run("SELECT count(*) FROM lake WHERE get_json_object(event, '$.id') = id")
    counts["occurred"] = run("SELECT unix_micros(min(occurred_at)), unix_micros(max(occurred_at)) FROM lake")
    frame.unpersist(blocking=True)
    return counts


def arrow_of(s3):
    """By listing a bucket as Arrow, and whatever is built on it, does."""
    import pyarrow.compute as compute
    import pyarrow.dataset as dataset
    from pyarrow import fs

    scheme, _, address = s3["endpoint"].partition("://")
    store = fs.S3FileSystem(
        access_key=s3["key"], secret_key=s3["secret"], endpoint_override=address, scheme=scheme, region="us-east-1"
    )
    # Files whose names begin with _ or . are passed over, as Spark does.
    table = dataset.dataset(s3["path"], filesystem=store, format="parquet").to_table()
    actions = compute.value_counts(table["action"]).to_pylist()
    return {
        "rows": [[table.num_rows, len(set(zip(table["org"].to_pylist(), table["seq"].to_pylist())))]],
        "actions": [[one["values"], one["counts"]] for one in actions],
    }


ENGINES = {"duckdb": duckdb_of, "chdb": chdb_of, "spark": spark_of, "arrow": arrow_of}


def main():
    # What engines print goes where errors go: standard output has answers only.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        engines = request.pop("engines")
        counts = {name: ENGINES[name](**request) for name in engines}
        print(json.dumps(counts, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
