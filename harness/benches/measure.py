"""Runs groups of commands in turn, and prints for each group the median CPU seconds of all its commands together, and
the largest peak memory of one in MiB.

Argument: {"rounds": N, "groups": [[[ARGUMENT, ...], ...], ...]}; output: [[SECONDS, MIB], ...]
"""

import json
import os
import statistics
import sys


def run(command):
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


request = json.loads(sys.argv[1])
seconds = [[] for _ in request["groups"]]
peaks = [0.0 for _ in request["groups"]]
for _ in range(request["rounds"]):
    for index, group in enumerate(request["groups"]):
        runs = [run(command) for command in group]
        seconds[index].append(sum(cpu for cpu, _ in runs))
        peaks[index] = max(peaks[index], *(peak for _, peak in runs))
print(json.dumps([[statistics.median(times), peak] for times, peak in zip(seconds, peaks)]))
