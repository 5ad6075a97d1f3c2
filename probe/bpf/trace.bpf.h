/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tracepoints beside system calls. Programs are named ph_ and the tracepoint's name; the loader attaches those that the
 * kernel has, and the dear ones (sched_switch, page_fault_*) only when they are asked for.
 */
#ifndef PORTHOLE_TRACE_BPF_H
#define PORTHOLE_TRACE_BPF_H

#include "proc.bpf.h"
#include "syscall.bpf.h"

#define KERNEL_STACK 16384 /* x86-64, and arm64 with pages of up to 16 KiB */
#define SIGCHLD 17
#define SI_USER 0
#define SI_QUEUE -1
#define SI_MESGQ -3
#define SI_TKILL -6
#define SIGNAL_GROUP_EXIT 4
#define SIGNAL_QUEUED 0 /* TRACE_SIGNAL_DELIVERED, TRACE_SIGNAL_LOSE_INFO */
#define SIGNAL_LOST_INFO 4

/*
 * The user registers of a task. task is the pointer that the kernel gave the program: the helper (5.15) takes no other. The
 * programs for older kernels look where the entry code has put them.
 */
#define TASK_REGS(task)                                                        \
	(bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) ? \
		 (u64)bpf_task_pt_regs(task) :                                 \
		 (u64)(task)->stack + KERNEL_STACK - bpf_core_type_size(struct pt_regs))

struct call {
	u32 row;
	s32 nr;
	u64 arg0;
};

/* Which system call the registers belong to. */
static __always_inline struct call call_of(struct task_struct *task, u64 regs_at)
{
	struct pt_regs *regs = (void *)regs_at;
	struct call c = { .row = PH_SC_COUNT, .nr = -1 };
	bool compat = is_compat(task);

#if defined(__TARGET_ARCH_x86)
	c.nr = (s32)BPF_CORE_READ(regs, orig_ax);
	c.arg0 = compat ? (u32)BPF_CORE_READ(regs, bx) : BPF_CORE_READ(regs, di);
#else
	c.nr = BPF_CORE_READ(regs, syscallno);
	c.arg0 = BPF_CORE_READ(regs, orig_x0);
#endif
	if (c.nr >= 0)
		c.row = row_of(c.nr, compat);
	return c;
}

/* The child tells of itself before it runs, so that nothing of it comes before this record. */
SEC("tp_btf/sched_process_fork")
int ph_sched_process_fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	struct call c = { .row = PH_SC_COUNT };
	u32 flags = 0, row;
	struct scratch *s;

	if (is_self())
		return 0;
	if (!(parent->flags & PF_KTHREAD))
		c = call_of(parent, TASK_REGS(parent));
	row = (u32)BOUND(c.row, ROW_MASK);
	if (row == PH_SC_clone || row == PH_SC_clone3 || row == PH_SC_fork || row == PH_SC_vfork)
		flags = fork_flags(row, c.arg0);
	else
		row = PH_SC_clone;
	if (!(plan[row] & PH_PLAN_WANTED))
		return 0;
	s = begin_state(syscall_descs[row].event, NPARAMS_SYSCALL_CLONE_20_X, CATEGORY_SYSCALL_CLONE_20_X, child->pid);
	if (!s)
		return 0;
	s->row = (u16)row;
	s->rec.syscall = (u16)row;
	s->ret = 0;
	/* A kernel pointer becomes a number by way of the map; functions of their own take nothing else. */
	((volatile struct scratch *)s)->mark64[1] = (u64)child;
	put_fork(s, ((volatile struct scratch *)s)->mark64[1], 1, flags);
	finish(s);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int ph_sched_process_exec(u64 *ctx)
{
	struct linux_binprm *bprm = (void *)ctx[2];
	struct path_buf *b = path_buf(PATH_EVENT);
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct exec_name *name;

	if (!running || !b || is_self())
		return 0;
	exec_enter_time((u32)ctx[1], tid);
	name = (void *)b->text;
	name->at = bpf_core_field_exists(bprm->fdpath) && BPF_CORE_READ(bprm, fdpath);
	if (bpf_probe_read_kernel_str(name->name, PH_PATH_MAX, bprm->filename) > 0)
		bpf_map_update_elem(&exec_names, &tid, name, BPF_ANY);
	return 0;
}

