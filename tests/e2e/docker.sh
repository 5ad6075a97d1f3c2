# SPDX-License-Identifier: Apache-2.0
# For tests with real containers; sourced by them (POSIX sh). A dockerd of the test's own, everything of it below one
# temporary folder, beside any other dockerd of the machine:
#
#   . "$(dirname "$0")/docker.sh"
#   docker_up                     # or exit 77 with the reason
#   docker run -d --name NAME "$IMAGE" sh -c '..'
#
# After docker_up: $WORK the folder, $IMAGE an image with busybox in it, DOCKER_HOST set for the docker command, and
# $DOCKER_ARGS what porthole must be told where this is not the only dockerd. All of it is gone when the script ends.
# Set before: DOCKER_BRIDGE=1 for containers with a network (the others have none), DOCKER_FILES a folder whose files go
# into the image.

skip() {
	echo "skipped: $*"
	exit 77
}

# wait_for SECONDS COMMAND..: until the command succeeds.
wait_for() {
	wait_tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		wait_tries=$((wait_tries - 1))
		[ "$wait_tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

docker_alive() {
	kill -0 "$DOCKERD" 2>/dev/null || return 0 # to be found out by the caller
	docker version
}

docker_start() {
	set -- --data-root "$WORK/data" --exec-root "$WORK/exec" --pidfile "$WORK/dockerd.pid" -H "unix://$WORK/docker.sock"
	[ "${DOCKER_BRIDGE:-}" ] || set -- "$@" --bridge none --iptables=false
	dockerd "$@" >"$WORK/dockerd.log" 2>&1 &
	DOCKERD=$!
	export DOCKER_HOST="unix://$WORK/docker.sock"
	wait_for 30 docker_alive && kill -0 "$DOCKERD" 2>/dev/null && docker version >/dev/null 2>&1 ||
		skip "dockerd does not start here: $(grep -v level=info "$WORK/dockerd.log" | tail -n 1)"
}

docker_image() {
	mkdir -p "$WORK/image/bin" "$WORK/image/etc" "$WORK/image/tmp"
	cp "$BUSYBOX" "$WORK/image/bin/busybox"
	for applet in $("$BUSYBOX" --list); do
		[ -e "$WORK/image/bin/$applet" ] || ln -s busybox "$WORK/image/bin/$applet"
	done
	[ -z "${DOCKER_FILES:-}" ] || cp -R "$DOCKER_FILES/." "$WORK/image/"
	IMAGE=porthole-test/busy:1
	tar -C "$WORK/image" -c . | docker import - "$IMAGE" >"$WORK/import.log" 2>&1 ||
		skip "docker import fails here: $(tail -n 1 "$WORK/import.log")"
	docker run --rm "$IMAGE" true >"$WORK/run.log" 2>&1 ||
		skip "containers cannot be started here: $(tail -n 1 "$WORK/run.log")"
}

# Ends what this test has started, by process id, and nothing else.
docker_down() {
	if [ "${DOCKERD:-}" ]; then
		containers=$(docker ps -aq 2>/dev/null)
		[ -z "$containers" ] || docker rm -f $containers >/dev/null 2>&1
		kill "$DOCKERD" 2>/dev/null
		wait "$DOCKERD" 2>/dev/null
		DOCKERD=
	fi
	if [ "${WORK:-}" ]; then
		awk -v dir="$WORK/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mount; do
			umount -l "$mount" 2>/dev/null
		done
		rm -rf "$WORK"
	fi
}

docker_up() {
	[ "$(id -u)" = 0 ] || skip "only root can start dockerd"
	PATH=$PATH:/usr/sbin:/sbin
	for program in dockerd docker; do
		command -v $program >/dev/null || skip "no $program (Debian: docker.io)"
	done
	BUSYBOX=$(command -v busybox) || skip "no busybox (Debian: busybox-static)"
	! ldd "$BUSYBOX" 2>/dev/null | grep -q '=>' || skip "$BUSYBOX is not static (Debian: busybox-static)"
	others=$(pgrep -x dockerd | wc -l)

	WORK=$(mktemp -d /tmp/porthole-docker-XXXXXX)
	trap docker_down EXIT
	trap 'exit 1' INT TERM HUP
	docker_start
	docker_image
	DOCKER_ARGS=
	if [ "$others" -gt 0 ]; then
		"$PORTHOLE" --help 2>&1 | grep -q -e --docker-root || skip "another dockerd runs on this machine"
		DOCKER_ARGS="--docker-root $WORK/data --docker-socket $WORK/docker.sock"
	fi
}
