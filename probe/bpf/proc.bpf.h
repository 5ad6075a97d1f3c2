/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the records of fork and exec tell of a process: numbers in the initial PID and user namespaces and in its own, memory,
 * cgroups, program, arguments, environment. The parts are functions of their own, which the verifier checks once each; they
 * append to the record in the CPU's scratch buffer. A task is passed as its address.
 */
#ifndef PORTHOLE_PROC_BPF_H
#define PORTHOLE_PROC_BPF_H

#include "capture.bpf.h"

#define ARGS_MAX 4096u
#define ARGS_COUNT_MAX 512
#define RLIMIT_NOFILE 7
#define CLONE_NEWPID 0x20000000u
#define CLONE_CHILD_IN_PIDNS 0x20000000u /* of flags.def */
#define CLONE_VM 0x100u
#define CLONE_VFORK 0x4000u

/* The file name of an exec from sched_process_exec, where the kernel still has it, to the call's exit. */
struct exec_name {
	char name[PH_PATH_MAX];
	u64 at; /* the call named a descriptor: it was execveat(2) */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct exec_name);
} exec_names SEC(".maps");

/* The number of a pid at a level of PID namespaces. */
static __always_inline struct upid pid_at(struct pid *pid, u32 level)
{
	char *at = (char *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
	struct upid up = {};

	bpf_core_read(&up.nr, sizeof up.nr, &((struct upid *)at)->nr);
	bpf_core_read(&up.ns, sizeof up.ns, &((struct upid *)at)->ns);
	return up;
}

/* A thread's pid, or that of its process, process group or session (PIDTYPE_*). */
static __always_inline struct pid *task_pid(struct task_struct *task, u32 type)
{
	struct signal_struct *sig;
	struct pid *pid = 0;

	if (type == PIDTYPE_PID)
		return BPF_CORE_READ(task, thread_pid);
	sig = BPF_CORE_READ(task, signal);
	bpf_core_read(&pid, sizeof pid, &sig->pids[type & 3]);
	return pid;
}

/* That number in the initial namespace. */
__noinline s64 task_nr(u64 task, u32 type)
{
	struct pid *pid = task_pid((void *)task, type);

	return pid ? pid_at(pid, 0).nr : 0;
}

/* That number in the task's own namespace; 0: it has none there. */
__noinline s64 task_vnr(u64 task, u32 type)
{
	struct pid *own = task_pid((void *)task, PIDTYPE_PID), *pid = task_pid((void *)task, type);
	struct upid up;
	u32 level;

	if (!own || !pid)
		return 0;
	level = BPF_CORE_READ(own, level);
	if (level > 32 || level > BPF_CORE_READ(pid, level))
		return 0;
	up = pid_at(pid, level);
	return up.ns == pid_at(own, level).ns ? up.nr : 0;
}

static __always_inline struct pid_namespace *task_pid_ns(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = pid ? BPF_CORE_READ(pid, level) : 0;

	return pid && level <= 32 ? pid_at(pid, level).ns : 0;
}

/* When the init of the task's PID namespace began, since the epoch. */
static __always_inline u64 pidns_start(struct task_struct *task)
{
	struct pid_namespace *ns = task_pid_ns(task);
	struct task_struct *init = ns ? BPF_CORE_READ(ns, child_reaper) : 0;

	/* The first task of a new namespace is forked before it is known as its init. */
	if (!init)
		init = task;
	return BPF_CORE_READ(init, start_boottime) + config.boot_epoch_ns;
}

static __always_inline u32 task_tty(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);
	u32 major, minor;

	if (!tty)
		return 0;
	major = (u32)BPF_CORE_READ(tty, driver, major);
	minor = (u32)BPF_CORE_READ(tty, driver, minor_start) + (u32)BPF_CORE_READ(tty, index);
	return encode_dev(major << 20 | (minor & 0xfffff));
}

static __always_inline u32 task_loginuid(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->loginuid))
		return ~0u;
	return BPF_CORE_READ(task, loginuid.val);
}

static __always_inline u64 inode_mtime(struct inode *inode)
{
	struct inode___66 *v66 = (void *)inode;
	struct inode___old *old = (void *)inode;

	if (bpf_core_field_exists(inode->i_mtime_sec))
		return (u64)BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ull + BPF_CORE_READ(inode, i_mtime_nsec);
	if (bpf_core_field_exists(v66->__i_mtime))
		return (u64)BPF_CORE_READ(v66, __i_mtime.tv_sec) * 1000000000ull +
		       (u64)BPF_CORE_READ(v66, __i_mtime.tv_nsec);
	return (u64)BPF_CORE_READ(old, i_mtime.tv_sec) * 1000000000ull + (u64)BPF_CORE_READ(old, i_mtime.tv_nsec);
}

