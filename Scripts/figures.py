#!/usr/bin/env python3
"""Tables of figures from the reports of benchmarks, as Markdown: Scripts/figures.py FOLDER [--write README.md]

FOLDER holds what `recs bench … --json` printed, a file a benchmark, named as in Scripts/bench. Without --write the tables are printed; with it
they take the place of what stands between the two marks in that file. Reports that are not there are left out, wrong ones are told as wrong.
"""

import datetime
import json
import pathlib
import re
import sys

BEGIN, END = "<!-- figures: begin (Scripts/bench --write) -->", "<!-- figures: end -->"

# By report: the command, and what is measured in words, by the name of the figure; "" stands for all others.
SPEED = {
    "core": (
        "recs bench core",
        {"core job": "core job: Kafka → Avro → filter → enrich → exact dedupe → plays per viewer, genre and hour → file"},
    ),
    "core-4m": ("… --events 4000000 --runs 3", {"core job": "the same, four times as many"}),
    "stream": (
        "recs bench stream",
        {
            "stream": "the whole stream: log → jobs → Redis, all six topics",
            "stream, values written": "the same, counted by the values written",
            "capture without HTTP": "filling its log through the gateway, without HTTP",
        },
    ),
    "stream-125": ("… --titles 125 --runs 3", {"stream": "the stream with 125 titles"}),
    "stream-kafka": ("… --log kafka --runs 3", {"stream": "the stream from Kafka (librdkafka's mock cluster)"}),
    "capture": (
        "recs bench capture",
        {
            "embedded, batches": "capture: NDJSON of 500 a post, durable in the embedded log",
            "embedded, single": "the same, one event a post",
            "embedded, single of many": "the same over 256 connections, as devices send",
            "kafka, batches": "NDJSON of 500 a post, acknowledged by Kafka",
            "kafka, single": "the same, one event a post",
            "kafka, single of many": "the same over 256 connections",
        },
    ),
    "home": ("recs bench home", {"home": "home page"}),
    "replay": (
        "recs bench replay",
        {"replay": "replay from the archive into a fresh namespace", "archiving": "archiving, beside the jobs"},
    ),
    "operators": (
        "recs bench operators",
        {
            "core": "decode → operators alone, one thread, no log and no store: the core job",
            "jobs": "the same, the jobs of all topics",
            "pages": "a home page alone: a viewer's values → page → JSON",
        },
    ),
    "growth": ("recs bench growth", {"": "the stream at {}"}),
}
TIMES = {"freshness": "recs bench freshness", "signals": "recs bench signals"}
# Details that stand beside a speed, those of the others being in the report.
DETAILS = {
    "append-only bytes an event": "{:,.0f} append-only bytes an event",
    "writes a changed viewer, topic and flush": "{:.2f} writes a changed viewer, topic and flush",
    "titles' values an event": "{:.2f} titles' values written an event",
    "requests per CPU s": "{:,.0f} requests a CPU second",
    "bytes": "{:,.0f} bytes a page",
    "items": "{:.0f} items",
    "Redis round trips a request": "{:.2f} Redis round trips a request",
    "archived bytes a record": "{:.0f} bytes a record",
}
SIZES = (
    "viewers with state", "Redis bytes a viewer", "of the median viewer", "of the busiest tenth", "of the busiest hundredth", "jobs' peak MB",
)


def rounded(value, digits=3):
    """A count with so many digits that count."""
    if value == 0:
        return "0"
    if value < 10:
        return f"{value:.2f}"
    step = 10 ** max(0, len(str(int(value))) - digits)
    return f"{round(value / step) * step:,.0f}"


def aims(report, name):
    """What a figure, or all together, is to come to, and whether it does."""
    told = []
    for aim in report["aims"]:
        if aim["of"] != name:
            continue
        bound = f"≥ {aim['at_least']:,g}" if "at_least" in aim else f"≤ {aim['at_most']:,g}"
        # The first is of the figure itself, whose unit stands beside it.
        what = "" if aim["what"].endswith("a CPU second") or aim["what"] == "p99 ms" else f" {aim['what']}"
        told.append(f"{bound}{what} {'✓' if aim['reached'] else '✗ ' + rounded(aim['value'])}")
    return "; ".join(told)


