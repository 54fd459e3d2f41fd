import io

from rich.console import Console

from lookalike.backends.record import RunRecord, Status
from lookalike.display.tables import metrics_table, runs_table, spread_table
from lookalike.runs.spread import Outcome, Spread

METRICS = {
    "k": 3,
    "queries": 250,
    "before": {"map_at_r": 0.5, "hit_at_k": 0.992},
    "after": {"map_at_r": 0.625, "hit_at_k": 0.99},
    "difference": {
        "map_at_r": {"mean": 0.125, "low": 0.1, "high": 0.15},
        "hit_at_k": {"mean": -0.002, "low": -0.01, "high": 0.004},
    },
}


def printed(table):
    console = Console(file=io.StringIO(), width=80)
    console.print(table)
    return console.file.getvalue()


def test_the_metrics_table_shows_before_after_and_the_interval_of_the_change():
    text = printed(metrics_table(METRICS))
    assert "250 queries, k = 3" in text
    (row,) = [line for line in text.splitlines() if "map_at_r" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "map_at_r",
        "0.500",
        "0.625",
        "+0.125",
        "+0.100 to +0.150",
    ]


def test_the_runs_table_tells_status_verdict_and_seconds():
    records = [
        RunRecord(name="mugs-1", config={}, status=Status.FINISHED, promoted=True, created=0.0),
        RunRecord(name="mugs-2", config={}, status=Status.CREATED, created=0.0),
    ]
    first, second = printed(runs_table(records, [61.4, None])).splitlines()[1:3]
    assert first.split()[:3] == ["mugs-1", "FINISHED", "promoted"]
    assert first.split()[-1] == "61"
    assert second.split()[:2] == ["mugs-2", "CREATED"]


def test_the_name_of_a_run_is_printed_whole_and_as_it_is():
    names = ["75ba7a8c-b27f-4c51-88c9-3898668bcf51", f"photos [red] {'of-the-year-' * 9}"]
    records = [RunRecord(name=name, config={}, status=Status.FINISHED, created=0.0) for name in names]
    lines = printed(runs_table(records, [1.0, 2.0])).splitlines()[1:]
    column = "".join(line[: line.index("FINISHED") if "FINISHED" in line else None].rstrip() for line in lines)
    assert column.replace(" ", "") == "".join(names).replace(" ", "")


def test_the_spread_of_five_seeds_fits_80_columns_with_mean_and_standard_deviation():
    gains = [0.1, 0.04, 0.1, 0.1, 0.16]
    outcomes = [
        Outcome(f"photos-of-mugs-1-seed-{number}", 0.4, 0.4 + gain, gain, gain - 0.05, gain + 0.05, gain > 0.05, "")
        for number, gain in enumerate(gains)
    ]
    lines = printed(spread_table(Spread("map_at_r", 0.8, outcomes).facts())).splitlines()
    assert lines[0].strip() == "map_at_r over 5 seeds"
    assert "80 % interval" in lines[1]
    assert lines[3].split() == [
        "photos-of-mugs-1-seed-1",
        "0.400",
        "0.440",
        "+0.040",
        "-0.010",
        "to",
        "+0.090",
        "refused",
    ]
    assert lines[-2].split() == ["mean", "+0.100"]
    assert lines[-1].split() == ["standard", "deviation", "0.042"]
