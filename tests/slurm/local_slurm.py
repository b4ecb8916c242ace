"""A SLURM of one node on 127.0.0.1, from Debian's packages, to test the workflow on.

    sudo python3 tests/slurm/local_slurm.py install   # the packages; no service is started
    python3 tests/slurm/local_slurm.py up             # start it; prints what to source
    eval "$(python3 tests/slurm/local_slurm.py env)"  # sbatch, squeue and snakemake now use it
    python3 tests/slurm/local_slurm.py down           # cancel its jobs, end it, remove its files

Needs no systemd, no cgroups and, except for `install`, no root; it keeps no accounts of jobs (see
accounted_slurm.py). The node has more
CPUs than the machine, so that jobs run side by side, and a pretend GPU. For tests only: limits on
memory and devices are scheduled, not enforced.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script has its own folder alone

from slurm.cluster import LocalSlurm, why_not
from slurm.daemons import SlurmError

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge", "slurmdbd", "mariadb-server")


def install() -> None:
    """Install Debian's packages without starting their services."""
    if why_not("slurmdbd", "mariadbd") == "":
        return
    if not shutil.which("apt-get"):
        raise SlurmError("cannot install SLURM: no apt-get (this needs Debian or Ubuntu)")
    if os.geteuid() != 0:
        raise SlurmError("cannot install SLURM: not root")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            reason = "\n".join(done.stdout.splitlines()[-5:])
            raise SlurmError(f"cannot install SLURM: apt-get {arguments[0]} failed:\n{reason}")


def main(action: str = "help") -> None:
    """Run one of the commands in this file's first lines."""
    cluster = LocalSlurm()
    if action == "install":
        install()
    elif action == "up":
        cluster.up()
        print(cluster.command("sinfo", "-o", "%P %T %c CPUs %m MB %G"), end="")
        print(f'now: eval "$({sys.executable} {shlex.quote(__file__)} env)"')
    elif action == "down":
        cluster.down()
    elif action == "env":
        for name, value in cluster.environment.items():
            print(f"export {name}={shlex.quote(value)}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except SlurmError as error:
        sys.exit(f"local_slurm: {error}")