static __always_inline u64 inode_ctime(struct inode *inode)
{
	struct inode___66 *v66 = (void *)inode;
	struct inode___old *old = (void *)inode;

	if (bpf_core_field_exists(inode->i_ctime_sec))
		/* Its top bit says whether somebody has looked at it (6.13: I_CTIME_QUERIED). */
		return (u64)BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ull +
		       (BPF_CORE_READ(inode, i_ctime_nsec) & 0x7fffffff);
	if (bpf_core_field_exists(v66->__i_ctime))
		return (u64)BPF_CORE_READ(v66, __i_ctime.tv_sec) * 1000000000ull +
		       (u64)BPF_CORE_READ(v66, __i_ctime.tv_nsec);
	return (u64)BPF_CORE_READ(old, i_ctime.tv_sec) * 1000000000ull + (u64)BPF_CORE_READ(old, i_ctime.tv_nsec);
}

#define S_IWUSR 0200
#define S_IWGRP 0020
#define S_IWOTH 0002
#define S_IMMUTABLE 8
#define SB_RDONLY 1
#define MNT_READONLY 0x40
#define CAP_DAC_OVERRIDE 1

/* Whether a uid of the initial user namespace exists in the one of these credentials (its first extents). */
static __always_inline bool uid_mapped(struct user_namespace *ns, u32 uid)
{
	if (BPF_CORE_READ(ns, level) == 0)
		return true;
	for (u32 i = 0; i < 5; i++) {
		struct uid_gid_extent e = {};

		if (i >= BPF_CORE_READ(ns, uid_map.nr_extents))
			break;
		bpf_core_read(&e, sizeof e, &ns->uid_map.extent[i]);
		if (uid - e.lower_first < e.count)
			return true;
	}
	return false;
}

static __always_inline bool in_group(const struct cred *cred, u32 gid)
{
	struct group_info *groups;
	s32 n;

	if (BPF_CORE_READ(cred, fsgid.val) == gid)
		return true;
	groups = BPF_CORE_READ(cred, group_info);
	n = groups ? BPF_CORE_READ(groups, ngroups) : 0;
	for (s32 i = 0; i < 32; i++) {
		u32 g = 0;

		if (i >= n)
			break;
		bpf_probe_read_kernel(&g, sizeof g,
				      (char *)groups + bpf_core_field_offset(struct group_info, gid) + 4 * i);
		if (g == gid)
			return true;
	}
	return false;
}

/* May the task write to its own program? As the kernel's generic check of mode bits decides; ACLs are not looked at. */
static __always_inline bool may_write(struct task_struct *task, struct file *file, struct inode *inode)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 mode = BPF_CORE_READ(inode, i_mode), uid = BPF_CORE_READ(inode, i_uid.val);

	if ((BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY) || (BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE) ||
	    (BPF_CORE_READ(file, f_path.mnt, mnt_flags) & MNT_READONLY))
		return false;
	if (caps_of(task, 2) & (1u << CAP_DAC_OVERRIDE) && uid_mapped(BPF_CORE_READ(cred, user_ns), uid))
		return true;
	if (BPF_CORE_READ(cred, fsuid.val) == uid)
		return mode & S_IWUSR;
	return mode & (in_group(cred, BPF_CORE_READ(inode, i_gid.val)) ? S_IWGRP : S_IWOTH);
}

