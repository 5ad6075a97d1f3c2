# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests that hold porthole against what tests/e2e/workload.c says. They set WORK, a folder, and have the
# functions skip and wait_for.

WORKLOAD=${PORTHOLE_TEST_BIN:-$(dirname "$0")/../../build/bin/tests}/workload
PORTHOLE=${PORTHOLE:-$(dirname "$0")/../../build/bin/porthole}
CAPTURE=

for file in "$PORTHOLE" "$WORKLOAD"; do
	[ -x "$file" ] || skip "$file is not built"
done
[ "$(id -u)" = 0 ] || skip "a live capture needs root"

delivers() {
	"$WORKLOAD" --ready
	grep -q 'fd=-4241' "$WORK/out"
}

# capture ARGS..: porthole in the background, until it is seen to deliver events.
capture() {
	"$PORTHOLE" --unbuffered -p '*%thread.tid|%evt.dir|%evt.type|%evt.args' "$@" 'proc.name=ph_workload' \
		>"$WORK/out" 2>"$WORK/err" &
	CAPTURE=$!
	wait_for 20 delivers && return
	echo "porthole delivers nothing:"
	cat "$WORK/err"
	exit 1
}

capture_kill() {
	[ -z "$CAPTURE" ] || kill "$CAPTURE" 2>/dev/null
}

# verdict LINES: ends porthole when the workload's last call has come, and compares.
verdict() {
	wait_for 20 grep -q 'fd=-4243' "$WORK/out"
	kill -INT "$CAPTURE"
	wait "$CAPTURE"
	code=$?
	CAPTURE=
	if [ $code -ne 0 ]; then
		echo "porthole ended with $code:"
		cat "$WORK/err"
		exit 1
	fi
	awk -f "$(dirname "$0")/check_lines.awk" "$1" "$WORK/out"
}
