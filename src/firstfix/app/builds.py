"""Where the browser apps' builds go. Told apart from what serves them, which takes seconds to import."""

from pathlib import Path
from typing import Final

OFFICE_APP: Final = Path(__file__).parents[1] / "web_dist" / "office"