def beside(report, figure):
    """Yardsticks, other processes, steps and details of a figure."""
    told = [
        f"{yard['ratios'][figure['name']]:.{2 if yard['ratios'][figure['name']] >= 0.1 else 3}f} of {yard['name']} "
        f"({rounded(yard['per_cpu_second']['median'])})"
        for yard in report["yardsticks"] if figure["name"] in yard["ratios"]
    ]
    millions = figure["count"] / 1e6
    told += [
        f"{name} {value / millions:.1f} CPU s a million {figure['unit']}"
        for name, value in figure["other_cpu_seconds"].items() if name != "load generator" and value / millions >= 0.05
    ]
    if figure["timed"]:
        told.append(f"{figure['timed']} p50 {figure['p50_ms']:.0f} ms, p99 {figure['p99_ms']:.0f} ms")
    return "; ".join(told + [DETAILS[name].format(value) for name, value in figure["details"].items() if name in DETAILS])


def table(head, rows):
    """A Markdown table; nothing where there are no rows."""
    if not rows:
        return []
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def checked(reports, keys, rows):
    """Those of the reports that are there and right; what is wrong with another becomes a row."""
    for key in keys:
        report = reports.get(key)
        if report and report["checked"]:
            yield key, report
        elif report:
            rows.append([key, "", "**WRONG**: " + "; ".join(report["faults"]), "", ""])


def speeds(reports):
    rows = []
    for key, report in checked(reports, SPEED, rows):
        command, words = SPEED[key]
        command = f"`{command}`"
        # The smallest size is the yardstick of the others; what is aimed at for each stands with the sizes.
        smallest = report["yardsticks"] if key == "growth" else []
        for figure in smallest + report["figures"]:
            text = words.get(figure["name"]) or words.get("", "").format(figure["name"])
            if not text:
                continue
            speed = figure["per_cpu_second"]
            few = f" ({rounded(speed['min'])}–{rounded(speed['max'])})" if figure["runs"] > 1 else " (one run)"
            few += f", {figure['runs']} runs" if figure["runs"] not in (1, 5) else ""
            rows.append([
                f"{text}; {figure['count']:,} {figure['unit']}", command, f"**{rounded(speed['median'])}**{few}",
                aims(report, figure["name"]) if key != "growth" else "", beside(report, figure),
            ])
            command = "same run"
        for aim in report["aims"]:
            if aim["of"] == "":
                rows.append(["all of these", "same run", "", aims(report, ""), f"{aim['value']:.2f}"])
    return table(["what", "command", "per CPU second: median (least–greatest)", "aim", "beside it"], rows)


def times(reports):
    rows = []
    for key, report in checked(reports, TIMES, rows):
        latency = report["latencies"][0]
        spread = latency["p99_ms_of_runs"]
        rows.append([
            f"{latency['name']}; {latency['count']} in {latency['runs']} runs, under half load", f"`{TIMES[key]}`",
            f"p50 {latency['p50_ms']:.0f} ms, p99 **{latency['p99_ms']:.0f} ms** ({spread['min']:.0f}–{spread['max']:.0f})",
            "p99, ms: " + aims(report, latency["name"]), f"p99 {latency['p99_ratio']:.2g} × the {latency['yardstick']}",
        ])
    return table(["what", "command", "measured", "aim", "beside it"], rows)


def sizes(report):
    if report is None or not report["checked"]:
        return []
    figures = report["yardsticks"] + report["figures"]
    rows = [[name] + [rounded(figure["details"][name], 4) for figure in figures] for name in SIZES]
    rows.append(["aims, each size"] + [aims(report, figure["name"]) for figure in figures])
    return table(["`recs bench growth`"] + [figure["name"] for figure in figures], rows)


