"""What holds for every test."""

from __future__ import annotations

import os

# before any test module is imported: no test may depend on the settings of whoever runs it
for name in [name for name in os.environ if name.startswith("SYNCLINE_")]:
    del os.environ[name]