/* A thread of the group that is not ending; 0: none. */
__noinline u64 living_thread(u64 task_at)
{
	struct task_struct *task = (void *)task_at, *thread;
	struct signal_struct *sig = BPF_CORE_READ(task, signal);
	u64 head = (u64)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	u64 node_off = bpf_core_field_offset(struct task_struct, thread_node);
	struct list_head *node;

	if (!sig)
		return 0;
	node = BPF_CORE_READ(sig, thread_head.next);
	for (u32 i = 0; i < 256; i++) {
		if (!node || (u64)node == head)
			break;
		thread = (void *)((u64)node - node_off);
		if (!(BPF_CORE_READ(thread, flags) & PF_EXITING))
			return (u64)thread;
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

/*
 * Who takes the children of a task that ends, as find_new_reaper() chooses (kernel/exit.c): a living thread of its process,
 * the nearest ancestor that is a child subreaper, the init of its PID namespace. 0: it has no children. The thread's number in
 * the initial namespace.
 */
__noinline s64 reaper_of(u64 task_at)
{
	struct task_struct *task = (void *)task_at, *at, *init;
	u64 children = task_at + bpf_core_field_offset(struct task_struct, children);
	struct signal_struct *sig = BPF_CORE_READ(task, signal);
	struct pid_namespace *ns;
	u64 reaper;
	u32 level;

	if ((u64)BPF_CORE_READ(task, children.next) == children || !sig)
		return 0;
	reaper = living_thread(task_at);
	if (reaper)
		return BPF_CORE_READ((struct task_struct *)reaper, pid);
	ns = task_pid_ns(task);
	init = ns ? BPF_CORE_READ(ns, child_reaper) : 0;
	if (!init || init == task)
		return 0;
	if (BPF_CORE_READ_BITFIELD_PROBED(sig, has_child_subreaper)) {
		level = BPF_CORE_READ(task, thread_pid, level);
		at = BPF_CORE_READ(task, real_parent);
		for (u32 i = 0; i < 64; i++) {
			struct signal_struct *its = BPF_CORE_READ(at, signal);

			if (!its || BPF_CORE_READ(at, pid) == 0 || BPF_CORE_READ(at, thread_pid, level) != level)
				break;
			if (BPF_CORE_READ_BITFIELD_PROBED(its, is_child_subreaper)) {
				reaper = living_thread((u64)at);
				if (reaper)
					return BPF_CORE_READ((struct task_struct *)reaper, pid);
			}
			at = BPF_CORE_READ(at, real_parent);
		}
	}
	return BPF_CORE_READ(init, pid);
}

/* exit(2) and exit_group(2) never come to sys_exit: their records are made here. */
static __always_inline void exit_call(struct call c, s64 tid)
{
	u32 row = (u32)BOUND(c.row, ROW_MASK);
	struct scratch *s;

	if ((row != PH_SC_exit && row != PH_SC_exit_group) || !(plan[row] & PH_PLAN_WANTED))
		return;
	s = begin(PH_EV_GENERIC_X, NPARAMS_GENERIC_X, syscall_descs[row].category, tid);
	if (!s)
		return;
	/* With the exit itself, which must not come before it. */
	s->to_state = 1;
	s->row = (u16)row;
	s->rec.syscall = (u16)row;
	s->rec.enter_ns = enter_time();
	put_param(s, 0, syscall_descs[row].id, 2);
	put_param(s, 1, (u16)c.nr, 2);
	end_param(s, 2, s->off); /* no result */
	finish(s);
}

SEC("tp_btf/sched_process_exit")
int ph_sched_process_exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 tid = (u32)task->pid, status;
	struct signal_struct *sig;
	struct scratch *s;

	if (is_self())
		return 0;
	if (!(task->flags & PF_KTHREAD))
		exit_call(call_of(task, TASK_REGS(task)), tid);
	/* An exec that did not return. */
	bpf_map_delete_elem(&exec_names, &tid);
	s = begin_state(PH_EV_PROCEXIT_1_E, NPARAMS_PROCEXIT_1_E, CATEGORY_PROCEXIT_1_E, tid);
	if (!s)
		return 0;
	/* As wait_task_zombie() tells it. */
	sig = BPF_CORE_READ(task, signal);
	status = BPF_CORE_READ(sig, flags) & SIGNAL_GROUP_EXIT ? (u32)BPF_CORE_READ(sig, group_exit_code) :
								 (u32)task->exit_code;
	put_param(s, 0, status, 8);
	put_param(s, 1, (status >> 8) & 0xff, 8);
	put_param(s, 2, status & 0x7f, 1);
	put_param(s, 3, !!(status & 0x80), 1);
	put_param(s, 4, (u64)reaper_of(bpf_get_current_task()), 8);
	finish(s);
	return 0;
}

/*
 * Who sent a process its last signal of a number. A fatal one reaches its threads as a SIGKILL of the kernel without siginfo
 * (complete_signal(), get_signal() in kernel/signal.c), so that at delivery neither it nor its sender are there any more.
 */
struct signal_key {
	u32 tgid, sig;
};

/* The process, in the initial PID namespace; 0: the kernel. */
struct signal_sent {
	s32 sender;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct signal_key);
	__type(value, struct signal_sent);
} signals_sent SEC(".maps");

