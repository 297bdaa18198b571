"""Adam, in the few lines that a fit needs.

torch's own imports its compiler when it is first made, which takes longer than the fit. The steps
are the same to the bit; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Adam:
    """Kingma and Ba, *Adam: a method for stochastic optimization* (ICLR, 2015).

    Args:
        parameters: leaves whose gradients are followed; changed in place.
        betas: how much of the old mean of the gradient, and of its square, a step keeps.
        epsilon: keeps the divisor off zero.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self._parameters, self._betas, self._epsilon = tuple(parameters), betas, epsilon
        self._means = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = 0

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Follow the gradients; a parameter that has none stays.

        Args:
            rate: the learning rate.
        """
        self._steps += 1
        first, second = self._betas
        size = rate / (1.0 - first**self._steps)
        correction = (1.0 - second**self._steps) ** 0.5
        for parameter, mean, square in zip(
            self._parameters, self._means, self._squares, strict=True
        ):
            gradient = parameter.grad
            if gradient is None:
                continue
            mean.lerp_(gradient, 1.0 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1.0 - second)
            divisor = (square.sqrt() / correction).add_(self._epsilon)
            parameter.addcdiv_(mean, divisor, value=-size)
