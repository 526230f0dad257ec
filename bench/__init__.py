"""The benchmarks, one command each: `python -m bench.intake`, `python -m bench.pages`. Results lie in bench/results/ with the machine and date."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "src"))  # the program of this tree, where no other was named
