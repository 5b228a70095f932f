"""Where a process takes its settings from, so that they can be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from passeplat.config.load import load_config
from passeplat.config.model import Config


@dataclass(frozen=True, slots=True)
class Sources:
    environ: Mapping[str, str]
    file: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)  # keys such as server-port
    # What was read of files that can be read only once
    pipes: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def load(self, database: Mapping[str, str] | None = None) -> Config:
        """Raises SettingError."""
        return load_config(self.environ, self.file, database, self.overrides, self.pipes)
