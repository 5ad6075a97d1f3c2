# SPDX-License-Identifier: Apache-2.0
# awk -f check_lines.awk LINES OUTPUT: holds porthole's output, made with -p '*%thread.tid|%evt.dir|%evt.type|%evt.args',
# against the lines that tests/e2e/workload.c said. Prints what differs; exit status 1 when something does.
#
# Of the thread between its close(-4242) and close(-4243), exactly the calls said have to be there, in their order. An argument
# counts as right when it stands in the event's arguments, behind the one before it. What only the kernel knows is said as @1,
# @2 ..: it has to be the same, whatever it is, wherever it is said.
BEGIN { FS = "\t"; at = 0; wrong = 0 }

FNR == NR { said[++n] = $0; next }

{
	line = $0
	tid = cut(); dir = cut(); type = cut()
	if (type == "close" && index(line, "fd=-4242") && thread == "") { thread = tid; next }
	if (tid != thread || thread == "" || ended || dir != "<")
		next
	if (type == "signaldeliver" || type == "switch" || type == "procexit" || type == "page_fault")
		next
	if (type == "close" && index(line, "fd=-4243")) { ended = 1; next }
	compare()
}

function cut(    i, s) {
	i = index(line, "|")
	s = substr(line, 1, i - 1)
	line = substr(line, i + 1)
	return s
}

function complain(text) {
	if (++wrong <= 40)
		print text
}

# Where arg stands in rest: 0 not at all, else the position behind it.
function find(rest, arg,    i, last, want) {
	last = substr(arg, length(arg))
	want = " " (last == "*" ? substr(arg, 1, length(arg) - 1) : arg " ")
	i = index(rest, want)
	return i ? i + length(want) - 1 : 0
}

# arg with its @n replaced; the first time one is said, by what stands there.
function fill(rest, arg,    n, word) {
	while (match(arg, /@[0-9]/)) {
		n = substr(arg, RSTART, 2)
		if (!(n in known)) {
			word = substr(arg, 1, RSTART - 1)
			if (!index(rest, " " word))
				return arg
			word = substr(rest, index(rest, " " word) + length(word) + 1)
			known[n] = tolower(substr(word, 1, index(word, " ") - 1))
		}
		sub(n, known[n], arg)
	}
	return arg
}

function compare(    parts, k, i, rest, p) {
	at++
	k = split(said[at], parts, "\t")
	if (at > n) {
		complain("one too many: " type " " line)
		return
	}
	if (parts[1] != type) {
		# in step again by dropping what is in only one of the two
		for (i = at + 1; i <= at + 3 && i <= n; i++) {
			split(said[i], parts, "\t")
			if (parts[1] == type) {
				for (; at < i; at++)
					complain("missing: " said[at])
				at--
				compare()
				return
			}
		}
		complain("not said: " type " " line)
		at--
		return
	}
	rest = " " line " "
	for (i = 2; i <= k; i++) {
		p = parts[i] ~ /@[0-9]/ ? find(tolower(rest), fill(tolower(rest), parts[i])) : find(rest, parts[i])
		if (!p) {
			complain(type ": no " parts[i] " in: " line)
			return
		}
		rest = substr(rest, p)
	}
	right++
}

END {
	if (thread == "")
		complain("the workload's first call is not in the output")
	else if (!ended)
		complain("the workload's last call is not in the output")
	for (at++; at <= n; at++)
		complain("missing: " said[at])
	print right + 0 " of " n " calls as said, " wrong " wrong"
	exit wrong > 0
}
