# What the other cases stand on: this is the kernel that was asked for, with BTF and a pure cgroup v2.
set -e
uname -r
test -s /sys/kernel/btf/vmlinux
grep -q '^cgroup2 /sys/fs/cgroup ' /proc/mounts
for controller in cpu io memory pids; do
	grep -qw $controller /sys/fs/cgroup/cgroup.controllers
done
grep -q ' /sys/fs/bpf ' /proc/mounts
mkdir /sys/fs/cgroup/ground
echo $$ >/sys/fs/cgroup/ground/cgroup.procs
grep -qx '0::/ground' /proc/self/cgroup
