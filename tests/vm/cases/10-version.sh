# The program and all its libraries start, before any probe is loaded.
[ -x "$PORTHOLE" ] || { echo "porthole is not built"; exit 77; }
"$PORTHOLE" --version
