# A reader that does not keep up loses events, says so, and still knows what it has to: the events that carry state have a ring
# of their own.
. /cases/workload.inc

# wait_for FILE (no fifo: opening one fails when a child ends meanwhile)
wait_for() {
	for i in $(seq 200); do
		[ -e "$1" ] && return
		sleep 0.1
	done
	echo "no $1"
	exit 1
}

# -D: gaps are internal events
capture '*%proc.name %evt.type %evt.dir %evt.args' 'proc.name in (ph_workload, sh, dd) or evt.type=gap' --ring-size 1 -D
kill -STOP $capture
dd if=/dev/zero of=/dev/null bs=64 count=12000 2>/dev/null &
flood=$!
/bin/sh -c 'cd /etc; exec 5<passwd; exec /bin/sh -c ": >/w/there; until [ -e /w/go ]; do sleep 0.1; done; read -r line <&5; exec 6<group"' &
later=$!
wait_for /w/there
wait $flood
kill -CONT $capture
until_seen 'dd procexit'
: >/w/go
wait $later
capture_end '(<f>/etc/group)'

fail() {
	echo "$*"
	cat /w/err
	grep 'dup2\|open\|execve' /w/out | cut -c 1-150 | tail -n 20
	exit 1
}

grep -q '^porthole: [0-9][0-9]* events lost from [0-9][0-9]:[0-9][0-9]:' /w/err || fail "no notice of a gap"
grep -q '^[0-9][0-9]* events, [1-9][0-9]* lost (.*read [1-9].*write [1-9][0-9]*' /w/err || fail "no statistics at the end"
grep ' gap > .*lost=[1-9]' /w/out >/w/gaps || fail "no gap event"
grep 'lost_state=[1-9]' /w/gaps && fail "lost what carries state"
[ "$(grep -c '^dd read' /w/out)" -lt 12000 ] || fail "nothing was lost"
grep -q '^sh execve < res=0 .*args=-c.: >/w/there' /w/out || fail "an exec in the flood is not there"
grep -q '^sh dup2 < .*oldfd=5(<f>/etc/passwd)' /w/out || fail "a descriptor of a process that began in the flood is not known"
grep -q '^sh open.* < .*name=group(/etc/group)' /w/out || fail "the working directory of that process is not known"
