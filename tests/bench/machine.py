"""What was the benchmark run on, and with which versions?"""

import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from bench import alone
from nnexp.net.cache import second_level_bytes

PACKAGES = ("numpy", "jax", "jaxlib", "torch", "scikit-learn")


def processor():
    """The CPU's own name for itself."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def hardware():
    """The CPU, its cores and cache, in one line."""
    return f"{processor()}, {len(alone.CORES)} cores, {second_level_bytes() / 2**20:g} MiB second-level cache"


def versions():
    """Everything whose version matters, in one line."""
    blas = sorted(
        {f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info() if pool["user_api"] == "blas"}
    )
    python = f"Python {platform.python_version()}"
    return ", ".join([python, *(f"{name} {version(name)}" for name in PACKAGES), *blas, *compiler()])


def compiler():
    """The C++ compiler's name and version, if there is one."""
    if shutil.which("g++") is None:
        return []
    said = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return [f"g++ {said.stdout.strip()}"]


def matmul_speed():
    """GFLOP/s of a product of two matrices of 512 x 512, so that the numbers of two machines can be laid side by side."""
    from bench.peers import timed

    A = np.random.default_rng(0).normal(size=(512, 512))
    out = np.empty_like(A)
    spent = [timed(lambda: np.matmul(A, A, out=out))()[1] for _ in range(20)]
    return 2e-9 * len(A) ** 3 / float(np.median(spent))
