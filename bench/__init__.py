"""The benchmarks, one command each: `python -m bench.intake`, `python -m bench.pages`. Results lie in bench/results/ with the machine and date."""
