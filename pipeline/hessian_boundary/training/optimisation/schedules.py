"""Learning-rate schedules, by torch.optim.lr_scheduler."""

import torch
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from hessian_boundary.training.optimisation.options import Schedule


def scheduler(
    schedule: Schedule, optimizer: torch.optim.Optimizer, epochs: int, steps_per_epoch: int
) -> LRScheduler | None:
    """Return torch's scheduler over a whole training, to be stepped once per `schedule.per`.

    With N epochs or steps, of which w are `warm_up`: in these the learning rate η rises as
    η (t + 1) / (w + 1), t = 0 … w − 1 (LinearLR), and the schedule has the N − w that are left.
    None for a constant learning rate.

    Raises ValueError when the warm-up is as long as the training.
    """
    total = epochs * (steps_per_epoch if schedule.per == "step" else 1)
    warm_up, left = schedule.warm_up, total - schedule.warm_up
    if not total or (schedule.name == "constant" and not warm_up):
        return None
    if left < 1:
        raise ValueError(
            f"expected a warm_up of less than the training's {total} {schedule.per}s, found "
            f"{warm_up}; lower `warm_up` of the learning_rate_schedule, or train longer"
        )
    if not warm_up:
        return _schedule(schedule, optimizer, left)
    start = 1 / (warm_up + 1)
    rise = lr_scheduler.LinearLR(optimizer, start_factor=start, total_iters=warm_up)
    parts = [rise, _schedule(schedule, optimizer, left)]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[warm_up])


def _schedule(schedule: Schedule, optimizer: torch.optim.Optimizer, total: int) -> LRScheduler:
    if schedule.name == "step":
        return lr_scheduler.StepLR(optimizer, **schedule.options)
    if schedule.name == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, **schedule.options)
    if schedule.name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=total, **schedule.options)
    if schedule.name == "one_cycle":
        rates = [group["lr"] for group in optimizer.param_groups]
        # momentum stays as it is: it has a key of its own
        options = {"total_steps": total, "cycle_momentum": False, **schedule.options}
        return lr_scheduler.OneCycleLR(optimizer, rates, **options)
    return lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
