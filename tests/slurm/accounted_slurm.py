"""The local SLURM with accounting: a database, private too, of users, accounts and ended jobs."""

import getpass
import shutil
import subprocess
from functools import cached_property

from slurm.cluster import LocalSlurm, free_ports
from slurm.daemons import SYSTEM_PATH, SlurmError

PROGRAMS = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb", "mariadb-install-db")


class AccountedSlurm(LocalSlurm):
    """A cluster whose user may charge the account `lab`."""

    others = ("slurmctld", "slurmdbd", "mariadbd", "munged")

    def up(self) -> None:
        """Start it, and wait until its accounts exist and its node takes jobs."""
        super().up()
        user = getpass.getuser()
        for entry in ("account lab Description=lab Organization=lab", f"user {user} Account=lab"):
            self.command("sacctmgr", "--immediate", "add", *entry.split())

    def _accounting(self) -> str:
        return f"""\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={self._ports[0]}
AccountingStoragePass={self.state}/munge/socket"""

    def _start_accounting(self) -> None:
        daemon_port, database_port = self._ports
        database = self.state / "database"
        install = shutil.which("mariadb-install-db", path=SYSTEM_PATH)
        common = ("--no-defaults", f"--user={getpass.getuser()}", f"--datadir={database}")
        done = subprocess.run(
            [str(install), *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SlurmError(f"mariadb-install-db failed:\n{done.stderr}")
        socket = self.state / "database.socket"
        self._start(
            *("mariadbd", *common, f"--socket={socket}", f"--port={database_port}"),
            *("--bind-address=127.0.0.1", f"--pid-file={self.state / 'pid' / 'mariadbd.own'}"),
        )
        client = ("mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "--execute")
        self._wait(lambda: self._succeeds(*client, "select 1"))
        self.command(
            *client,
            "create database accounts; create user 'slurm'@'127.0.0.1' identified by 'slurm'; "
            "grant all on accounts.* to 'slurm'@'127.0.0.1'",
        )
        configuration = self.state / "slurmdbd.conf"
        configuration.touch(0o600)  # slurmdbd refuses one that others can read
        configuration.write_text(self._daemon_configuration(daemon_port, database_port))
        self._start("slurmdbd", "-D")
        self._wait(lambda: self._succeeds("sacctmgr", "--noheader", "list", "cluster"))
        self.command("sacctmgr", "--immediate", "add", "cluster", "local")

    def _daemon_configuration(self, daemon_port: int, database_port: int) -> str:
        return f"""\
AuthType=auth/munge
AuthInfo=socket={self.state}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={daemon_port}
SlurmUser={getpass.getuser()}
PidFile={self.state}/pid/slurmdbd.own
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounts
"""

    @cached_property
    def _ports(self) -> list[int]:
        """The ports of slurmdbd and of the database."""
        return free_ports(2)