def scale(reports):
    """What Netflix's peak takes by these costs, each core and each Redis master at half load."""
    good = {key: report for key, report in reports.items() if report["checked"]}
    if not all(key in good for key in ("capture", "replay", "stream", "stream-kafka")):
        return []

    def cost(key, name):
        """CPU seconds of an event: ours, and by name those beside us."""
        figure = next(figure for figure in good[key]["figures"] if figure["name"] == name)
        others = {other: seconds / figure["count"] for other, seconds in figure["other_cpu_seconds"].items()}
        return 1 / figure["per_cpu_second"]["median"], others

    def cores(seconds):
        return f"{12.5e6 * seconds * 2:,.0f}"

    embedded, kafka = cost("stream", "stream"), cost("stream-kafka", "stream")
    rows = [
        ["capture, acknowledged by Kafka", cores(cost("capture", "kafka, batches")[0]), ""],
        ["archive jobs", cores(cost("replay", "archiving")[0]), ""],
        ["jobs, by the embedded log's figures", cores(embedded[0]), f"{cores(embedded[1]['Redis'])} Redis masters"],
        ["jobs, by Kafka's", cores(kafka[0]), f"{cores(kafka[1]['Redis'])} Redis masters, {cores(kafka[1]['broker'])} cores of brokers"],
    ]
    return table(["12,500,000 events a second", "cores, each at half load", "beside them"], rows)


def stages(reports):
    rows = []
    for key, report in checked(reports, SPEED, []):
        for figure in report["figures"]:
            spent = figure["cpu_seconds_by_stage"]
            shares = [f"{name} {100 * value / figure['cpu_seconds']:.0f} %" for name, value in spent.items() if value > 0.005 * figure["cpu_seconds"]]
            if shares:
                rows.append([f"{key}: {figure['name']}", f"{figure['cpu_seconds']:.2f}", ", ".join(shares), f"{report['peak_bytes'] >> 20}"])
    if not rows:
        return []
    head = ["benchmark", "own CPU s", "of these", "peak MB of the process"]
    return ["<details><summary>CPU by stage, and peak memory</summary>", ""] + table(head, rows) + ["</details>", ""]


def machine(about):
    versions = ", ".join(f"{key} {value}" for key, value in about.items() if key not in ("cpu", "cores"))
    return f"{about['cores']} cores ({about['cpu']}), {versions}"


def section(folder):
    reports = {}
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        try:
            reports[path.stem] = json.loads(path.read_text())
        except ValueError:
            print(f"{path} holds no report: its benchmark failed", file=sys.stderr)
    if not reports:
        sys.exit(f"there is no report in {folder}: run Scripts/bench")
    machines = {machine(report["machine"]) for report in reports.values()}
    lines = [f"Measured {datetime.date.today()} on one machine: {' and '.join(sorted(machines))}.", ""]
    settings = [f"{key}: {report['setting']}" for key, report in reports.items() if key in SPEED or key in TIMES]
    parts = [
        ("Speed", speeds(reports)), ("Time", times(reports)), ("Size", sizes(reports.get("growth"))),
        ("At Netflix's published peak", scale(reports)),
    ]
    for title, rows in parts:
        lines += [f"**{title}**", ""] + rows if rows else []
    lines += stages(reports)
    lines += ["<details><summary>Settings</summary>", ""] + [f"- {line}" for line in settings] + ["", "</details>"]
    return "\n".join(lines)


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help") or len(arguments) not in (1, 3):
        sys.exit(__doc__.strip())
    text = section(arguments[0])
    if len(arguments) == 1:
        print(text)
        return
    path = pathlib.Path(arguments[2])
    before = path.read_text()
    if arguments[1] != "--write" or BEGIN not in before or END not in before:
        sys.exit(f"{path} has not the two marks '{BEGIN}' and '{END}'")
    between = re.escape(BEGIN) + ".*?" + re.escape(END)
    path.write_text(re.sub(between, lambda _: f"{BEGIN}\n{text}\n{END}", before, flags=re.DOTALL))


main()
