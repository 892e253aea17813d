"""The loader's peak memory (VmHWM), rollups included, with its default --memory and with a small one, and without rollups."""

import programs
from report import Table, number

BUDGET_KIB = 512 * 1024


def layout():
    """That of Olist where there is a profile for it."""
    return "olist" if (programs.ROOT / "loader" / "profiles" / "olist.json").exists() else "native"


def run(orders, _rounds, say):
    folder = programs.generate(orders, layout())
    table = Table("--memory", "peak memory", "seconds")
    peaks = []
    for text, options in [
        ("default", programs.TO_SERVE), ("64", ["--memory", "64", *programs.TO_SERVE]), ("default, no rollups", programs.DATA_ALONE),
    ]:  # fmt: skip
        say(f"--memory {text}")
        with programs.database("memory") as database:
            seconds, peak = programs.load_and_watch(database, folder, options=options)
        peaks.append(peak)
        table.row(text, f"{peak / 1024:.0f} MiB", f"{seconds:.1f}")
    budgets = Table("budget", "wanted", "measured", "")
    budgets.check("peak memory, default, MiB", 512, peaks[0] / 1024, at_least=False)
    return "\n\n".join([
        f"{number(orders)} orders in the {layout()} layout, {programs.folder_bytes(folder) / 1e6:.0f} MB of CSV, one load each.",
        str(table),
        str(budgets),
    ])
