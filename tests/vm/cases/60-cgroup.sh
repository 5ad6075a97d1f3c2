# What only a pure cgroup v2 shows: a cgroup made as Docker makes them is a container as soon as a process is in it, the life of
# the cgroup is told, and the lives of short processes in it are told in their order.
. /cases/workload.inc
short=0123456789ab
id=$short$(printf '%052d' 7)
group=/sys/fs/cgroup/docker/$id

capture '*%container.id %proc.name %evt.type %evt.dir %thread.tid %evt.args' 'proc.name=ph_workload or
	evt.type in (clone, clone3, fork, vfork, execve, open, openat, procexit, cgroup_mkdir, cgroup_rmdir, cgroup_attach)'
mkdir -p $group
/bin/sh -c "echo \$\$ >$group/cgroup.procs
	/bin/cat /etc/passwd >/dev/null
	/bin/sh -c 'exit 7'
	/bin/sh -c 'kill -9 \$\$'
	true" >/dev/null 2>&1
/bin/cat /etc/group >/dev/null
rmdir $group
capture_end "cgroup_rmdir.*path=/docker/$id"

# the lines that have to be there, in this order
cat >/w/wanted <<END
^host mkdir cgroup_mkdir > .* level=1 path=/docker\$
^host mkdir cgroup_mkdir > .* level=2 path=/docker/$id\$
^host sh execve < 
^$short sh cgroup_attach > .*path=/docker/$id pid=[0-9]*(sh) threadgroup=1\$
^$short sh clone < [0-9]* res=0 
^$short cat execve < [0-9]* res=0 exe=/bin/cat args=/etc/passwd
^$short cat openat* < .*(<f>/etc/passwd)
^$short cat procexit > .*status=0 ret=0 sig=0
^$short sh clone < CHILD res=0 
^$short sh execve < CHILD res=0 exe=/bin/sh args=-c.exit 7
^$short sh procexit > CHILD status=1792 ret=7 sig=0 core=0
^$short sh clone < [0-9]* res=0 
^$short sh execve < [0-9]* res=0 exe=/bin/sh args=-c.kill -9
^$short sh procexit > [0-9]* status=9 ret=0 sig=9(SIGKILL) core=0
^$short sh procexit > [0-9]* status=0 ret=0 sig=0
^host cat execve < 
^host cat openat* < .*(<f>/etc/group)
^host rmdir cgroup_rmdir > .* level=2 path=/docker/$id\$
END
child=$(sed -n 's/^[^ ]* sh execve < \([0-9]*\) res=0 exe=\/bin\/sh args=-c.exit 7.*/\1/p' /w/out)
awk -v child="${child:-none}" '
	{ sub(/ +$/, "") }
	FNR == NR { sub(/CHILD/, child); gsub(/[(]/, "[(]"); gsub(/[)]/, "[)]"); wanted[++n] = $0; next }
	at < n && $0 ~ wanted[at + 1] { at++ }
	END {
		if (at < n)
			print at " of " n " lines came in their order; not there: " wanted[at + 1]
		exit at < n
	}' /w/wanted /w/out || { grep -v '^host [^cmr]' /w/out | cut -c 1-150; exit 1; }
