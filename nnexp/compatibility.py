"""Which parts go together? Each refusal names what does not fit and what would."""

from __future__ import annotations

from typing import Any

from nnexp.errors import UserError, unknown
from nnexp.parts import registry
from nnexp.parts.datasets import Data


def resolved_output(output: str | None, loss: Any) -> str:
    """The output unit's name: the one stated, or the one that the loss brings.

    Raises:
        UserError: if the loss cannot stand on it.
    """
    if output is None:
        return loss.output
    allowed = loss.outputs or tuple(registry.known("activation"))
    if output not in {*registry.known("activation"), loss.output}:
        raise unknown("output", output, allowed)
    if output not in allowed:
        raise UserError(f"output={output} does not go with loss={loss.name}; allowed: {', '.join(allowed)}")
    return output


DEFAULT_LOSSES = {"binary": "nll", "multilabel": "nll", "multiclass": "softmax_nll"}
"""The loss of a task where none is named; squared for numbers."""


def default_loss(data: Data) -> Any:
    """The loss that is trained on these data where none is named."""
    return registry.make("loss", DEFAULT_LOSSES.get(data.task, "squared"))


def check_task(loss: Any, dataset: Any, data: Data) -> None:
    """Refuse a loss that cannot be used with the data.

    Raises:
        UserError: if so, naming the losses that can.
    """
    if data.task in loss.tasks:
        return
    fitting = [name for name, part in registry.known("loss").items() if data.task in part.tasks]
    kind = f"{data.task}, {len(data.outputs)} classes" if data.task == "multiclass" else data.task
    raise UserError(f"loss={loss.name} cannot be used with dataset={dataset.name} ({kind}); use: {', '.join(fitting)}")


def check_closed_form(made: Any) -> None:
    """Refuse what a loss that is known without data cannot be used with.

    Raises:
        UserError: if so, naming what does not fit.
    """
    needed = {
        "depth=2": made.depth == 2,
        "activation=relu": made.activation is not None and made.activation.name == "relu",
        "parts whose code is as released": made.loss.is_released and all(f.is_released for f in made.activations),
        "output=identity": made.output == "identity",
        "offsets=false": not made.offsets,
        "features=identity": made.features.name == "identity",
        "optimizer=gd or a batch_size of null": made.optimizer.batch(1) is None,
        "a stopping rule without validation": made.stopping.validation_share == 0.0,
    }
    wrong = [what for what, holds in needed.items() if not holds]
    if made.data.task == "population" and wrong:
        raise UserError(
            f"dataset={made.dataset.name} has no examples, but a loss in closed form: give {', '.join(wrong)}"
        )
