"""Processor time and memory of a process and its children, as the kernel counts them."""

import psutil

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


def tree(pid: int) -> list[psutil.Process]:
    """The process and all its descendants."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except _GONE:
        return []


def cpu_seconds(pid: int) -> float:
    """Processor time that the process and its living descendants have used, and what it has reaped."""
    total = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except _GONE:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += times.children_user + times.children_system
    return total


def memory_bytes(pid: int) -> int:
    """What the process and its descendants keep in memory; a page that several share counts once (PSS)."""
    total = 0
    for process in tree(pid):
        try:
            total += process.memory_full_info().pss
        except _GONE:
            continue
    return total
