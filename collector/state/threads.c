/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of threads and processes, and how they hang together. */
#include "collector/state/internal.h"

#include <stdlib.h>

static size_t home_of(int64_t tid, size_t cap)
{
	return (size_t)(((uint64_t)tid * 0x9e3779b97f4a7c15u) >> 20) & (cap - 1);
}

struct thread *thread_find(struct ph_state *st, int64_t tid)
{
	if (st->last && st->last->pub.tid == tid)
		return st->last;
	if (st->hash_cap == 0)
		return NULL;
	for (size_t i = home_of(tid, st->hash_cap); st->hash[i]; i = (i + 1) & (st->hash_cap - 1))
		if (st->hash[i]->pub.tid == tid)
			return st->last = st->hash[i];
	return NULL;
}

static void hash_put(struct thread **hash, size_t cap, struct thread *t)
{
	size_t i = home_of(t->pub.tid, cap);

	while (hash[i])
		i = (i + 1) & (cap - 1);
	hash[i] = t;
}

static bool hash_grow(struct ph_state *st)
{
	size_t cap = st->hash_cap ? st->hash_cap * 2 : 1024;
	struct thread **hash;

	if (st->hash_cap && (st->nthreads + 1) * 2 <= st->hash_cap)
		return true;
	hash = calloc(cap, sizeof(struct thread *));
	if (!hash)
		return false;
	for (size_t i = 0; i < st->hash_cap; i++)
		if (st->hash[i])
			hash_put(hash, cap, st->hash[i]);
	free(st->hash);
	st->hash = hash;
	st->hash_cap = cap;
	return true;
}

static void hash_del(struct ph_state *st, struct thread *t)
{
	size_t mask = st->hash_cap - 1, i = home_of(t->pub.tid, st->hash_cap), j;

	while (st->hash[i] != t)
		i = (i + 1) & mask;
	for (j = (i + 1) & mask; st->hash[j]; j = (j + 1) & mask) {
		size_t home = home_of(st->hash[j]->pub.tid, st->hash_cap);

		if (((j - home) & mask) >= ((j - i) & mask)) {
			st->hash[i] = st->hash[j];
			i = j;
		}
	}
	st->hash[i] = NULL;
}

struct process *process_new(int64_t pid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pub.pid = pid;
	p->pub.ptid = p->pub.sid = p->pub.pgid = p->pub.vpgid = p->pub.vsid = -1;
	p->pub.vpid = pid;
	p->pub.loginuid = NO_ID;
	p->pub.exe = p->pub.exepath = p->pub.cwd = p->pub.args = p->pub.env = p->pub.cgroups = str_new("", 0);
	p->pub.root = str_new("/", 1);
	p->fs_next = p->fs_prev = p;
	return p;
}

struct process *process_copy(const struct process *from, int64_t pid)
{
	struct process *p = malloc(sizeof(*p));

	if (!p)
		return NULL;
	*p = *from;
	str_ref(p->pub.exe);
	str_ref(p->pub.exepath);
	str_ref(p->pub.cwd);
	str_ref(p->pub.root);
	str_ref(p->pub.args);
	str_ref(p->pub.env);
	str_ref(p->pub.cgroups);
	p->pub.pid = pid;
	p->pub.vpid = pid;
	p->pub.ptid = -1;
	p->pub.nthreads = p->pub.nchildren = 0;
	p->pub.start_ns = p->pub.exec_ns = 0;
	p->pub.pfmajor = p->pub.pfminor = 0;
	p->threads = NULL;
	p->parent = p->children = p->next = NULL;
	p->pprev = NULL;
	p->fs_next = p->fs_prev = p;
	p->start_ticks = 0;
	return p;
}

static void process_unlink(struct process *p)
{
	if (!p->parent)
		return;
	*p->pprev = p->next;
	if (p->next)
		p->next->pprev = p->pprev;
	p->parent->pub.nchildren--;
	p->parent = p->next = NULL;
	p->pprev = NULL;
}

void process_link(struct process *p, struct process *parent)
{
	struct process *a = parent;

	if (p->parent == parent)
		return;
	process_unlink(p);
	/* Whatever events say, no process becomes its own ancestor. */
	for (int i = 0; a && i < MAX_ANCESTORS; i++, a = a->parent)
		if (a == p)
			return;
	if (!parent || a)
		return;
	p->parent = parent;
	p->next = parent->children;
	p->pprev = &parent->children;
	if (p->next)
		p->next->pprev = &p->next;
	parent->children = p;
	parent->pub.nchildren++;
}

