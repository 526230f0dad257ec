"""A program of its own: a session on a Spark cluster. Lines of JSON come in and go out. Run by `spark`.

It knows nothing of the project and has Spark's packages from the folder that it is told; Python starts it alone (`python -I spark_child.py`). It looks
every second whether the cluster is still there: Spark by itself would wait for a dead one without end.
"""

import json
import os
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

GONE_S, IDLE_S = 5, 45  # seconds without a master, without anybody who computes
_out = None
_lock = threading.Lock()


def say(told):
    with _lock:
        _out.write(json.dumps(told) + "\n")
        _out.flush()


def end(why):
    say({"wrong": why})
    os._exit(1)


def session(given):
    sys.path.insert(0, given["packages"])
    os.environ["SPARK_LOCAL_IP"] = given["me"]
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.host": given["me"], "spark.driver.bindAddress": given["me"], "spark.driver.memory": "512m", "spark.executor.memory": given["memory"],
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "8", "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(given["master"]).appName("minsheng-archive")
    for name, value in settings.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.read.parquet(*(f"file://{path}" for path in given["paths"])).createOrReplaceTempView(given["table"])
    return found


def watch(spark, master):
    """Ends this process when the master does not listen, or nobody computes."""
    to, context = urlsplit(master), spark.sparkContext._jsc.sc()
    seen = {"master": time.monotonic(), "computing": time.monotonic()}
    while True:
        time.sleep(1)
        try:
            socket.create_connection((to.hostname, to.port), 2).close()
            seen["master"] = time.monotonic()
        except OSError:
            pass
        if context.isStopped():
            end("Spark 集群停掉了这次计算。没有给出任何数")
        if context.getExecutorMemoryStatus().size() > 1:  # the driver is one
            seen["computing"] = time.monotonic()
            limit = GONE_S
        else:
            limit = IDLE_S if not seen.get("began") else GONE_S * 3
        seen["began"] = seen.get("began") or limit == GONE_S
        if time.monotonic() - seen["master"] > GONE_S:
            end(f"Spark 主节点 {master} 断了，没有算完。没有给出任何数")
        if time.monotonic() - seen["computing"] > limit:
            end("Spark 集群里没有计算节点了，没有算完。没有给出任何数")


def main():
    global _out
    _out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Spark prints is no answer
    given = json.loads(sys.stdin.readline())
    try:
        spark = session(given)
        threading.Thread(target=watch, args=(spark, given["master"]), daemon=True).start()
        say({"ready": True})
        for line in sys.stdin:
            say({"rows": [list(row) for row in spark.sql(json.loads(line)["sql"]).collect()]})
    except Exception as wrong:
        lines = [line.strip() for line in str(wrong).splitlines() if line.strip()]
        end(f"Spark 没有算完：{lines[0][:200] if lines else type(wrong).__name__}。没有给出任何数")


if __name__ == "__main__":
    main()
