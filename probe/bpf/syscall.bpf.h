/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls: one record each, made at sys_exit from the rows of syscalls.def. sys_enter is attached only when enter times
 * are asked for.
 */
#ifndef PORTHOLE_SYSCALL_BPF_H
#define PORTHOLE_SYSCALL_BPF_H

#include "capture.bpf.h"
#include "passed.bpf.h"
#include "proc.bpf.h"

#if defined(__TARGET_ARCH_x86)
static __always_inline s32 regs_nr(struct pt_regs *regs)
{
	return (s32)regs->orig_ax;
}

static __always_inline void regs_args(struct pt_regs *regs, u64 *args, bool compat)
{
	if (compat) {
		args[0] = (u32)regs->bx;
		args[1] = (u32)regs->cx;
		args[2] = (u32)regs->dx;
		args[3] = (u32)regs->si;
		args[4] = (u32)regs->di;
		args[5] = (u32)regs->bp;
	} else {
		args[0] = regs->di;
		args[1] = regs->si;
		args[2] = regs->dx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	}
}

static __always_inline bool is_compat(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline s32 regs_nr(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline void regs_args(struct pt_regs *regs, u64 *args, bool compat)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

static __always_inline bool is_compat(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.flags) & (1ul << TIF_32BIT);
}
#endif

/*
 * The row of a syscall number; PH_SC_COUNT: not in the table. sigreturn(2) has put -1 in the number's place by the time of
 * its exit (arch/x86/kernel/signal_64.c, arch/arm64/kernel/signal.c).
 */
static __always_inline u32 row_of(s32 nr, bool compat)
{
	u32 at = (u32)nr, row = 0;

	if (nr == -1)
		return PH_SC_rt_sigreturn;
#if defined(__TARGET_ARCH_x86)
	at &= ~0x40000000u; /* x32 */
	if (at < NR_MAX - 1)
		row = compat ? rows_i386[BOUND(at, NR_MAX - 1)] : rows_native[BOUND(at, NR_MAX - 1)];
#else
	/* The 32-bit ARM numbers have no column in the table. */
	if (at < NR_MAX - 1 && !compat)
		row = rows_native[BOUND(at, NR_MAX - 1)];
#endif
	return row ? row - 1 : PH_SC_COUNT;
}

#define MAX_ERRNO 4095

/* The result of a 32-bit call: an error is negative, an address in the upper half of the address space is none. */
static __always_inline s64 result32(u32 ret)
{
	return ret >= (u32)-MAX_ERRNO ? (s64)(s32)ret : (s64)ret;
}

static __always_inline u64 *enter_slot(bool create)
{
	u64 zero = 0;

	if (config.task_storage)
		return bpf_task_storage_get(&enter_storage, bpf_get_current_task_btf(), &zero,
					    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	u32 tid = (u32)bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&enter_hash, &tid);
}

SEC("tp_btf/sys_enter")
int ph_sys_enter(u64 *ctx)
{
	u64 now, *slot;

	if (!running || is_self())
		return 0;
	now = now_ns();
	slot = enter_slot(true);
	if (slot) {
		*slot = now;
	} else if (!config.task_storage) {
		u32 tid = (u32)bpf_get_current_pid_tgid();

		bpf_map_update_elem(&enter_hash, &tid, &now, BPF_ANY);
	}
	return 0;
}

static __always_inline u64 enter_time(void)
{
	u64 *slot, at;

	if (!config.enter_time)
		return 0;
	slot = enter_slot(false);
	if (!slot)
		return 0;
	at = *slot;
	*slot = 0;
	return at;
}

/* A thread that calls exec becomes the leader of its process, with the leader's number: its enter time goes with it. */
static __always_inline void exec_enter_time(u32 old_tid, u32 tid)
{
	u64 *slot, at = 0;

	if (!config.enter_time || config.task_storage || old_tid == tid)
		return;
	slot = bpf_map_lookup_elem(&enter_hash, &old_tid);
	if (slot)
		at = *slot;
	bpf_map_update_elem(&enter_hash, &tid, &at, BPF_ANY);
	bpf_map_delete_elem(&enter_hash, &old_tid);
}

static __always_inline void capture_row(struct scratch *s, u32 row)
{
	const volatile struct syscall_desc *d = &syscall_descs[BOUND(row, ROW_MASK)];
	u32 n = d->nparams;

	for (u32 i = 0; i < CAPTURES_MAX; i++) {
		const volatile struct capture *c = &d->captures[i];
		u32 from, width;
		u64 value;

		if (i >= n)
			break;
		from = s->off;
		width = capture_scalar(s, c, &value);
		if (width)
			put(s, value, width);
		else
			capture_blob(s, c);
		end_param(s, i, from);
	}
}

SEC("tp_btf/sys_exit")
int ph_sys_exit(u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	struct task_struct *task = (void *)bpf_get_current_task();
	bool compat = is_compat(task);
	s32 nr = regs_nr(regs);
	u32 row = row_of(nr, compat);
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u8 p = plan[BOUND(row, ROW_MASK)];
	const volatile struct syscall_desc *d;
	struct scratch *s;

	if (!(p & PH_PLAN_WANTED) || is_self())
		return 0;
	if (may_pass(row)) {
		u64 args[6];

		regs_args(regs, args, compat);
		tell_passed(row, compat ? (s64)(s32)ctx[1] : (s64)ctx[1], (s32)args[0], args[1], compat);
	}
	d = &syscall_descs[BOUND(row, ROW_MASK)];
	s = begin(d->event, d->nparams, d->category, (u32)pid_tgid);
	if (!s)
		return 0;
	s->to_state = !!(p & PH_PLAN_STATE);
	s->compat = compat;
	s->nr = (u16)nr;
	s->row = (u16)row;
	s->ret = compat ? result32((u32)ctx[1]) : (s64)ctx[1];
	regs_args(regs, s->args, compat);
#if defined(__TARGET_ARCH_x86)
	if (compat && nr == I386_SOCKETCALL) {
		u32 r = rows_socketcall[s->args[0] & 31];

		if (r) {
			u64 at = s->args[1];

			row = r - 1;
			p = plan[BOUND(row, ROW_MASK)];
			d = &syscall_descs[BOUND(row, ROW_MASK)];
			if (!(p & PH_PLAN_WANTED)) {
				abandon(s);
				return 0;
			}
			for (u32 i = 0; i < 6; i++)
				s->args[i] = user_u32(at + 4 * i);
			s->row = (u16)row;
			s->to_state = !!(p & PH_PLAN_STATE);
			s->category = d->category;
			s->rec.evt.type = d->event;
			s->rec.evt.nparams = d->nparams;
			s->off = LENS_AT((u32)d->nparams);
		}
	}
#endif
	if (row == PH_SC_execve && s->ret == 0 && was_execveat()) {
		s->row = PH_SC_execveat;
		s->rec.evt.type = PH_EV_SYSCALL_EXECVEAT_X;
		s->rec.evt.nparams = NPARAMS_SYSCALL_EXECVEAT_X;
		s->off = LENS_AT(NPARAMS_SYSCALL_EXECVEAT_X);
	}
	s->rec.syscall = s->row;
	s->rec.enter_ns = enter_time();
	if (d->captures[0].kind == K_FORK) {
		/* The child's own return: its record was made when it was forked. */
		if (s->ret == 0) {
			abandon(s);
			return 0;
		}
		capture_fork(s, task);
	} else if (d->captures[0].kind == K_EXEC) {
		capture_exec(s, task);
	} else {
		capture_row(s, row);
	}
	finish(s);
	return 0;
}

#endif
