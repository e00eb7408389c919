"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

DataFolder = Annotated[Path | None, Parameter(help="Folder of the embedded database, files and keys [./data].")]
