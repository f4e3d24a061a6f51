"""joblib's Dask backend, where a task whose workers were all lost comes home as an error; it would be waited for for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from joblib._dask import DaskDistributedBackend


@dataclass(frozen=True)
class _Gone:
    """What a task came to that Dask gave up: its worker was lost, and those after it."""

    error: BaseException


class DaskBackend(DaskDistributedBackend):
    """The backend; Dask itself gives a task to other workers a few times before it gives it up."""

    async def _collect(self) -> None:
        while self._continue:
            async for future, result in self.waiting_futures:
                self._results.pop(future).set_result(result)
                came = _Gone(result[1]) if future.status == "error" else result
                self._callbacks.pop(future)(came)
            await asyncio.sleep(0.01)

    def retrieve_result_callback(self, out: Any) -> Any:
        """What a batch gave.

        Raises:
            Exception: the error with which Dask gave it up.
        """
        if isinstance(out, _Gone):
            raise out.error
        return super().retrieve_result_callback(out)