static __always_inline bool is_memfd(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel_str(name, sizeof name, BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}

/* execve_flags of flags.def. */
#define EXE_WRITABLE 1u
#define EXE_UPPER_LAYER 2u
#define EXE_FROM_MEMFD 4u
#define EXE_LOWER_LAYER 8u

__noinline u32 exe_flags(u64 task_at)
{
	struct task_struct *task = (void *)task_at;
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = file ? BPF_CORE_READ(file, f_inode) : 0;
	u32 layer, flags = 0;

	if (!inode)
		return 0;
	if (may_write(task, file, inode))
		flags |= EXE_WRITABLE;
	if (is_memfd(file))
		flags |= EXE_FROM_MEMFD;
	layer = overlay_layer(file);
	if (layer)
		flags |= layer == OPENED_UPPER ? EXE_UPPER_LAYER : EXE_LOWER_LAYER;
	return flags;
}

/* The controllers in the order in which they are told: as the default hierarchy and as the old ones call them. */
#define CONTROLLERS(X)                            \
	X(cpuset, "cpuset", "cpuset")             \
	X(cpu, "cpu", "cpu")                      \
	X(cpuacct, "cpuacct", "cpuacct")          \
	X(io, "io", "blkio")                      \
	X(memory, "memory", "memory")             \
	X(devices, "devices", "devices")          \
	X(freezer, "freezer", "freezer")          \
	X(net_cls, "net_cls", "net_cls")          \
	X(perf_event, "perf_event", "perf_event") \
	X(net_prio, "net_prio", "net_prio")       \
	X(hugetlb, "hugetlb", "hugetlb")          \
	X(pids, "pids", "pids")

enum controller {
#define X(id, v2, v1) CONTROLLER_##id,
	CONTROLLERS(X)
#undef X
		CONTROLLER_COUNT,
};

static const volatile char controller_names[16][2][16] = {
#define X(id, v2, v1) { v2 "=", v1 "=" },
	CONTROLLERS(X)
#undef X
};

/* A task's cgroup for a controller; where the default hierarchy has it, the task's own one, whichever it is enabled for. */
static __always_inline struct cgroup *cgroup_of(struct css_set *set, u32 subsys, bool *is_default)
{
	char *at = (char *)set + bpf_core_field_offset(struct css_set, subsys) + 8 * subsys;
	struct cgroup_subsys_state *css = 0;
	struct cgroup *cgroup;

	bpf_probe_read_kernel(&css, sizeof css, at);
	cgroup = css ? BPF_CORE_READ(css, cgroup) : 0;
	*is_default = cgroup && BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
	return *is_default ? BPF_CORE_READ(set, dfl_cgrp) : cgroup;
}

/* Appends "name=path" and NUL. The last path made is used again while controllers share a cgroup. */
__noinline int put_cgroup(u64 set, u32 subsys, u32 which)
{
	struct scratch *s = scratch_get();
	struct path_buf *b = path_buf(PATH_EVENT);
	bool is_default;
	struct cgroup *cgroup = cgroup_of((struct css_set *)set, subsys, &is_default);
	u32 pos;

	if (!s || !b || !cgroup || rec_room(s) < PH_PATH_MAX + 16)
		return 0;
	if (s->mark64[0] != (u64)cgroup) {
		s->mark64[0] = (u64)cgroup;
		s->mark = (u32)path_of_kernfs((u64)BPF_CORE_READ(cgroup, kn), PATH_EVENT);
	}
	pos = s->mark;
	put_kernel_str(s, (const void *)controller_names[which & 15][!is_default], 16);
	s->off--; /* the NUL */
	put_path(s, pos);
	return 0;
}

static __always_inline void put_cgroups(struct scratch *s, struct task_struct *task)
{
	u64 set = (u64)BPF_CORE_READ(task, cgroups);

	s->mark64[0] = 0;
#define X(id, v2, v1)                                                        \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id##_cgrp_id)) \
		put_cgroup(set, (u32)bpf_core_enum_value(enum cgroup_subsys_id, id##_cgrp_id), CONTROLLER_##id);
	CONTROLLERS(X)
#undef X
}

/* The cgroup that names a task's container: the default hierarchy's, or where that is not in use the first old one's that is. */
static __always_inline struct cgroup *naming_cgroup(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgroup = BPF_CORE_READ(set, dfl_cgrp);
	bool is_default;

	if (cgroup && BPF_CORE_READ(cgroup, level) > 0)
		return cgroup;
#define TRY(id)                                                                                                     \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id##_cgrp_id)) {                                      \
		struct cgroup *old =                                                                                \
			cgroup_of(set, (u32)bpf_core_enum_value(enum cgroup_subsys_id, id##_cgrp_id), &is_default); \
		if (old && BPF_CORE_READ(old, level) > 0)                                                           \
			return old;                                                                                 \
	}
	TRY(memory)
	TRY(pids)
	TRY(cpu)
	TRY(freezer)
#undef TRY
	return cgroup;
}

static __always_inline void put_na(struct scratch *s)
{
	put(s, 0x003e414e3cull, 5); /* "<NA>" */
}

/* The NUL-terminated items of [at, end) in user memory, at most ARGS_MAX bytes; the last one is always terminated. */
__noinline int put_items(u64 at, u64 end)
{
	struct scratch *s = scratch_get();
	u32 len;

	if (!s || at == 0 || end <= at)
		return 0;
	len = end - at > ARGS_MAX ? ARGS_MAX : (u32)(end - at);
	len = put_user(s, at, len, ARGS_MAX);
	if (len)
		*rec_at(s, s->off - 1) = 0;
	return 0;
}

/* The parameters exe and args of a process whose memory is the current one. */
__noinline int put_args(u64 mm_at)
{
	struct scratch *s = scratch_get();
	struct mm_struct *mm = (void *)mm_at;
	u64 start, end;
	u32 from;
	long n = 0;

	if (!s)
		return 0;
	from = s->off;
	start = mm ? BPF_CORE_READ(mm, arg_start) : 0;
	end = mm ? BPF_CORE_READ(mm, arg_end) : 0;
	if (end > start) {
		n = bpf_probe_read_user_str(rec_at(s, s->off), ARGS_MAX, (void *)start);
		if (n > 0)
			s->off += (u32)n & 0x1fff;
		else
			put_na(s);
	}
	end_param(s, 1, from);
	from = s->off;
	if (n > 0)
		put_items(start + (u64)n, end);
	end_param(s, 2, from);
	return 0;
}

/*
 * Strings that a NULL-terminated array in user memory points to, NUL-separated: what execve(2) was given. Where we are stands
 * in the map for the reason that path.bpf.h gives.
 */
__noinline int put_strings(u64 array)
{
	struct scratch *s = scratch_get();
	volatile struct scratch *v = s;

	if (!s || array == 0 || rec_room(s) < 2 * ARGS_MAX)
		return 0;
	v->mark = s->off + ARGS_MAX;
	v->mark64[1] = array;
	for (u32 i = 0; i < ARGS_COUNT_MAX; i++) {
		u64 at;
		u32 room = v->mark - v->off;
		long n;

		if (room == 0 || room > ARGS_MAX)
			break;
		at = user_word(s, v->mark64[1], 0);
		v->mark64[1] += s->compat ? 4 : 8;
		if (at == 0)
			break;
		n = bpf_probe_read_user_str(rec_at(s, v->off), BOUND(room, 0x1fff), (void *)at);
		if (n <= 0)
			break;
		v->off += (u32)n;
	}
	return 0;
}

/* Parameters 3 to 14, the same in fork and exec: tid, pid, ptid, cwd, fdlimit, page faults, memory, comm, cgroups. */
__noinline int put_process(u64 task_at)
{
	struct scratch *s = scratch_get();
	struct task_struct *task = (void *)task_at;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	u32 from;

	if (!s)
		return 0;
	put_param(s, 3, (u64)(s64)BPF_CORE_READ(task, pid), 8);
	put_param(s, 4, (u64)(s64)BPF_CORE_READ(task, tgid), 8);
	put_param(s, 5, (u64)(s64)BPF_CORE_READ(task, real_parent, tgid), 8);
	from = s->off;
	put_task_path(s, task_at, PATH_CWD);
	end_param(s, 6, from);
	put_param(s, 7, BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur), 8);
	put_param(s, 8, BPF_CORE_READ(task, maj_flt), 8);
	put_param(s, 9, BPF_CORE_READ(task, min_flt), 8);
	put_param(s, 10, mm_kb(mm, 0), 4);
	put_param(s, 11, mm_kb(mm, 1), 4);
	put_param(s, 12, mm_kb(mm, 2), 4);
	from = s->off;
	put_kernel_str(s, &task->comm, PH_NAME_MAX);
	end_param(s, 13, from);
	from = s->off;
	put_cgroups(s, task);
	end_param(s, 14, from);
	return 0;
}

/* Parameters 15 to 20 of a fork. */
__noinline int put_fork_tail(u64 task_at, u32 is_child, u32 native_flags)
{
	struct scratch *s = scratch_get();
	struct task_struct *task = (void *)task_at;
	struct pid_namespace *ns;
	u32 flags;

	if (!s)
		return 0;
	flags = xlat(XT_clone_flags, native_flags);
	ns = is_child ? task_pid_ns(task) : BPF_CORE_READ(task, nsproxy, pid_ns_for_children);
	if ((ns && BPF_CORE_READ(ns, level) > 0) || (native_flags & CLONE_NEWPID))
		flags |= CLONE_CHILD_IN_PIDNS;
	put_param(s, 15, flags, 4);
	put_param(s, 16, BPF_CORE_READ(task, cred, euid.val), 4);
	put_param(s, 17, BPF_CORE_READ(task, cred, egid.val), 4);
	put_param(s, 18, (u64)task_vnr(task_at, PIDTYPE_PID), 8);
	put_param(s, 19, (u64)task_vnr(task_at, PIDTYPE_TGID), 8);
	put_param(s, 20, pidns_start(task), 8);
	return 0;
}

/*
 * All parameters of a fork. The child tells of itself when it is made (res 0), the parent at its own return. Arguments are
 * read from the parent's memory in both cases, which the child has a copy of.
 */
static __always_inline void put_fork(struct scratch *s, u64 task, u32 is_child, u32 native_flags)
{
	struct task_struct *current = (void *)bpf_get_current_task();

	put_param(s, 0, is_child ? 0 : (u64)s->ret, 8);
	put_args((u64)BPF_CORE_READ(current, mm));
	put_process(task);
	put_fork_tail(task, is_child, native_flags);
}

/* The kernel's flags of the call that a task is in. */
static __always_inline u32 fork_flags(u32 row, u64 arg0)
{
	switch (row) {
	case PH_SC_clone:
		return (u32)arg0;
	case PH_SC_clone3: /* struct clone_args begins with them */
		return (u32)user_u64(arg0);
	case PH_SC_vfork:
		return CLONE_VFORK | CLONE_VM;
	}
	return 0;
}

/* Parameters 15 to 28 of an exec but for env. */
__noinline int put_exec_tail(u64 task_at)
{
	struct scratch *s = scratch_get();
	struct task_struct *task = (void *)task_at;
	struct inode *inode = BPF_CORE_READ(task, mm, exe_file, f_inode);
	u32 from;

	if (!s)
		return 0;
	put_param(s, 16, task_tty(task), 4);
	put_param(s, 17, (u64)task_vnr(task_at, PIDTYPE_PGID), 8);
	put_param(s, 18, task_loginuid(task), 4);
	put_param(s, 19, exe_flags(task_at), 4);
	put_param(s, 20, caps_of(task, 0), 8);
	put_param(s, 21, caps_of(task, 1), 8);
	put_param(s, 22, caps_of(task, 2), 8);
	put_param(s, 23, inode ? BPF_CORE_READ(inode, i_ino) : 0, 8);
	put_param(s, 24, inode ? inode_ctime(inode) : 0, 8);
	put_param(s, 25, inode ? inode_mtime(inode) : 0, 8);
	put_param(s, 26, BPF_CORE_READ(task, cred, euid.val), 4);
	from = s->off;
	put_task_path(s, task_at, PATH_EXE);
	end_param(s, 27, from);
	put_param(s, 28, (u64)task_nr(task_at, PIDTYPE_PGID), 8);
	put_param(s, 29, BPF_CORE_READ(task, cred, egid.val), 4);
	return 0;
}

/* The file name as the call was given it; after a success the memory that held it is gone. */
__noinline int put_exec_name(void)
{
	struct scratch *s = scratch_get();
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct exec_name *name;

	if (!s)
		return 0;
	if (s->ret < 0) {
		capture_string(s->args[0]);
		return 0;
	}
	name = bpf_map_lookup_elem(&exec_names, &tid);
	if (name)
		put_kernel_str(s, name->name, PH_PATH_MAX);
	else
		put_na(s);
	return 0;
}

/*
 * x86 puts execve's number into the registers of every call that succeeds (arch/x86/kernel/process_64.c): was it execveat(2)?
 * Only one that named a descriptor is known from what the kernel keeps, and that is the one that makes a difference.
 */
static __always_inline bool was_execveat(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct exec_name *name = bpf_map_lookup_elem(&exec_names, &tid);

	return name && name->at;
}

static __always_inline void capture_fork(struct scratch *s, struct task_struct *task)
{
	put_fork(s, (u64)task, 0, fork_flags(s->row, s->args[0]));
}

static __always_inline void capture_exec(struct scratch *s, struct task_struct *task)
{
	u32 at = s->row == PH_SC_execveat ? 2 : 1, from;
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 argv = ARG(s, at), envp = ARG(s, at + 1), first;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	put_param(s, 0, (u64)s->ret, 8);
	if (s->ret >= 0) {
		put_args((u64)mm);
	} else {
		from = s->off;
		first = argv ? user_word(s, argv, 0) : 0;
		capture_string(first);
		end_param(s, 1, from);
		from = s->off;
		put_strings(first ? argv + (s->compat ? 4 : 8) : 0);
		end_param(s, 2, from);
	}
	put_process((u64)task);
	from = s->off;
	if (s->ret >= 0)
		put_items(BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
	else
		put_strings(envp);
	end_param(s, 15, from);
	put_exec_tail((u64)task);
	if (s->row != PH_SC_execveat) {
		from = s->off;
		put_exec_name();
		end_param(s, 30, from);
	}
	if (s->ret >= 0)
		bpf_map_delete_elem(&exec_names, &tid);
}

#endif
