#!/usr/bin/env python3
"""Runs a command beside real servers, each private to it: its own data folder, a free port, stopped at the end whatever happens.

usage: scripts/servers.py SERVER… -- COMMAND…

Servers and the variables that tell the command where they are:

  postgres   XRAY_TEST_POSTGRES   postgres://app:…@127.0.0.1:PORT/shop
  mysql      XRAY_TEST_MYSQL      mysql://app:…@127.0.0.1:PORT/shop   (MariaDB)
  redis      XRAY_TEST_REDIS      redis://:…@127.0.0.1:PORT/

What is missing is installed from the distribution's packages.
"""

import ctypes
import glob
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# Longer than any of them takes to start on a busy machine.
START_SECONDS = 120
STOP_SECONDS = 20


class Server:
    """A server: what it is called, and how it is made ready and started. Answers over TCP when it is ready."""

    name: str
    variable: str
    package: str
    programs: list
    # Programs that do not run as root run as the first of these users that exists.
    users = ["nobody"]
    greeting = b""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.password = secrets.token_hex(8)
        self.process = None
        self.log = folder / "log"

    def prepare(self):
        """Fills the data folder."""

    def command(self):
        raise NotImplementedError

    def address(self):
        raise NotImplementedError

    def find(self, program):
        places = [os.environ["PATH"], "/usr/sbin", "/usr/local/sbin", *glob.glob("/usr/lib/postgresql/*/bin")]
        return shutil.which(program, path=os.pathsep.join(places))

    def install(self):
        if all(self.find(program) for program in self.programs):
            return
        # In this runlevel Debian's packages do not start what they install.
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
        get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*get, "update"], check=True, env=environment)
        subprocess.run([*get, "install", "-y", "--no-install-recommends", *self.package.split()], check=True, env=environment)

    def identity(self):
        """Another user than root, as whom the server and its tools run."""
        if os.geteuid() != 0:
            return {}
        for name in self.users:
            try:
                user = pwd.getpwnam(name)
            except KeyError:
                continue
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        raise SystemExit(f"scripts/servers.py: {self.name} does not run as root, and none of {self.users} exists")

    def run(self, command):
        with open(self.log, "ab") as log:
            done = subprocess.run(command, cwd=self.folder, stdout=log, stderr=log, **self.identity())
        if done.returncode != 0:
            self.give_up(f"{command[0]} failed")

    def start(self):
        self.install()
        identity = self.identity()
        if identity:
            os.chown(self.folder, identity["user"], identity["group"])
        self.prepare()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent, **identity)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                self.give_up(f"it ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                self.give_up(f"it was not ready after {START_SECONDS} s")
            time.sleep(0.1)

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.settimeout(1)
                connection.sendall(self.greeting)
                return len(connection.recv(1)) == 1
        except OSError:
            return False

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def give_up(self, why):
        log = self.log.read_text(errors="replace")[-4000:]
        raise SystemExit(f"scripts/servers.py: {self.name} does not start: {why}\n{log}")


class Postgres(Server):
    name = "postgres"
    variable = "XRAY_TEST_POSTGRES"
    package = "postgresql"
    programs = ["postgres", "initdb"]
    users = ["postgres", "nobody"]
    # SSLRequest, which the server answers by one byte.
    greeting = bytes([0, 0, 0, 8, 4, 210, 22, 47])

    def prepare(self):
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o644)
        self.run([self.find("initdb"), "-D", "data", "-U", "app", "--auth=scram-sha-256", "--pwfile=password",
                  "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"])
        create = subprocess.run(
            [self.find("postgres"), "--single", "-D", "data", "postgres"], cwd=self.folder, text=True,
            input="CREATE DATABASE shop", capture_output=True, **self.identity())
        if create.returncode != 0:
            self.give_up(create.stderr)

    def command(self):
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
                    "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 60}
        pairs = [f"--{key}={value}" for key, value in settings.items()]
        return [self.find("postgres"), "-D", "data", *pairs]

    def is_ready(self):
        return super().is_ready() and b"ready to accept connections" in self.log.read_bytes()

    def address(self):
        return f"postgres://app:{self.password}@127.0.0.1:{self.port}/shop"


class MariaDb(Server):
    name = "mysql"
    variable = "XRAY_TEST_MYSQL"
    package = "mariadb-server-core mariadb-client-core"
    programs = ["mariadbd", "mariadb-install-db", "my_print_defaults"]
    users = ["mysql", "nobody"]

    def prepare(self):
        (self.folder / "init.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS shop;\n"
            f"CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON *.* TO 'app'@'%';\n")
        self.run([self.find("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}/data",
                  "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])

    def command(self):
        return [self.find("mariadbd"), "--no-defaults", f"--datadir={self.folder}/data", f"--port={self.port}",
                "--bind-address=127.0.0.1", f"--socket={self.folder}/socket", f"--init-file={self.folder}/init.sql",
                f"--pid-file={self.folder}/pid", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--character-set-server=utf8mb4"]

    def address(self):
        return f"mysql://app:{self.password}@127.0.0.1:{self.port}/shop"


class Redis(Server):
    name = "redis"
    variable = "XRAY_TEST_REDIS"
    package = "redis-server"
    programs = ["redis-server"]
    users = ["redis", "nobody"]
    greeting = b"PING\r\n"

    def command(self):
        return [self.find("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", self.password,
                "--save", "", "--appendonly", "no", "--daemonize", "no"]

    def address(self):
        return f"redis://:{self.password}@127.0.0.1:{self.port}/"


SERVERS = {server.name: server for server in (Postgres, MariaDb, Redis)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """The kernel stops the server when this script is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main(arguments):
    if "--" not in arguments or set(arguments[: arguments.index("--")]) - set(SERVERS):
        raise SystemExit(__doc__)
    names, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    # What stops this script by a signal stops the servers on its way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    environment, running = dict(os.environ), []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="xray-servers-"))
    folder.chmod(0o755)
    try:
        for name in names:
            own = folder / name
            own.mkdir()
            server = SERVERS[name](own)
            running.append(server)
            server.start()
            environment[server.variable] = server.address()
        return subprocess.run(command, env=environment).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        for server in reversed(running):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
