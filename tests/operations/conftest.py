"""What tests of the interface have for themselves is of use here, too."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "api"))  # gate, gauges
