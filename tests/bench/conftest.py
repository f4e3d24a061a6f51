"""What is here needs PyTorch, and is asked for by `make bench` alone, file by file; the tests leave it out."""

collect_ignore_glob = ["test_*.py"]
