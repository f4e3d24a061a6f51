"""Where do files of entries go? Into the folder where the store keeps them, if it is on this machine, else by MLflow."""

from __future__ import annotations

import os
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path

File = tuple[str, bytes]


def put(uri: str, files: Iterable[File], store: str) -> None:
    """Write files, as (path, content), below the folder that this address names, in the keeping of this store."""
    folder = on_this_machine(uri)
    if folder is not None:
        write(folder, files)
        return
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with tempfile.TemporaryDirectory() as made:
        if write(Path(made), files):
            get_artifact_repository(uri, tracking_uri=store).log_artifacts(made)


def write(folder: Path, files: Iterable[File]) -> int:
    """Write files into a folder; gives how many."""
    count, made = 0, set()
    for path, content in files:
        target = os.path.join(folder, path)
        below = os.path.dirname(target)
        if below not in made:
            os.makedirs(below, exist_ok=True)
            made.add(below)
        with open(target, "wb") as file:
            file.write(content)
        count += 1
    return count


def on_this_machine(uri: str) -> Path | None:
    """The folder that an address names, where it is one on this machine."""
    parts = urllib.parse.urlparse(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(urllib.request.url2pathname(parts.path))
    return Path(uri) if not parts.scheme else None