/* Was a signal sent by a process, or by the kernel? */
static __always_inline bool sent_by_process(s32 code)
{
	return code == SI_USER || code == SI_QUEUE || code == SI_MESGQ || code == SI_TKILL;
}

/* The process number that the kernel wrote into a siginfo, in the receiver's PID namespace. */
static __always_inline s32 siginfo_pid(u64 info)
{
	s32 pid = 0;

	bpf_probe_read_kernel(&pid, sizeof pid, (char *)info + bpf_core_field_offset(struct kernel_siginfo, _sifields));
	return pid;
}

/* The kernel tells of a child that ended, stopped or went on (CLD_*). */
static __always_inline bool of_child(u32 sig, s32 code)
{
	return sig == SIGCHLD && code >= 1 && code <= 6;
}

/* A child makes the kernel send while it runs itself, but for one that is handed on by its dying parent: then 0. */
__noinline s32 child_sender(u64 receiver, s32 number)
{
	struct pid *own = task_pid((void *)receiver, PIDTYPE_PID);
	struct pid *child = task_pid((void *)bpf_get_current_task(), PIDTYPE_TGID);
	u32 level = own ? BPF_CORE_READ(own, level) : 0;

	if (level == 0)
		return number;
	if (!child || level > 32 || level > BPF_CORE_READ(child, level) || pid_at(child, level).nr != number)
		return 0;
	return pid_at(child, 0).nr;
}

SEC("raw_tp/signal_generate")
int ph_signal_generate(u64 *ctx)
{
	u64 info = ctx[1]; /* or SEND_SIG_NOINFO (0, from a process), SEND_SIG_PRIV (1, from the kernel) */
	struct signal_key key = { .sig = (u32)ctx[0] };
	struct signal_sent sent = {};
	struct signal_struct *group;
	s32 code;

	/* One of the same number that waits already stays the one that is delivered. */
	if (!running || (ctx[4] != SIGNAL_QUEUED && ctx[4] != SIGNAL_LOST_INFO))
		return 0;
	/* What comes after the one that ends the process does not count. */
	group = BPF_CORE_READ((struct task_struct *)ctx[2], signal);
	if ((BPF_CORE_READ(group, flags) & SIGNAL_GROUP_EXIT) &&
	    ((u32)BPF_CORE_READ(group, group_exit_code) & 0x7f) != key.sig)
		return 0;
	key.tgid = (u32)BPF_CORE_READ((struct task_struct *)ctx[2], tgid);
	code = info > 1 ? BPF_CORE_READ((struct kernel_siginfo *)info, si_code) : SI_USER;
	if (info != 1 && sent_by_process(code))
		sent.sender = (s32)(bpf_get_current_pid_tgid() >> 32);
	else if (info != 1 && of_child(key.sig, code))
		sent.sender = child_sender(ctx[2], siginfo_pid(info));
	bpf_map_update_elem(&signals_sent, &key, &sent, BPF_ANY);
	return 0;
}

