"""Does Python search for garbage again, whatever happened meanwhile?"""

import gc

import pytest

from nnexp import garbage


def test_the_search_is_put_off_within_and_on_again_afterwards():
    assert gc.isenabled()
    with garbage.search_put_off():
        assert not gc.isenabled()
        with garbage.search_put_off():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error():
    @garbage.search_put_off()
    def fails():
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fails()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off():
    gc.disable()
    try:
        with garbage.search_put_off():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
