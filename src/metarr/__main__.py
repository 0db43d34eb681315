"""`python -m metarr`."""

from metarr.cli import main

if __name__ == "__main__":
    main()