/* The sender in the initial PID namespace; 0: the kernel sent the signal, or who did is not known. */
SEC("raw_tp/signal_deliver")
int ph_signal_deliver(u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct kernel_siginfo *info = (void *)ctx[1];
	u64 id = bpf_get_current_pid_tgid();
	u32 sig = (u32)ctx[0];
	struct signal_key key = { .tgid = (u32)(id >> 32) };
	struct signal_sent *sent;
	struct signal_struct *group;
	s32 sender = 0, code = SI_USER;
	struct scratch *s;

	if (is_self())
		return 0;
	if (!info) {
		group = BPF_CORE_READ(task, signal);
		if ((BPF_CORE_READ(group, flags) & SIGNAL_GROUP_EXIT) && (BPF_CORE_READ(group, group_exit_code) & 0x7f))
			sig = (u32)BPF_CORE_READ(group, group_exit_code) & 0x7f;
	} else {
		code = BPF_CORE_READ(info, si_code);
	}
	key.sig = sig;
	sent = bpf_map_lookup_elem(&signals_sent, &key);
	if (sent_by_process(code) || of_child(sig, code)) {
		if (sent)
			sender = sent->sender;
		else if (info && BPF_CORE_READ(task, thread_pid, level) == 0) /* sent before the capture began */
			sender = siginfo_pid((u64)info);
	}
	s = begin(PH_EV_SIGNALDELIVER_E, NPARAMS_SIGNALDELIVER_E, CATEGORY_SIGNALDELIVER_E, (s32)id);
	if (!s)
		return 0;
	put_param(s, 0, (u64)(s64)sender, 8);
	put_param(s, 1, (u64)(s64)(s32)id, 8);
	put_param(s, 2, sig, 1);
	finish(s);
	return 0;
}

/*
 * cgroups. The old hierarchies tell too, one after the other, with the same path: their numbers would be mistaken for those of
 * the default hierarchy, so they have none (0).
 */
static __always_inline u64 cgroup_id(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0 ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

__noinline int cgroup_event(u64 cgroup_at, u64 path, u32 type)
{
	struct cgroup *cgroup = (void *)cgroup_at;
	struct scratch *s =
		begin_state(type, NPARAMS_CGROUP_MKDIR_E, CATEGORY_CGROUP_MKDIR_E, (u32)bpf_get_current_pid_tgid());
	u32 from;

	if (!s)
		return 0;
	put_param(s, 0, cgroup_id(cgroup), 8);
	put_param(s, 1, (u64)BPF_CORE_READ(cgroup, level), 4);
	from = s->off;
	put_kernel_str(s, (void *)path, PH_PATH_MAX);
	end_param(s, 2, from);
	finish(s);
	return 0;
}

SEC("raw_tp/cgroup_mkdir")
int ph_cgroup_mkdir(u64 *ctx)
{
	return is_self() ? 0 : cgroup_event(ctx[0], ctx[1], PH_EV_CGROUP_MKDIR_E);
}

SEC("raw_tp/cgroup_rmdir")
int ph_cgroup_rmdir(u64 *ctx)
{
	return is_self() ? 0 : cgroup_event(ctx[0], ctx[1], PH_EV_CGROUP_RMDIR_E);
}

SEC("raw_tp/cgroup_attach_task")
int ph_cgroup_attach_task(u64 *ctx)
{
	struct cgroup *cgroup = (void *)ctx[0];
	struct task_struct *task = (void *)ctx[2];
	struct scratch *s;
	u32 from;

	if (is_self())
		return 0;
	s = begin_state(PH_EV_CGROUP_ATTACH_E, NPARAMS_CGROUP_ATTACH_E, CATEGORY_CGROUP_ATTACH_E,
			(u32)bpf_get_current_pid_tgid());
	if (!s)
		return 0;
	put_param(s, 0, cgroup_id(cgroup), 8);
	from = s->off;
	put_kernel_str(s, (void *)ctx[1], PH_PATH_MAX);
	end_param(s, 1, from);
	put_param(s, 2, (u64)(s64)BPF_CORE_READ(task, pid), 8);
	put_param(s, 3, (u8)ctx[3] != 0, 1);
	finish(s);
	return 0;
}

/* A member of the resident pages of an address space in KiB. The index is part of the relocation, so it has to be a constant. */
#define RSS_KB(mm, which)                                                                                          \
	({                                                                                                         \
		s64 __pages = bpf_core_type_exists(struct mm_rss_stat___5) ?                                       \
				      BPF_CORE_READ((struct mm_struct___5 *)(mm), rss_stat.count[which].counter) : \
				      BPF_CORE_READ(mm, rss_stat[which].count);                                    \
		__pages > 0 ? (u64)__pages *config.page_kb : 0;                                                    \
	})

/*
 * The victim is a task since 6.8 and was just its number before, which cannot be looked up from here: then the amounts are 0
 * unless the victim is the one that asked for memory, and the thread table knows the rest.
 */
SEC("raw_tp/mark_victim")
int ph_mark_victim(u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm;
	s32 pid = (s32)ctx[0];
	struct scratch *s;
	u32 from;

	if (ctx[0] >> 32) {
		task = (void *)ctx[0];
		pid = BPF_CORE_READ(task, pid);
	} else if (BPF_CORE_READ(task, pid) != pid) {
		task = 0;
	}
	s = begin_state(PH_EV_OOM_KILL_E, NPARAMS_OOM_KILL_E, CATEGORY_OOM_KILL_E, pid);
	if (!s)
		return 0;
	mm = task ? BPF_CORE_READ(task, mm) : 0;
	put_param(s, 0, (u64)(s64)pid, 8);
	from = s->off;
	if (task)
		put_kernel_str(s, &task->comm, PH_NAME_MAX);
	end_param(s, 1, from);
	put_param(s, 2, mm ? mm_kb(mm, 0) : 0, 8);
	put_param(s, 3, mm ? RSS_KB(mm, 1) : 0, 8); /* MM_ANONPAGES */
	put_param(s, 4, mm ? RSS_KB(mm, 0) : 0, 8); /* MM_FILEPAGES */
	put_param(s, 5, mm ? RSS_KB(mm, 3) : 0, 8); /* MM_SHMEMPAGES */
	put_param(s, 6, task ? (u64)(s64)BPF_CORE_READ(task, signal, oom_score_adj) : 0, 8);
	put_param(s, 7, task ? BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) : 0, 8);
	finish(s);
	return 0;
}

