"""A shop that grows by a day: a native sample without its last day, and that day."""

import csv
import datetime
import shutil

PARTS = {"orders": "order_id", "order_items": "order_id", "payments": "order_id", "reviews": "order_id"}
# What the small folder of a day has to say again, since its orders name it.
NAMED = {"customers": "customer_id", "products": "product_id", "sellers": "seller_id"}


class Growth:
    """folder/shop is the sample without its last day, folder/day that day alone; grow() appends the day to folder/shop."""

    def __init__(self, sample, folder):
        self.sample, self.shop, self.day = sample, folder / "shop", folder / "day"
        shutil.rmtree(folder, ignore_errors=True)
        self.day.mkdir(parents=True)
        self.orders = self._orders_of_last_day()
        self.tails = {name: self._tail(name, key) for name, key in PARTS.items()}
        self.shrink()
        self._write_day()

    def _orders_of_last_day(self):
        with open(self.sample / "orders.csv", newline="") as file:
            times = {row["order_id"]: row["ordered_at"][:10] for row in csv.DictReader(file)}
        self.date = datetime.date.fromisoformat(max(times.values()))
        return {order for order, day in times.items() if day == str(self.date)}

    def _tail(self, name, key):
        """The lines of the day, which are the last of the file."""
        lines = (self.sample / f"{name}.csv").read_bytes().splitlines(keepends=True)
        at = lines[0].decode().strip().split(",").index(key)
        of_day = [line.decode().split(",")[at] in self.orders for line in lines[1:]]
        count = sum(of_day)
        if any(of_day[: len(of_day) - count]):
            raise RuntimeError(f"{name}.csv: the last day is not at its end")
        return lines[len(lines) - count :]

    def shrink(self):
        """Back to the shop of the day before."""
        shutil.rmtree(self.shop, ignore_errors=True)
        shutil.copytree(self.sample, self.shop)
        for name, lines in self.tails.items():
            path = self.shop / f"{name}.csv"
            with open(path, "r+b") as file:
                file.truncate(path.stat().st_size - sum(map(len, lines)))

    def grow(self):
        for name, lines in self.tails.items():
            with open(self.shop / f"{name}.csv", "ab") as file:
                file.writelines(lines)

    def _write_day(self):
        named = {key: set() for key in NAMED.values()}
        for name, lines in self.tails.items():
            header = (self.sample / f"{name}.csv").read_bytes().splitlines(keepends=True)[0]
            (self.day / f"{name}.csv").write_bytes(header + b"".join(lines))
            with open(self.day / f"{name}.csv", newline="") as file:
                for row in csv.DictReader(file):
                    for key in named.keys() & row.keys():
                        named[key].add(row[key])
        for name, key in NAMED.items():
            with open(self.sample / f"{name}.csv", newline="") as source, open(self.day / f"{name}.csv", "w", newline="") as target:
                rows = csv.DictReader(source)
                writer = csv.DictWriter(target, rows.fieldnames)
                writer.writeheader()
                writer.writerows(row for row in rows if row[key] in named[key])
        shutil.copy(self.sample / "locations.csv", self.day)
