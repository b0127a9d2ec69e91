"""`python -m sabench`."""

from sabench.cli import main

if __name__ == "__main__":
    main()
