"""A small shop whose files change between loads, and fixtures that load it: for what is known of rollups."""

import csv
import pathlib
import shutil

import pytest
import rollup_oracle as rollups

import harness


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, found):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, found[0].keys())
        writer.writeheader()
        writer.writerows(found)


def change(path, where, **values):
    """Changes the rows of a file for which where() is so; returns how many."""
    found = read(path)
    chosen = [row for row in found if where(row)]
    for row in chosen:
        row.update(values)
    write(path, found)
    return len(chosen)


PARTS = ("orders", "order_items", "payments", "reviews")


def split(folder, share):
    """The newest orders with all that belongs to them, taken out of the folder; returns what was there, by file."""
    whole = {name: read(folder / f"{name}.csv") for name in PARTS}
    cut = sorted(order["ordered_at"] for order in whole["orders"])[int(len(whole["orders"]) * share)]
    early = {order["order_id"] for order in whole["orders"] if order["ordered_at"] < cut}
    for name, found in whole.items():
        write(folder / f"{name}.csv", [row for row in found if row["order_id"] in early])
    return whole


def put_back(folder, whole):
    for name, found in whole.items():
        write(folder / f"{name}.csv", found)


@pytest.fixture
def copy(tmp_path):
    return harness.generate(tmp_path / "copy", orders=300)


@pytest.fixture
def pipelines(tmp_path):
    return pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))


@pytest.fixture
def fresh(engine_uri, mongo, new_database):
    """What the rollups of a folder are when nothing was there before."""

    def of(folder):
        name = new_database("fresh")
        harness.load(engine_uri, name, folder)
        found = rollups.content(mongo[name])
        mongo.drop_database(name)
        return found

    return of


def builds(database):
    return {name: entry["build"] for name, entry in rollups.listed(database).items()}
