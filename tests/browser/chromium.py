"""The Chromium of the system, for tests and for `make bench`; nothing is downloaded."""

import os
import shutil


def find_chromium():
    """KPI_CHROMIUM, or the first on PATH of the names that distributions give it."""
    names = [os.environ.get("KPI_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = [path for name in names if name and (path := shutil.which(name))]
    assert found, "there is no Chromium: install it (Debian: apt-get install chromium), or set KPI_CHROMIUM"
    return found[0]


def launch(playwright):
    # Chromium's own sandbox does not work for root, nor in most containers. Only our own pages are opened.
    return playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