struct process *process_parent(struct ph_state *st, struct process *p)
{
	struct thread *t;

	if (!p->parent && p->pub.ptid > 0 && (t = thread_find(st, p->pub.ptid)) && proc_of(t) != p)
		process_link(p, proc_of(t));
	return p->parent;
}

/* Children go to the reaper, or stay with a living thread's process that is not in the table. */
void process_reparent_children(struct ph_state *st, struct process *p, int64_t reaper)
{
	struct thread *t = reaper > 0 ? thread_find(st, reaper) : NULL;
	struct process *to = t && proc_of(t) != p ? proc_of(t) : NULL;

	while (p->children) {
		struct process *c = p->children;

		process_unlink(c);
		c->pub.ptid = reaper > 0 ? reaper : 0;
		if (to && to != c)
			process_link(c, to);
	}
}

static void process_free(struct process *p)
{
	while (p->children)
		process_unlink(p->children);
	process_unlink(p);
	process_unshare_fs(p);
	str_unref(p->pub.exe);
	str_unref(p->pub.exepath);
	str_unref(p->pub.cwd);
	str_unref(p->pub.root);
	str_unref(p->pub.args);
	str_unref(p->pub.env);
	str_unref(p->pub.cgroups);
	free(p);
}

struct thread *thread_add(struct ph_state *st, struct process *p, int64_t tid, struct files *files)
{
	struct thread *t = NULL;

	if (st->nthreads >= MAX_THREADS)
		st->refused++;
	else if (hash_grow(st))
		t = calloc(1, sizeof(*t));
	if (!t) {
		files_unref(files);
		if (!p->threads)
			process_free(p);
		return NULL;
	}
	t->pub.tid = t->pub.vtid = tid;
	t->pub.uid = t->pub.gid = NO_ID;
	t->pub.own.ptid = -1;
	t->pub.proc = &p->pub;
	t->pub.suppressed = p->suppressed;
	t->files = files ? files : files_new();
	t->gap_gen = st->gap_gen;
	t->next = p->threads;
	t->pprev = &p->threads;
	if (t->next)
		t->next->pprev = &t->next;
	p->threads = t;
	p->pub.nthreads++;
	hash_put(st->hash, st->hash_cap, t);
	st->nthreads++;
	return t;
}

void thread_container(struct ph_state *st, struct thread *t, struct ph_container *c)
{
	if (st->containers)
		ph_containers_point(st->containers, &t->pub.container, c);
}

void thread_remove(struct ph_state *st, struct thread *t)
{
	struct process *p = proc_of(t);

	if (st->last == t)
		st->last = NULL;
	hash_del(st, t);
	st->nthreads--;
	*t->pprev = t->next;
	if (t->next)
		t->next->pprev = t->pprev;
	if (!t->zombie)
		p->pub.nthreads--;
	files_unref(t->files);
	thread_container(st, t, NULL);
	str_unref(t->pub.own.cgroups);
	free(t);
	if (!p->threads)
		process_free(p);
}

void thread_comm(struct thread *t, const char *comm, size_t len)
{
	if (len > sizeof(t->pub.comm) - 1)
		len = sizeof(t->pub.comm) - 1;
	memset(t->pub.comm, 0, sizeof(t->pub.comm));
	memcpy(t->pub.comm, comm, len);
}

/* By any of its threads that is known: the leader's entry outlives the leader. */
struct process *process_by_pid(struct ph_state *st, int64_t pid)
{
	struct thread *t = thread_find(st, pid);

	return t ? proc_of(t) : NULL;
}

void process_set_cwd(struct process *p, const char *cwd, size_t len)
{
	char buf[PH_PATH_MAX + 1];

	if (len == 0 || is_na(cwd, len))
		return;
	if (len > PH_PATH_MAX - 1)
		len = PH_PATH_MAX - 1;
	memcpy(buf, cwd, len);
	if (buf[len - 1] != '/')
		buf[len++] = '/';
	str_set0(&p->pub.cwd, buf, len);
	for (struct process *o = p->fs_next; o != p; o = o->fs_next) {
		str_unref(o->pub.cwd);
		o->pub.cwd = str_ref(p->pub.cwd);
	}
}

void process_set_root(struct process *p, const char *root, size_t len)
{
	str_set0(&p->pub.root, root, len);
	for (struct process *o = p->fs_next; o != p; o = o->fs_next) {
		str_unref(o->pub.root);
		o->pub.root = str_ref(p->pub.root);
	}
}

