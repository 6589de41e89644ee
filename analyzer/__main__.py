"""`python -m analyzer` and the console command `analyzer`."""

import os

from analyzer.cli import main

# Nothing here is linear algebra, yet NumPy's OpenBLAS starts a thread for each core when it is imported: that takes longer
# than many a capture. What the user has set stays.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__":
    main()
