# A live capture loads, attaches, prints as many lines as -n says and ends by itself.
[ -x "$PORTHOLE" ] || { echo "porthole is not built"; exit 77; }
while :; do cat /etc/passwd >/dev/null; done &
load=$!
"$PORTHOLE" -n 200 -M 20 >out 2>err
code=$?
kill $load
cat err
head -n 3 out
[ $code -eq 0 ] || { echo "exit status $code"; exit 1; }
lines=$(wc -l <out)
[ "$lines" -eq 200 ] || { echo "$lines lines, not 200"; exit 1; }
grep -q ' cat ([0-9.]*) .*open.*/etc/passwd' out || { echo "no open of /etc/passwd by cat among them"; exit 1; }
