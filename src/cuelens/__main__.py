"""Run the command line with `python -m cuelens`."""

from cuelens.cli.app import main

if __name__ == "__main__":
    main()
