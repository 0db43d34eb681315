"""`python -m metarr`."""

import gc

# What a start makes stays; looking through it again and again takes a tenth of the start.
gc.set_threshold(50_000, 20, 100)

from metarr.cli import main  # noqa: E402  imported with the threshold above

if __name__ == "__main__":
    main()
