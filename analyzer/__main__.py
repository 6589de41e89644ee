"""`python -m analyzer` and the console command `analyzer`."""

from analyzer.cli import main

if __name__ == "__main__":
    main()
