"""Runs the storefront with --daemon, and checks every datagram that a plain UDP socket receives.

Each is a header line and one document; each document is valid by the official segment document schema (when that lies beside
the repository, in ../shared/data); all documents of one trace are connected by their parents.

usage: datagrams.py STOREFRONT
"""

import json
import pathlib
import socket
import subprocess
import sys
import threading

SCHEMA = pathlib.Path(__file__).parents[2] / "shared/data/xray-segmentdocument-schema-v1.0.0.json"


def receive(server, stopped, datagrams):
    server.settimeout(0.2)
    while True:
        try:
            datagrams.append(server.recv(65_536))
        except TimeoutError:
            if stopped.is_set():
                return


def nodes(document, parent):
    """The document and all that it embeds, each with the id of its parent."""
    pending = [(document, parent)]
    while pending:
        node, above = pending.pop()
        yield node, above
        pending.extend((child, node["id"]) for child in node.get("subsegments", []))


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    datagrams, stopped = [], threading.Event()
    receiver = threading.Thread(target=receive, args=(server, stopped, datagrams))
    receiver.start()
    address = "127.0.0.1:%d" % server.getsockname()[1]
    try:
        subprocess.run([sys.argv[1], "--once", "--daemon", address], check=True, timeout=120, stdout=subprocess.DEVNULL)
    finally:
        stopped.set()
        receiver.join()
    assert datagrams, "the storefront sent nothing"

    validator = None
    if SCHEMA.exists():
        import jsonschema

        validator = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text()))
    else:
        print("the official schema does not lie beside the repository: its rules are checked by the tests in Rust only")

    traces = {}
    for datagram in datagrams:
        header, _, body = datagram.partition(b"\n")
        assert json.loads(header) == {"format": "json", "version": 1}, header
        document = json.loads(body)
        if validator:
            problems = [f"{list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(document)]
            assert not problems, f"{problems} in {document['name']}"
        traces.setdefault(document["trace_id"], []).append(document)

    for trace, documents in traces.items():
        parents = {}
        for document in documents:
            for node, parent in nodes(document, document.get("parent_id")):
                assert node["id"] not in parents, f"{trace}: {node['id']} arrived twice"
                parents[node["id"]] = parent
        roots = [node for node, parent in parents.items() if parent not in parents]
        assert len(roots) == 1, f"{trace}: {len(roots)} parts that nothing connects"

    services = {document["name"] for documents in traces.values() for document in documents}
    print(f"{len(datagrams)} datagrams, {len(traces)} traces, services {', '.join(sorted(services))}: valid and connected")


main()
