"""How fast is nnexp beside others that train the same nets? Started by `make bench`; no part of the tests."""
