/* SPDX-License-Identifier: Apache-2.0 */
/* What threads use: memory sizes and page faults that come with mmap, brk and switches, time on CPUs. */
#include "collector/state/internal.h"

void thread_memory(const struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_own *own = &t->pub.own;

	if (has(ev, r, P_vm_swap)) {
		own->vm_size_kb = getu32(ev, r, P_vm_size);
		own->vm_rss_kb = getu32(ev, r, P_vm_rss);
		own->vm_swap_kb = getu32(ev, r, P_vm_swap);
	}
	if (has(ev, r, P_pgft_min)) {
		own->pfmajor = getu(ev, r, P_pgft_maj);
		own->pfminor = getu(ev, r, P_pgft_min);
	}
}

static void on_memory(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;

	(void)st;
	if (!has(ev, r, P_vm_swap))
		return;
	thread_memory(ev, r, t);
	p->vm_size_kb = getu32(ev, r, P_vm_size);
	p->vm_rss_kb = getu32(ev, r, P_vm_rss);
	p->vm_swap_kb = getu32(ev, r, P_vm_swap);
	if (has(ev, r, P_pgft_min)) {
		p->pfmajor = getu(ev, r, P_pgft_maj);
		p->pfminor = getu(ev, r, P_pgft_min);
	}
}

/* What a switch tells of memory 0.29.3 keeps with the main thread, and leaves with the others what they had. */
static void main_memory(struct ph_state *st, struct thread *t, struct ph_own had)
{
	struct thread *leader = t->pub.tid == t->pub.proc->pid ? NULL : thread_find(st, t->pub.proc->pid);
	struct ph_own *own = &t->pub.own;

	if (!leader)
		return;
	leader->pub.own.vm_size_kb = own->vm_size_kb;
	leader->pub.own.vm_rss_kb = own->vm_rss_kb;
	leader->pub.own.vm_swap_kb = own->vm_swap_kb;
	own->vm_size_kb = had.vm_size_kb;
	own->vm_rss_kb = had.vm_rss_kb;
	own->vm_swap_kb = had.vm_swap_kb;
}

/* The thread that leaves a CPU has had it since the switch before. */
static void on_switch(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint64_t *since = &st->switched_ns[ev->cpu < PH_MAX_CPUS ? ev->cpu : 0];
	struct ph_own own;

	st->slice_ns = *since && ev->cpu < PH_MAX_CPUS && ev->ts > *since ? ev->ts - *since : 0;
	if (ev->cpu < PH_MAX_CPUS)
		*since = ev->ts;
	if (!t)
		return; /* the idle task, which no table has */
	own = t->pub.own;
	t->pub.slice_ns = st->slice_ns;
	t->pub.oncpu_ns += st->slice_ns;
	on_memory(st, ev, r, t);
	main_memory(st, t, own);
}

uint64_t ph_state_slice(const struct ph_state *st)
{
	return st->slice_ns;
}

/* Ticks since the thread's start: once a second for each thread that has used any. */
static void on_procinfo(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	if (!t || !has(ev, r, P_cpu_usr) || !has(ev, r, P_cpu_sys))
		return;
	t->pub.ticks_before = t->pub.ticks;
	t->pub.ticks.user = getu(ev, r, P_cpu_usr);
	t->pub.ticks.system = getu(ev, r, P_cpu_sys);
}

const struct handler usage_handlers[] = {
	{ PH_EV_SYSCALL_BRK_4_X, on_memory, NULL }, { PH_EV_SYSCALL_MMAP_X, on_memory, NULL },
	{ PH_EV_SYSCALL_MMAP2_X, on_memory, NULL }, { PH_EV_SYSCALL_MUNMAP_X, on_memory, NULL },
	{ PH_EV_SCHEDSWITCH_1_E, on_switch, NULL }, { PH_EV_SCHEDSWITCH_6_E, on_switch, NULL },
	{ PH_EV_PROCINFO_E, on_procinfo, NULL },
};
const size_t usage_nhandlers = sizeof(usage_handlers) / sizeof(usage_handlers[0]);
