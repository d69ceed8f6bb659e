#!/usr/bin/env python3
"""Runs a command beside real message brokers and any of the servers of scripts/servers.py, each private to it.

usage: scripts/brokers.py SERVER… -- COMMAND…

Brokers and the variables that tell the command where they are:

  rabbitmq   XRAY_TEST_RABBITMQ   amqp://app:…@127.0.0.1:PORT/%2f
  nats       XRAY_TEST_NATS       nats://app:…@127.0.0.1:PORT       (with JetStream)

What is missing is installed from the distribution's packages.
"""

import os
import sys

import servers


class Nats(servers.Server):
    name = "nats"
    variable = "XRAY_TEST_NATS"
    package = "nats-server"
    programs = ["nats-server"]

    def command(self):
        return [self.find("nats-server"), "--addr", "127.0.0.1", "--port", str(self.port), "--jetstream",
                "--store_dir", str(self.folder / "data"), "--user", "app", "--pass", self.password]

    def address(self):
        return f"nats://app:{self.password}@127.0.0.1:{self.port}"


class RabbitMq(servers.Server):
    """Besides AMQP's it needs two ports: Erlang's port mapper gets one of its own, so that no node of the machine is met or left behind."""

    name = "rabbitmq"
    variable = "XRAY_TEST_RABBITMQ"
    package = "rabbitmq-server"
    programs = ["rabbitmq-server", "epmd"]
    users = ["rabbitmq", "nobody"]
    # What no server of AMQP 0-9-1 understands: it answers by the header of its own protocol, and closes.
    greeting = b"AMQP\x00\xff\xff\xff"

    @classmethod
    def find(cls, program):
        # The programs on the path look up the user and the folders of the system's own node.
        own = f"/usr/lib/rabbitmq/bin/{program}"
        return own if os.path.exists(own) else super().find(program)

    def prepare(self):
        self.mapper_port, self.node_port = servers.free_port(), servers.free_port()
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"distribution.listener.interface = 127.0.0.1\n"
            f"distribution.listener.port_range.min = {self.node_port}\n"
            f"distribution.listener.port_range.max = {self.node_port}\n"
            f"default_user = app\ndefault_pass = {self.password}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n")
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "home").mkdir()
        for folder, _, files in os.walk(self.folder):
            for path in [folder, *(os.path.join(folder, file) for file in files)]:
                self.own(path)
        self.spawn([self.find("epmd"), "-address", "127.0.0.1", "-port", str(self.mapper_port)])

    def own(self, path):
        identity = self.identity()
        if identity:
            os.chown(path, identity["user"], identity["group"])

    def command(self):
        places = {"HOME": "home", "RABBITMQ_MNESIA_BASE": "data", "RABBITMQ_LOG_BASE": "home",
                  "RABBITMQ_CONFIG_FILE": "rabbitmq.conf", "RABBITMQ_ENABLED_PLUGINS_FILE": "enabled_plugins",
                  "RABBITMQ_PID_FILE": "home/pid", "RABBITMQ_FEATURE_FLAGS_FILE": "home/flags"}
        settings = {name: str(self.folder / place) for name, place in places.items()}
        settings |= {"RABBITMQ_NODENAME": f"xray-test-{self.port}@localhost", "ERL_EPMD_PORT": self.mapper_port,
                     "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_DIST_PORT": self.node_port,
                     "RABBITMQ_CONF_ENV_FILE": "/dev/null",
                     # The server takes the place of its script, and gets our signals itself.
                     "RUNNING_UNDER_SYSTEMD": "1"}
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in settings.items()), self.find("rabbitmq-server")]

    def address(self):
        return f"amqp://app:{self.password}@127.0.0.1:{self.port}/%2f"


servers.SERVERS |= {server.name: server for server in (RabbitMq, Nats)}
servers.__doc__ = __doc__

if __name__ == "__main__":
    sys.exit(servers.main(sys.argv[1:]))
