#!/bin/sh
# Runs a command with an X-Ray of its own, and fails when the command fails, when nothing was traced, or when a trace has a fault.
#
#   examples/ci/check.sh cargo test
#
# The command finds the X-Ray by AWS_XRAY_DAEMON_ADDRESS. XRAY_LOCAL names the program where it is not in PATH. What was traced is
# summed up at the end, and kept in traces.jsonl where TRACES names such a file.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 COMMAND [ARGUMENT]..." >&2
    exit 2
fi

xray_local=${XRAY_LOCAL:-xray-local}

exec "$xray_local" run ${TRACES:+--export "$TRACES"} -- sh -eu -c '
    xray_local=$1
    shift
    "$@"
    "$xray_local" assert "duration >= 0" --min 1 --within 5s
    "$xray_local" assert fault --count 0 --within 1s
' check "$xray_local" "$@"
