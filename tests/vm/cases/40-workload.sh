# Every argument of known calls is right on this kernel too.
[ -x "$PORTHOLE" ] || { echo "porthole is not built"; exit 77; }
mkdir -p /tmp/folder /w && mount -t tmpfs none /w
"$PORTHOLE" --unbuffered -p '*%thread.tid|%evt.dir|%evt.type|%evt.args' 'proc.name=ph_workload' >/w/out 2>/w/err &
capture=$!
for i in $(seq 100); do
	/tests/workload --ready
	grep -q 'fd=-4241' /w/out && break
	sleep 0.1
done
mkdir /w/folder
/tests/workload /w/folder /w/lines || exit 1
for i in $(seq 100); do
	grep -q 'fd=-4243' /w/out && break
	sleep 0.1
done
kill -INT $capture
wait $capture || { cat /w/err; exit 1; }
awk -f /tests/check_lines.awk /w/lines /w/out