SEC("tp_btf/sched_switch")
int ph_sched_switch(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	struct mm_struct *mm = prev->mm;
	struct scratch *s;

	if (self_tgid && (u32)prev->tgid == self_tgid)
		return 0;
	s = begin(PH_EV_SCHEDSWITCH_6_E, NPARAMS_SCHEDSWITCH_6_E, CATEGORY_SCHEDSWITCH_6_E, prev->pid);
	if (!s)
		return 0;
	put_param(s, 0, (u64)(s64)next->pid, 8);
	put_param(s, 1, prev->maj_flt, 8);
	put_param(s, 2, prev->min_flt, 8);
	put_param(s, 3, mm_kb(mm, 0), 4);
	put_param(s, 4, mm_kb(mm, 1), 4);
	put_param(s, 5, mm_kb(mm, 2), 4);
	finish(s);
	return 0;
}

/* Bits of the page fault error code (arch/x86/include/asm/trap_pf.h) and what flags.def calls them. */
static __always_inline u32 fault_flags(u64 code)
{
	return (code & 1 ? 0x1 : 0x2) | (code & 2 ? 0x4 : 0x8) | (code & 4 ? 0x10 : 0x20) | (code & 8 ? 0x40 : 0) |
	       (code & 16 ? 0x80 : 0);
}

__noinline int page_fault(u64 addr, u64 regs_at, u64 code)
{
	struct pt_regs *regs = (void *)regs_at;
	struct scratch *s;
	u64 ip;

	/* A fault in the middle of a record is one that the record's own reading of user memory met. */
	if (in_record() || is_self())
		return 0;
#if defined(__TARGET_ARCH_x86)
	ip = BPF_CORE_READ(regs, ip);
#else
	ip = BPF_CORE_READ(regs, pc);
#endif
	s = begin(PH_EV_PAGE_FAULT_E, NPARAMS_PAGE_FAULT_E, CATEGORY_PAGE_FAULT_E, (u32)bpf_get_current_pid_tgid());
	if (!s)
		return 0;
	put_param(s, 0, addr, 8);
	put_param(s, 1, ip, 8);
	put_param(s, 2, fault_flags(code), 4);
	finish(s);
	return 0;
}

SEC("raw_tp/page_fault_user")
int ph_page_fault_user(u64 *ctx)
{
	return page_fault(ctx[0], ctx[1], ctx[2]);
}

SEC("raw_tp/page_fault_kernel")
int ph_page_fault_kernel(u64 *ctx)
{
	return page_fault(ctx[0], ctx[1], ctx[2]);
}

#endif
