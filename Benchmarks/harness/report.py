"""Figures as tables. Every table has every server that was asked, the losing and the failing ones too."""

from statistics import median

from .scenarios import SCENARIOS

#: The servers that the others are compared with.
YARDSTICKS = {"nginx": "nginx", "hummingbird": "Hummingbird"}

ABRUPT = """
¹ It closes connections without a word of it in the response, so that the client sends one more request into each.
"""

ECHOES = "`ws`; each message is sent when the one before has come back"
FAN_OUTS = ("`fan-out`; messages delivered; the next one is sent when all have the one before, and the times are those until "
            "all have it")

HTTP2 = "`h2`; connections × streams of h2load; × is SAGI's requests/CPU-s over the row's"

SHARED = "; the server's and the client's are two threads of one physical core"


def summary(rounds):
    """The median of each figure over the rounds."""
    return {name: None if value is None else median(one[name] for one in rounds) for name, value in rounds[0].items()}


def ratio(cells, server, yardstick, figure):
    """The median over the rounds of a server's figure as a multiple of the yardstick's in the same round."""
    mine, theirs = cells.get(server, {}).get("rounds"), cells.get(yardstick, {}).get("rounds")
    if not mine or not theirs:
        return None
    return median(a[figure] / b[figure] for a, b in zip(mine, theirs))


def tables(results, titles):
    """All tables of a run as Markdown."""
    parts = [load_table(scenario, results["scenarios"][scenario.name], titles)
             for scenario in SCENARIOS if scenario.name in results["scenarios"]]
    if results.get("idle"):
        parts.append(idle_table(results["idle"], titles))
    if results.get("web_sockets"):
        parts += web_socket_tables(results["web_sockets"])
    parts += http2_tables(results.get("http2", {}))
    if results.get("guard"):
        parts.append(guard_table(results["guard"]))
    return "\n".join(parts)


def load_table(scenario, cells, titles):
    columns = ["server", "requests/s"] + [f"× {title}" for title in YARDSTICKS.values()]
    columns += ["requests/CPU-s", "lowest–highest"] + [f"× {title}" for title in YARDSTICKS.values()]
    columns += ["core", "p50 ms", "p99 ms", "RSS MiB"]
    rows = []
    for server, cell in cells.items():
        if "rounds" not in cell:
            rows.append([titles[server], cell["error"]] + [""] * (len(columns) - 2))
            continue
        middle = summary(cell["rounds"])
        spread = [one["per_cpu"] for one in cell["rounds"]]
        mark = " ¹" if middle["abrupt"] else ""
        row = [titles[server] + mark, count(middle["rate"])]
        row += [times(ratio(cells, server, yardstick, "rate")) for yardstick in YARDSTICKS]
        row += [count(middle["per_cpu"]), f"{count(min(spread))}–{count(max(spread))}"]
        row += [times(ratio(cells, server, yardstick, "per_cpu"), True) for yardstick in YARDSTICKS]
        row += [f"{middle['server_core']:.0%}", small(middle["p50"]), small(middle["p99"]),
                f"{middle['rss'] / 2**20:.1f}"]
        rows.append(row)
    table = section(scenario.title, f"`{scenario.name}`", columns, rows)
    return table + (ABRUPT if any("¹" in row[0] for row in rows) else "")


def idle_table(cells, titles):
    columns = ["server", "KiB for each connection", "lowest–highest"]
    columns += [f"× {title}" for title in YARDSTICKS.values()] + ["RSS MiB before", "RSS MiB after"]
    rows, connections = [], 0
    for server, cell in cells.items():
        if "rounds" not in cell:
            rows.append([titles[server], cell["error"]] + [""] * (len(columns) - 2))
            continue
        middle = summary(cell["rounds"])
        connections = middle["connections"]
        spread = [one["per_connection"] / 1024 for one in cell["rounds"]]
        row = [titles[server], f"{middle['per_connection'] / 1024:.2f}", f"{min(spread):.2f}–{max(spread):.2f}"]
        row += [times(ratio(cells, server, yardstick, "per_connection")) for yardstick in YARDSTICKS]
        row += [f"{middle['rss_before'] / 2**20:.1f}", f"{middle['rss_after'] / 2**20:.1f}"]
        rows.append(row)
    note = "`idle`; lower is better" if not connections else f"`idle`; {connections:,.0f} connections; lower is better"
    return section("Idle connections", note, columns, rows)


