#!/usr/bin/env python3
"""Runs a command beside real servers, each private to it: its own data folder, a free port, stopped at the end whatever happens.

usage: scripts/servers.py SERVER… -- COMMAND…

Servers and the variables that tell the command where they are:

  postgres   XRAY_TEST_POSTGRES   postgres://app:…@127.0.0.1:PORT/shop
  mysql      XRAY_TEST_MYSQL      mysql://app:…@127.0.0.1:PORT/shop   (MariaDB)
  redis      XRAY_TEST_REDIS      redis://:…@127.0.0.1:PORT/

What is missing is installed from the distribution's packages.
"""

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
# A port that was free may be taken before the server has it.
ATTEMPTS = 3


def give_up(why):
    raise SystemExit(f"{os.path.relpath(sys.argv[0])}: {why}")


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
        self.home = folder
        self.password = secrets.token_hex(8)

    def prepare(self):
        """Fills the data folder."""

    def command(self):
        raise NotImplementedError

    def address(self):
        raise NotImplementedError

    @classmethod
    def find(cls, program):
        places = [os.environ["PATH"], "/usr/sbin", "/usr/local/sbin", *glob.glob("/usr/lib/postgresql/*/bin")]
        return shutil.which(program, path=os.pathsep.join(places))

    @classmethod
    def is_installed(cls):
        return all(cls.find(program) for program in cls.programs)

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
        give_up(f"{self.name} does not run as root, and there is no user {' or '.join(self.users)}")

    def run(self, command):
        with open(self.log, "ab") as log:
            done = subprocess.run(command, cwd=self.folder, stdout=log, stderr=log, **self.identity())
        if done.returncode != 0:
            self.fail(f"{command[0]} failed")

    def start(self, attempt=0):
        self.folder = self.home / str(attempt)
        self.folder.mkdir(parents=True)
        self.log = self.folder / "log"
        self.attempt, self.port = attempt, free_port()
        identity = self.identity()
        if identity:
            os.chown(self.folder, identity["user"], identity["group"])
        self.prepare()
        self.process = self.spawn(self.command())

    def spawn(self, command):
        """A process in the server's folder, by which it is found and ended."""
        with open(self.log, "ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self.identity())

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            # In this order: what answers at the port of a server that is gone is another.
            ready = self.is_ready()
            if self.process.poll() is not None:
                if self.attempt + 1 == ATTEMPTS:
                    self.fail(f"it ended with {self.process.returncode}")
                self.start(self.attempt + 1)
            elif ready:
                return
            if time.monotonic() > deadline:
                self.fail(f"it was not ready after {START_SECONDS} s")
            time.sleep(0.1)

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.settimeout(1)
                connection.sendall(self.greeting)
                return len(connection.recv(1)) == 1
        except OSError:
            return False

    def fail(self, why):
        log = self.log.read_text(errors="replace")[-4000:]
        give_up(f"{self.name} does not start: {why}\n{log}")


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
            self.fail(create.stderr)

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


def install(kinds):
    """Installs the servers that are not there."""
    missing = [kind for kind in kinds if not kind.is_installed()]
    if not missing:
        return
    packages = sorted({package for kind in missing for package in kind.package.split()})
    by_hand = f"apt-get install {' '.join(packages)}"
    names = ", ".join(kind.name for kind in missing)
    if shutil.which("apt-get") is None:
        give_up(f"{names}: not found, and there is no apt-get to install Debian's packages {' '.join(packages)}")
    if os.geteuid() != 0:
        give_up(f"{names}: not found; as root: {by_hand}")
    # In this runlevel Debian's packages do not start what they install.
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        if subprocess.run([*get, *command], stdout=sys.stderr, env=environment).returncode != 0:
            give_up(f"{names}: not found, and {by_hand} failed (see above)")
    for kind in missing:
        if not kind.is_installed():
            give_up(f"{kind.name}: {kind.package} is installed, and {' or '.join(kind.programs)} still not found")


def inhabitants(folder):
    """The processes that work in a folder: those of its servers."""
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and pathlib.Path(os.readlink(f"/proc/{entry}/cwd")).is_relative_to(folder):
                yield int(entry)
        except OSError:
            continue


def clear(folder):
    """Ends what runs in a folder, the gentle way first, and deletes it."""
    start = time.monotonic()
    asked = set()
    while True:
        here = set(inhabitants(folder))
        if not here:
            break
        patient = time.monotonic() - start < STOP_SECONDS
        for process in here - asked if patient else here:
            try:
                os.kill(process, signal.SIGTERM if patient else signal.SIGKILL)
            except ProcessLookupError:
                pass
        asked |= here
        reap()
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def reap():
    """A process that has ended stays until its parent, if that is us, has asked how."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def watch_over(folder):
    """Clears the folder when this process is gone, however it ends: even killed, it closes its end of the pipe.

    Through the pipe goes the id of a process that is to end then too.
    """
    watched, ours = os.pipe()
    if os.fork():
        os.close(watched)
        return ours
    os.setsid()
    os.close(ours)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)
    command = None
    while told := os.read(watched, 64):
        try:
            command = os.pidfd_open(int(told))
        except ProcessLookupError:
            pass
    if command is not None:
        try:
            signal.pidfd_send_signal(command, signal.SIGTERM)
        except ProcessLookupError:
            pass
    clear(folder)
    os._exit(0)


def run(command, environment, watch):
    """Runs the command to its end, and ends it with us."""
    try:
        running = subprocess.Popen(command, env=environment)
    except OSError as error:
        give_up(f"{command[0]}: {error.strerror}")
    os.write(watch, b"%d" % running.pid)
    try:
        return running.wait()
    except BaseException:
        running.terminate()
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
        raise


def leave(ending, _):
    sys.exit(128 + ending)


def main(arguments):
    dashes = arguments.index("--") if "--" in arguments else len(arguments)
    names, command = arguments[:dashes], arguments[dashes + 1 :]
    if not names or not command:
        raise SystemExit(__doc__)
    for name in names:
        if name not in SERVERS:
            give_up(f"there is no server {name}; there are {', '.join(SERVERS)}")
    kinds = [SERVERS[name] for name in names]
    install(kinds)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="xray-servers-")).resolve()
    folder.chmod(0o755)
    watch = watch_over(folder)
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ending, leave)
    try:
        running = [kind(folder / kind.name) for kind in kinds]
        for server in running:
            server.start()
        for server in running:
            server.wait()
        addresses = {server.variable: server.address() for server in running}
        return run(command, os.environ | addresses, watch)
    finally:
        for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(ending, signal.SIG_IGN)
        clear(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
