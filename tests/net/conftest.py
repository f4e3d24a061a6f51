"""Training goes through compiled kernels where they know the net, else through NumPy: what both do is tested both ways."""

import pytest

from nnexp.net import compiled


@pytest.fixture(params=["compiled", "numpy"])
def either_way(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "library", lambda: None)
    elif compiled.library() is None:
        pytest.skip("the kernels have not been built: there is no C compiler")