void process_share_fs(struct process *p, struct process *with)
{
	process_unshare_fs(p);
	p->fs_next = with->fs_next;
	p->fs_prev = with;
	p->fs_next->fs_prev = p;
	with->fs_next = p;
}

void process_unshare_fs(struct process *p)
{
	p->fs_prev->fs_next = p->fs_next;
	p->fs_next->fs_prev = p->fs_prev;
	p->fs_next = p->fs_prev = p;
}

void process_set_cgroup(struct ph_state *st, struct process *p, const char *path, size_t len)
{
	static const char *const controllers[] = { "cpuset",  "cpu",	 "cpuacct",    "io",	   "memory",  "devices",
						   "freezer", "net_cls", "perf_event", "net_prio", "hugetlb", "pids" };
	size_t at = 0;

	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		size_t name = strlen(controllers[i]);

		if (at + name + len + 2 > sizeof(st->path2))
			break;
		if (at > 0)
			st->path2[at++] = '\0';
		memcpy(st->path2 + at, controllers[i], name);
		at += name;
		st->path2[at++] = '=';
		memcpy(st->path2 + at, path, len);
		at += len;
	}
	str_set(&p->pub.cgroups, p->pub.cgroups_len, st->path2, at);
	p->pub.cgroups_len = str_none(p->pub.cgroups) ? 0 : (uint32_t)at;
}

bool comm_suppressed(const struct ph_state *st, const struct thread *t)
{
	for (size_t i = 0; i < st->nsuppress; i++)
		if (strncmp(st->suppress[i], t->pub.comm, PH_NAME_MAX) == 0)
			return true;
	return false;
}

void threads_free(struct ph_state *st)
{
	for (size_t i = 0; i < st->hash_cap; i++)
		while (st->hash[i])
			thread_remove(st, st->hash[i]);
	free(st->hash);
	st->hash = NULL;
	st->hash_cap = 0;
}

struct ph_thread *ph_state_thread(struct ph_state *st, int64_t tid)
{
	struct thread *t = thread_find(st, tid);

	if (!t)
		return NULL;
	thread_relink(st, t);
	return &t->pub;
}

bool thread_in_host_pidns(struct ph_state *st, const struct thread *t)
{
	const struct ph_process *p = t->pub.proc;
	const struct thread *init = thread_find(st, 1);
	uint64_t host = init ? init->pub.proc->pidns_init_start_ns : 0;

	if (t->pub.vtid != t->pub.tid || p->vpid != p->pid)
		return false;
	return !host || !p->pidns_init_start_ns || p->pidns_init_start_ns == host;
}

struct ph_thread *ph_state_thread_seen_by(struct ph_state *st, const struct ph_thread *t, int64_t number)
{
	uint64_t ns = t->proc->pidns_init_start_ns;

	if (thread_in_host_pidns(st, T(t)))
		return ph_state_thread(st, number);
	for (struct thread *o = P(t->proc)->threads; o; o = o->next)
		if (o->pub.vtid == number)
			return &o->pub;
	for (size_t i = 0; ns && i < st->hash_cap; i++)
		if (st->hash[i] && st->hash[i]->pub.vtid == number && st->hash[i]->pub.proc->pidns_init_start_ns == ns)
			return &st->hash[i]->pub;
	return NULL;
}

struct ph_thread *ph_state_main_thread(struct ph_state *st, const struct ph_process *proc)
{
	struct thread *t = thread_find(st, proc->pid);

	if (!t || proc_of(t) != P(proc))
		t = P(proc)->threads;
	if (!t)
		return NULL;
	thread_relink(st, t);
	return &t->pub;
}

struct ph_thread *ph_state_parent(struct ph_state *st, const struct ph_thread *t)
{
	struct process *parent = process_parent(st, P(t->proc));

	return parent ? ph_state_main_thread(st, &parent->pub) : NULL;
}

size_t ph_state_thread_count(const struct ph_state *st)
{
	return st->nthreads;
}

uint64_t ph_state_threads_refused(const struct ph_state *st)
{
	return st->refused;
}

void ph_state_each_thread(struct ph_state *st, bool (*f)(void *arg, struct ph_thread *t), void *arg)
{
	for (size_t i = 0; i < st->hash_cap; i++) {
		if (!st->hash[i])
			continue;
		thread_relink(st, st->hash[i]);
		if (!f(arg, &st->hash[i]->pub))
			return;
	}
}
