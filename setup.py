"""Compile the modules whose first line is `# cython: ...`; without a C compiler they stay Python, slower, and the build succeeds.

ANALYZER_REQUIRE_COMPILED=1 makes a module that does not compile an error; ANALYZER_SKIP_COMPILED=1 compiles none.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

required = os.environ.get("ANALYZER_REQUIRE_COMPILED") == "1"
compiled = [path for path in sorted(Path("analyzer").rglob("*.py")) if path.read_text().startswith("# cython:")]
extensions = []
if os.environ.get("ANALYZER_SKIP_COMPILED") != "1":
    from Cython.Build import cythonize

    flags = ["-g0"] if os.name == "posix" else []  # debugging symbols would be most of the installed bytes
    extensions = cythonize(
        [Extension(".".join(path.with_suffix("").parts), [str(path)], extra_compile_args=flags) for path in compiled],
        nthreads=os.cpu_count() or 1,
    )
    for extension in extensions:
        extension.optional = not required  # cythonize makes extensions of its own, without the attribute
setup(ext_modules=extensions, options={"build_ext": {"parallel": os.cpu_count() or 1}})