def web_socket_tables(results):
    titles, parts = results["titles"], []
    echoes = [(f"WebSocket echo: {name}", ECHOES, cells) for name, cells in results.get("echoes", {}).items()]
    fan_outs = [(name, FAN_OUTS, cells) for name, cells in results.get("fan_out", {}).items()]
    for title, note, cells in echoes + fan_outs:
        rows = []
        for server, cell in cells.items():
            if "rounds" not in cell:
                rows.append([titles[server], cell["error"], "", "", "", "", ""])
                continue
            middle = summary(cell["rounds"])
            rows.append([
                titles[server], count(middle["rate"]), count(middle["per_cpu"]),
                times(ratio(cells, "sagi", server, "per_cpu"), True), f"{middle['core']:.0%}", small(middle["p50"]),
                small(middle["p99"])])
        columns = ["server", "messages/s", "messages/CPU-s", "SAGI ×", "core", "p50 ms", "p99 ms"]
        parts.append(section(title, note + "; × is SAGI's messages/CPU-s over the row's", columns, rows))
    for name, cells in results.get("idle", {}).items():
        rows = [[titles[server], f"{cell['per_socket'] / 1024:.2f}" if "per_socket" in cell else cell["error"]]
                for server, cell in cells.items()]
        parts.append(section(
            f"Idle WebSockets, {name}", "`ws-idle`; each after one echo; lower is better",
            ["server", "KiB for each socket"], rows))
    return parts


def http2_tables(results):
    parts = []
    for name, cells in results.get("loads", {}).items():
        rows = []
        for server, cell in cells.items():
            if "rounds" not in cell:
                rows.append([results["titles"][server], cell["error"], "", "", "", ""])
                continue
            middle = summary(cell["rounds"])
            rows.append([
                results["titles"][server], count(middle["rate"]), count(middle["per_cpu"]),
                times(ratio(cells, "sagi", server, "per_cpu"), True), f"{middle['core']:.0%}",
                f"{middle['rss'] / 2**20:.1f}"])
        columns = ["server", "requests/s", "requests/CPU-s", "SAGI ×", "core", "RSS MiB"]
        parts.append(section(name, HTTP2, columns, rows))
    return parts


def guard_table(guard):
    columns = ["request", "instructions", "allocations", "bytes allocated"]
    rows = [[name, figure(one, "instructions"), figure(one, "allocations", 2), figure(one, "allocated_bytes")]
            for name, one in guard["requests"].items()]
    note = f"`guard`; ours alone, user space. {guard['method']}"
    return section("Instructions and allocations of a request", note, columns, rows)


def section(title, note, columns, rows):
    lines = [f"### {title}", "", f"({note})", "", "| " + " | ".join(columns) + " |",
             "| --- |" + " ---: |" * (len(columns) - 1)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def figure(cell, name, places=0):
    return "–" if cell.get(name) is None else f"{cell[name]:,.{places}f}"


def count(value):
    return f"{value:,.0f}"


def times(value, bold=False):
    if value is None:
        return "–"
    text = f"{value:.2f}" if value < 100 else f"{value:.0f}"
    return f"**{text}**" if bold else text


def small(value):
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def document(results, titles, command):
    """The page docs/benchmarks.md."""
    machine, versions, settings = results["machine"], results["versions"], results["settings"]
    facts = "\n".join(f"| {name} | {value} |" for name, value in {
        "date": machine["date"], "command": f"`{command}`",
        "rounds": f"{settings['rounds']} of {settings['seconds']} s for each cell",
        "processor": f"{machine['processor']}, {machine['cores']} cores{SHARED if machine['shared_core'] else ''}",
        "memory": f"{machine['memory_gib']} GiB",
        "system": f"{machine['system']}, Linux {machine['kernel']}",
        "load before the run": machine["load_before"],
    }.items())
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    return TEMPLATE.format(facts=facts, programs=programs, tables=tables(results, titles))


TEMPLATE = """# Benchmarks

This page is written by `Benchmarks/run --write-docs` and holds the last full run. `make bench` repeats it on your
machine; `Benchmarks/run --quick --only hello` is a first look.

## How it is measured

Each server has one event loop or worker and runs with all its threads on core 0; the client, `wrk` with one thread and
64 connections over the loopback, runs on core 1. The servers take turns, round by round, in an order that rotates; the
ones that wait are stopped (SIGSTOP). Every server is asked once for the right answer before it is timed, and a single
failed request voids a cell. Figures are medians over the rounds; ratios are taken round by round, and then the median.

- **requests/CPU-s** is the number to compare: requests for each second of processor time that the server's processes
  used, in user space and kernel. `× nginx` in bold is the ratio of it; more is better.
- **requests/s** is limited by the client where **core**, the server's share of its core, is below 100 %.
- **p50** and **p99** are latencies with 64 requests always waiting: they say how the queue is served, not how fast a
  server answers when it is not loaded.
- **RSS** is the resident memory of all processes of the server after the load.
- SAGI is the product `Conformance`, an asynchronous application on the public interface. nginx answers the greeting by
  `return 200` and the others from files with `sendfile`; Hummingbird, FlyingFox and the ASGI servers run the
  applications in `Benchmarks/Peers`. Access logs are off unless the row says otherwise.

## The run

| | |
| --- | --- |
{facts}

{programs}.

## Results

{tables}"""
