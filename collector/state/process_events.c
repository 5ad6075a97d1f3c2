/* SPDX-License-Identifier: Apache-2.0 */
/* Events of processes: fork, exec, exit, directories, credentials, names, limits, cgroups. */
#include "collector/state/internal.h"

#include <fcntl.h>
#include <stdlib.h>

#define RES_NOFILE 7u /* rlimit_resources of flags.def */
#define OPTION_SET_NAME 15u /* prctl_options */

static bool failed(const struct ph_event *ev)
{
	return !ev->has_res || ev->res < 0;
}

static void set_from(const struct ph_event *ev, const struct row *r, enum state_param p, char **s)
{
	uint32_t len;
	const char *text = getstr(ev, r, p, &len);

	if (has(ev, r, p) && !is_na(text, len))
		str_set0(s, text, len > PH_PATH_MAX - 1 ? PH_PATH_MAX - 1 : len);
}

static bool told(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	uint32_t len;
	const char *s = getstr(ev, r, p, &len);

	return len > 0 && !is_na(s, len);
}

/* NUL-separated items; the last one's NUL is not part of them. */
static void set_items(const struct ph_event *ev, const struct row *r, enum state_param p, char **s, uint32_t *s_len)
{
	const struct ph_param *pa;
	uint32_t len;

	if (!ph_event_has(ev, r->p[p]))
		return;
	pa = &ev->params[r->p[p]];
	len = pa->len;
	if (len > 0 && pa->data[len - 1] == '\0')
		len--;
	str_set(s, *s_len, len ? (const char *)pa->data : "", len);
	*s_len = str_none(*s) ? 0 : len;
}

static void set_memory(const struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;

	thread_memory(ev, r, t);
	if (has(ev, r, P_vm_size))
		p->vm_size_kb = getu32(ev, r, P_vm_size);
	if (has(ev, r, P_vm_rss))
		p->vm_rss_kb = getu32(ev, r, P_vm_rss);
	if (has(ev, r, P_vm_swap))
		p->vm_swap_kb = getu32(ev, r, P_vm_swap);
	if (has(ev, r, P_pgft_maj))
		p->pfmajor = getu(ev, r, P_pgft_maj);
	if (has(ev, r, P_pgft_min))
		p->pfminor = getu(ev, r, P_pgft_min);
}

/*
 * The container as the cgroups parameter says; without one, what was inherited stays. A new thread's are its own: its process may be in
 * others, and when it is in the same ones they may be told in another order.
 */
static void set_container(struct ph_state *st, const struct ph_event *ev, const struct row *r, struct thread *t,
			  bool new_thread)
{
	struct ph_process *p = t->pub.proc;
	bool own = new_thread && p->cgroups_len > 0;
	char **cgroups = own ? &t->pub.own.cgroups : &p->cgroups;
	uint32_t *len = own ? &t->pub.own.cgroups_len : &p->cgroups_len;

	if (!has(ev, r, P_cgroups))
		return;
	if (!*cgroups)
		*cgroups = str_new("", 0);
	set_items(ev, r, P_cgroups, cgroups, len);
	t->moved = false;
	if (st->containers)
		thread_container(st, t, ph_containers_by_cgroups(st->containers, *cgroups, *len));
}

struct thread *placeholder(struct ph_state *st, int64_t tid)
{
	struct process *p = process_new(tid);
	struct thread *t = p ? thread_add(st, p, tid, NULL) : NULL;

	if (!t)
		return NULL;
	thread_comm(t, "<NA>", 4);
	t->pub.placeholder = true;
	t->pub.no_vids = !st->live;
	return t;
}

/* --- numbers of a PID namespace ---------------------------------------------------------------------------------------------- */

static bool same_pidns(const struct process *a, const struct process *b)
{
	return a->pub.pidns_init_start_ns != 0 && a->pub.pidns_init_start_ns == b->pub.pidns_init_start_ns;
}

static struct thread *thread_by_vtid(struct process *p, int64_t vtid)
{
	for (struct thread *o = p->threads; o; o = o->next)
		if (o->pub.vtid == vtid)
			return o;
	return NULL;
}

/* A thread of the process or of its relatives by its number in their namespace: whom calls are about, nearly always. */
static struct thread *relative_by_vtid(struct ph_state *st, struct process *p, int64_t vtid)
{
	struct process *parent = process_parent(st, p);
	struct thread *t = thread_by_vtid(p, vtid);
	int left = MAX_ANCESTORS;

	for (struct process *c = p->children; c && !t && left-- > 0; c = c->next)
		if (c->pub.vpid == vtid && (same_pidns(c, p) || !p->pub.pidns_init_start_ns))
			t = c->threads;
	if (t || !parent || !same_pidns(parent, p))
		return t;
	if (parent->pub.vpid == vtid)
		return parent->threads;
	for (struct process *c = parent->children; c && !t && left-- > 0; c = c->next)
		if (c->pub.vpid == vtid && same_pidns(c, p))
			t = c->threads;
	return t;
}

/* The process that a number means to the caller. In a namespace of its own, relatives alone are looked at: no event may cost
 * a look at everything. */
static struct process *by_vpid(struct ph_state *st, struct thread *t, int64_t vpid)
{
	struct process *p = proc_of(t);
	struct thread *o;

	if (vpid == 0 || vpid == p->pub.vpid)
		return p;
	if (thread_in_host_pidns(st, t))
		return process_by_pid(st, vpid);
	o = relative_by_vtid(st, p, vpid);
	return o ? proc_of(o) : NULL;
}

/* --- fork ---------------------------------------------------------------------------------------------------------------- */

static struct thread *known(struct ph_state *st, int64_t tid)
{
	struct thread *t = tid > 0 ? thread_find(st, tid) : NULL;

	if (!t && tid > 0 && st->live && live_budget(st))
		t = live_thread(st, tid);
	return t;
}

/* What a thread gets from the one that made it. */
static struct thread *make_child(struct ph_state *st, struct thread *from, struct thread *leader, int64_t tid,
				 int64_t pid, uint32_t flags)
{
	struct files *files = NULL;
	struct process *p;
	struct thread *t;

	if (flags & CLK_THREAD)
		p = leader ? proc_of(leader) : process_new(pid);
	else
		p = from ? process_copy(proc_of(from), pid) : process_new(pid);
	if (!p)
		return NULL;
	if (from)
		files = flags & CLK_FILES ? files_ref(from->files) : files_fork(from->files);
	if (from && (flags & (CLK_THREAD | CLK_FS)) == CLK_FS)
		process_share_fs(p, proc_of(from));
	t = thread_add(st, p, tid, files);
	if (!t)
		return NULL;
	t->pub.clone_flags = flags;
	t->pub.own.ptid = flags & CLK_THREAD ? pid : from ? from->pub.tid : -1;
	t->pub.own.made_ns = st->now;
	if (!(flags & CLK_THREAD))
		p->pub.start_ns = st->now;
	if (!from) {
		thread_comm(t, "<NA>", 4);
		return t;
	}
	memcpy(t->pub.comm, from->pub.comm, sizeof(t->pub.comm));
	t->pub.uid = from->pub.uid;
	t->pub.gid = from->pub.gid;
	thread_container(st, t, from->pub.container);
	return t;
}

static void set_program(const struct ph_event *ev, const struct row *r, struct ph_process *p)
{
	if (has(ev, r, P_vpid))
		p->vpid = geti(ev, r, P_vpid);
	set_from(ev, r, P_exe, &p->exe);
	if (has(ev, r, P_args))
		set_items(ev, r, P_args, &p->args, &p->args_len);
}

/* What the event itself says of the child goes over what was inherited. */
static void child_params(struct ph_state *st, const struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	struct thread *leader = t->pub.clone_flags & CLK_THREAD ? thread_find(st, p->pid) : NULL;
	uint32_t len;
	const char *comm = getstr(ev, r, P_comm, &len);

	if (len > 0 && !is_na(comm, len))
		thread_comm(t, comm, len);
	if (has(ev, r, P_uid))
		t->pub.uid = getu32(ev, r, P_uid);
	if (has(ev, r, P_gid))
		t->pub.gid = getu32(ev, r, P_gid);
	if (has(ev, r, P_vtid))
		t->pub.vtid = geti(ev, r, P_vtid);
	set_container(st, ev, r, t, leader);
	thread_memory(ev, r, t);
	if (leader && !leader->pub.placeholder)
		return;
	/* a leader that nothing is known of is what its threads are */
	set_program(ev, r, p);
	if (leader && told(ev, r, P_exe)) {
		leader->pub.placeholder = false;
		thread_comm(leader, t->pub.comm, strnlen(t->pub.comm, sizeof(t->pub.comm)));
	}
	if (leader && st->pairs)
		return;
	if (has(ev, r, P_cwd)) {
		const char *cwd = getstr(ev, r, P_cwd, &len);

		process_set_cwd(P(p), cwd, len);
	}
	if (has(ev, r, P_fdlimit) && getu(ev, r, P_fdlimit) > 0)
		p->fdlimit = getu(ev, r, P_fdlimit);
	if (has(ev, r, P_pidns_init_start_ts) && getu(ev, r, P_pidns_init_start_ts))
		p->pidns_init_start_ns = getu(ev, r, P_pidns_init_start_ts);
	set_memory(ev, r, t);
}

static void suppress_if_named(struct ph_state *st, struct thread *t)
{
	if (!comm_suppressed(st, t))
		return;
	proc_of(t)->suppressed = true;
	for (struct thread *o = proc_of(t)->threads; o; o = o->next)
		o->pub.suppressed = true;
}

/* By the snapshot, or by the same event: a number is not used again that soon. */
static bool just_made(const struct ph_event *ev, const struct thread *t)
{
	uint64_t start = t->pub.proc->start_ns, second = 1000000000u;

	return start && ev->ts < start + second && start < ev->ts + second;
}

/*
 * A file's list of processes is made after the events begin, so a child may be in it whose fork is still to come. What the list says
 * is newer then.
 */
static bool just_listed(const struct ph_state *st, const struct thread *t, int64_t ptid)
{
	const struct ph_process *p = t->pub.proc;

	return !st->live && !t->pub.placeholder && !p->start_ns && (t->pub.tid != p->pid || p->ptid == ptid);
}

/* The child's own event: the first that is seen of it. */
struct thread *fork_child(struct ph_state *st, struct ph_event *ev, const struct row *r)
{
	int64_t tid = ev->tid, pid = has(ev, r, P_pid) ? geti(ev, r, P_pid) : tid;
	int64_t ptid = has(ev, r, P_ptid) ? geti(ev, r, P_ptid) : -1;
	uint32_t flags = getu32(ev, r, P_flags) & ~CLK_CLOSED;
	struct thread *t, *from, *leader = NULL;

	if (tid <= 0)
		return NULL;
	if (pid <= 0)
		pid = tid;
	if (pid != tid)
		flags |= CLK_THREAD;
	else
		flags &= ~CLK_THREAD;
	t = thread_find(st, tid);
	if (t && t->pub.proc->pid == pid &&
	    (t->from_parent || (!t->active && (just_made(ev, t) || just_listed(st, t, ptid))))) {
		t->from_parent = false; /* made by the parent's event before: only what that did not know */
		child_params(st, ev, r, t);
		return t;
	}
	if (t && ptid <= 0 && !told(ev, r, P_comm) && !told(ev, r, P_exe))
		return t; /* whatever it is now, nothing better is known */
	if (t)
		thread_remove(st, t); /* its end was not seen */
	if (flags & CLK_THREAD) {
		leader = known(st, pid);
		if (leader && proc_of(leader)->pub.pid != pid) {
			thread_remove(st, leader); /* a thread of somebody else's had the number */
			leader = NULL;
		}
		if (!leader)
			leader = placeholder(st, pid);
		from = thread_find(st, ptid);
		if (!from || !leader || proc_of(from) != proc_of(leader))
			from = leader;
	} else {
		from = known(st, ptid);
	}
	t = thread_find(st, tid); /* /proc may have shown it while its relatives were looked up */
	if (t)
		thread_remove(st, t);
	/* other readers of a list of processes take its parent's event, which is to come, for another child otherwise */
	t = make_child(st, from, leader, tid, pid, flags | CLK_INVERTED);
	if (!t)
		return NULL;
	if (!(flags & CLK_THREAD)) {
		t->pub.proc->ptid = ptid;
		if (from)
			process_link(proc_of(t), proc_of(from));
	}
	if (!from && st->live && live_budget(st))
		live_fill(st, t);
	child_params(st, ev, r, t);
	suppress_if_named(st, t);
	return t;
}

static bool ended_already(const struct ph_state *st, const struct ph_event *ev, int64_t tid)
{
	const struct ended *e = &st->ended[(uint64_t)tid % ENDED];

	return e->tid == tid && e->ts + 10000000000u >= ev->ts;
}

/*
 * The parent's event. res is the child as the parent's PID namespace numbers it, so only a parent in the initial one can
 * stand in for a lost event of its child.
 */
static void on_fork_parent(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t flags = getu32(ev, r, P_flags) & ~CLK_CLOSED;
	int64_t tid = ev->res;
	struct thread *child;
	bool host;

	if (!ev->has_res || tid <= 0)
		return;
	host = thread_in_host_pidns(st, t);
	child = host ? thread_find(st, tid) : flags & CLK_PARENT ? relative_by_vtid(st, proc_of(t), tid) : NULL;
	if (child) {
		/* CLONE_PARENT: its own event named the caller's parent; what it shares, it shares with the caller. */
		if ((flags & CLK_PARENT) && !child->active && child != t && !(flags & CLK_THREAD)) {
			files_unref(child->files);
			child->files = flags & CLK_FILES ? files_ref(t->files) : files_fork(t->files);
			process_unshare_fs(proc_of(child));
			if (flags & CLK_FS)
				process_share_fs(proc_of(child), proc_of(t));
		}
		return;
	}
	if (!host || ended_already(st, ev, tid) || (st->live && !live_exists(st, tid)))
		return;
	child = make_child(st, t, t, tid, flags & CLK_THREAD ? t->pub.proc->pid : tid, flags);
	if (!child)
		return;
	child->from_parent = true;
	if (!(flags & CLK_THREAD)) {
		child->pub.proc->ptid = flags & CLK_PARENT ? t->pub.proc->ptid : t->pub.proc->pid;
		process_link(proc_of(child), flags & CLK_PARENT ? process_parent(st, proc_of(t)) : proc_of(t));
	}
}

/* --- exec ---------------------------------------------------------------------------------------------------------------- */

/* The thread that called exec is the leader now and alone. Its table is its own from here on. */
static void become_single(struct ph_state *st, struct thread *t)
{
	struct process *p = proc_of(t);
	struct thread *o, *next, *alive = NULL;

	for (o = p->threads; o; o = o->next)
		if (o != t && !o->zombie)
			alive = o;
	if (t->zombie) {
		t->zombie = false;
		t->pub.clone_flags &= ~CLK_CLOSED;
		p->pub.nthreads++;
		if (alive) {
			struct files *files = files_ref(alive->files);

			files_unref(t->files);
			t->files = files;
			t->pub.uid = alive->pub.uid;
			t->pub.gid = alive->pub.gid;
			thread_container(st, t, alive->pub.container);
		}
	}
	for (o = p->threads; o; o = next) {
		next = o->next;
		if (o != t)
			thread_remove(st, o);
	}
	if (t->files && t->files->refs > 1) {
		struct files *own = files_fork(t->files);

		files_unref(t->files);
		t->files = own;
	}
}

static void set_exepath(struct ph_state *st, const struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	uint32_t len;
	const char *path = getstr(ev, r, P_trusted_exepath, &len);

	if (len > 0 && !is_na(path, len)) {
		str_set0(&p->exepath, path, len);
		return;
	}
	path = getstr(ev, r, P_filename, &len);
	if (len > 0 && !is_na(path, len)) {
		size_t n = thread_path(st, t, AT_FDCWD, path, len, st->path, sizeof(st->path));

		str_set0(&p->exepath, st->path, n);
	}
}

static void exec_comm(const struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *comm = getstr(ev, r, P_comm, &len), *slash;

	if (len == 0 || is_na(comm, len)) {
		if (!told(ev, r, P_exe))
			return; /* the old program's name is better than one made of its arguments */
		comm = t->pub.proc->exe;
		slash = strrchr(comm, '/');
		comm = slash ? slash + 1 : comm;
		len = (uint32_t)strlen(comm);
	}
	if (len > 0)
		thread_comm(t, comm, len);
}

static void on_exec(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	uint32_t len;
	const char *cwd;

	if (failed(ev))
		return;
	become_single(st, t);
	/* with the working directory of before, which a relative filename starts at */
	set_exepath(st, ev, r, t);
	set_from(ev, r, P_exe, &p->exe);
	exec_comm(ev, r, t);
	if (has(ev, r, P_exe)) { /* then args and env are there too, empty ones included */
		set_items(ev, r, P_args, &p->args, &p->args_len);
		set_items(ev, r, P_env, &p->env, &p->env_len);
	}
	cwd = getstr(ev, r, P_cwd, &len);
	if (!st->pairs)
		process_set_cwd(P(p), cwd, len);
	if (has(ev, r, P_ptid) && geti(ev, r, P_ptid) > 0 && p->ptid <= 0)
		p->ptid = geti(ev, r, P_ptid);
	if (has(ev, r, P_ptid) && t->pub.own.ptid == -1)
		t->pub.own.ptid = geti(ev, r, P_ptid);
	if (has(ev, r, P_fdlimit) && getu(ev, r, P_fdlimit) > 0)
		p->fdlimit = getu(ev, r, P_fdlimit);
	set_memory(ev, r, t);
	if (has(ev, r, P_tty))
		p->tty = getu32(ev, r, P_tty);
	if (has(ev, r, P_vpgid))
		p->vpgid = geti(ev, r, P_vpgid);
	if (has(ev, r, P_pgid))
		p->pgid = geti(ev, r, P_pgid);
	if (has(ev, r, P_loginuid))
		p->loginuid = getu32(ev, r, P_loginuid);
	p->exe_flags = getu32(ev, r, P_flags);
	if (has(ev, r, P_cap_effective)) {
		p->cap_inheritable = getu(ev, r, P_cap_inheritable);
		p->cap_permitted = getu(ev, r, P_cap_permitted);
		p->cap_effective = getu(ev, r, P_cap_effective);
	}
	if (has(ev, r, P_exe_ino)) {
		p->exe_ino = getu(ev, r, P_exe_ino);
		p->exe_ino_ctime = getu(ev, r, P_exe_ino_ctime);
		p->exe_ino_mtime = getu(ev, r, P_exe_ino_mtime);
	}
	if (has(ev, r, P_uid))
		t->pub.uid = getu32(ev, r, P_uid);
	if (has(ev, r, P_gid))
		t->pub.gid = getu32(ev, r, P_gid);
	set_container(st, ev, r, t, false);
	p->exec_ns = ev->ts;
	t->pub.placeholder = false;
	t->unlooked = false;
	suppress_if_named(st, t);
}

static void exec_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	(void)r;
	if (!failed(ev))
		fd_del_cloexec(t->files);
}

/* --- exit ---------------------------------------------------------------------------------------------------------------- */

static void exit_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct process *p = proc_of(t);
	struct ended *e = &st->ended[(uint64_t)t->pub.tid % ENDED];
	struct thread *o;

	e->tid = t->pub.tid;
	e->ts = ev->ts;
	if (t->zombie)
		return;
	if (p->pub.nthreads > 1) {
		if (t->pub.tid != p->pub.pid) {
			thread_remove(st, t);
			return;
		}
		/* the leader stays as long as its process does: the number is taken */
		t->zombie = true;
		t->pub.clone_flags |= CLK_CLOSED;
		p->pub.nthreads--;
		files_unref(t->files);
		t->files = files_new();
		return;
	}
	process_reparent_children(st, p, has(ev, r, P_reaper_tid) ? geti(ev, r, P_reaper_tid) : 0);
	for (o = p->threads; o != t || o->next;) { /* zombies first; t last, it frees p */
		struct thread *victim = o == t ? o->next : o;

		thread_remove(st, victim);
		o = p->threads;
	}
	thread_remove(st, t);
}

/* --- directories ----------------------------------------------------------------------------------------------------------- */

static void on_chdir(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);
	size_t n;

	if (failed(ev) || len == 0 || is_na(path, len))
		return;
	n = thread_path(st, t, AT_FDCWD, path, len, st->path, sizeof(st->path));
	process_set_cwd(proc_of(t), st->path, n);
}

static void on_fchdir(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	(void)r;
	if (!failed(ev) && ev->fd && ev->fd->name[0] == '/')
		process_set_cwd(proc_of(t), ev->fd->name, strlen(ev->fd->name));
}

/* Names are what the process sees, so a new root changes the name of where it stands. */
static void on_chroot(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);
	size_t n, root_len;

	if (failed(ev) || len == 0 || is_na(path, len))
		return;
	n = thread_path(st, t, AT_FDCWD, path, len, st->path, sizeof(st->path));
	if (n > 1 && strncmp(p->cwd, st->path, n) == 0 && p->cwd[n] == '/')
		process_set_cwd(P(p), p->cwd + n, strlen(p->cwd + n));
	root_len = path_join(st->path2, sizeof(st->path2), p->root, n > 1 ? st->path + 1 : "", n > 1 ? n - 1 : 0);
	process_set_root(P(p), st->path2, root_len);
}

/* pivot_root and setns move directories in ways that arguments do not tell. */
static void on_new_view(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)r;
	if ((!ev->has_res || ev->res >= 0) && live_budget(st))
		live_dirs(st, t);
}

static void on_generic(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	if (ev->syscall == PH_SC_pivot_root)
		on_new_view(st, ev, r, t);
}

/* --- credentials, names, limits ---------------------------------------------------------------------------------------------- */

static void set_id(const struct ph_event *ev, const struct row *r, enum state_param p, uint32_t *id)
{
	if (!failed(ev) && has(ev, r, p) && getu32(ev, r, p) != NO_ID)
		*id = getu32(ev, r, p);
}

static void on_setuid(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	set_id(ev, r, r->p[P_euid] >= 0 ? P_euid : P_uid, &t->pub.uid);
}

static void on_setgid(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	set_id(ev, r, r->p[P_egid] >= 0 ? P_egid : P_gid, &t->pub.gid);
}

static void on_capset(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;

	(void)st;
	if (failed(ev) || !has(ev, r, P_cap_effective))
		return;
	p->cap_inheritable = getu(ev, r, P_cap_inheritable);
	p->cap_permitted = getu(ev, r, P_cap_permitted);
	p->cap_effective = getu(ev, r, P_cap_effective);
}

static void on_setsid(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_process *p = t->pub.proc;

	(void)st;
	(void)r;
	if (failed(ev))
		return;
	p->sid = p->pgid = p->pid;
	p->vsid = p->vpgid = ev->res;
	p->tty = 0;
}

static void on_setpgid(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct process *p, *group;
	int64_t pgid = geti(ev, r, P_pgid);

	if (failed(ev) || !has(ev, r, P_pid) || !has(ev, r, P_pgid))
		return;
	p = by_vpid(st, t, geti(ev, r, P_pid));
	if (!p)
		return;
	if (pgid == 0)
		pgid = p->pub.vpid;
	group = pgid == p->pub.vpid ? p : by_vpid(st, t, pgid);
	p->pub.vpgid = pgid;
	p->pub.pgid = group ? group->pub.pid : thread_in_host_pidns(st, t) ? pgid : -1;
}

static void set_limit(struct process *p, int64_t v)
{
	if (p && v >= 0)
		p->pub.fdlimit = (uint64_t)v;
}

static void on_setrlimit(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	if (!failed(ev) && has(ev, r, P_resource) && getu32(ev, r, P_resource) == RES_NOFILE && has(ev, r, P_cur))
		set_limit(proc_of(t), geti(ev, r, P_cur));
}

static void on_prlimit(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	if (failed(ev) || !has(ev, r, P_resource) || getu32(ev, r, P_resource) != RES_NOFILE || !has(ev, r, P_newcur) ||
	    !has(ev, r, P_pid))
		return;
	set_limit(by_vpid(st, t, geti(ev, r, P_pid)), geti(ev, r, P_newcur));
}

static void on_prctl(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *name = getstr(ev, r, P_arg2_str, &len);

	(void)st;
	if (!failed(ev) && getu32(ev, r, P_option) == OPTION_SET_NAME && has(ev, r, P_arg2_str) && !is_na(name, len))
		thread_comm(t, name, len);
}

/* --- cgroups ---------------------------------------------------------------------------------------------------------------- */

static void on_cgroup_attach(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct thread *target = thread_find(st, geti(ev, r, P_pid));
	struct ph_container *c;
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);

	(void)t;
	if (!target || !st->containers || len == 0 || is_na(path, len))
		return;
	c = ph_containers_by_cgroup(st->containers, path, len);
	if (getu32(ev, r, P_threadgroup) == 0) {
		thread_container(st, target, c);
		target->moved = true;
		return;
	}
	for (target = proc_of(target)->threads; target; target = target->next) {
		thread_container(st, target, c);
		target->moved = true;
	}
}

/* A new container's name is there before its first process is. */
static void on_cgroup_mkdir(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);

	(void)t;
	if (st->containers && len > 0 && !is_na(path, len))
		ph_containers_by_cgroup(st->containers, path, len);
}

static void cgroup_rmdir_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);

	(void)t;
	if (st->containers && len > 0)
		ph_containers_removed(st->containers, path, len);
}

static void on_gap(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)r;
	(void)t;
	if (ph_event_uint(ev, 1) > 0) /* lost_state */
		ph_state_gap(st);
}

const struct handler process_handlers[] = {
	{ PH_EV_SYSCALL_CLONE_20_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_FORK_20_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_VFORK_20_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_CLONE3_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_CLONE_11_X, on_fork_parent, NULL }, /* older forms, of trace files */
	{ PH_EV_SYSCALL_CLONE_16_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_CLONE_17_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_FORK_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_FORK_17_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_VFORK_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_VFORK_17_X, on_fork_parent, NULL },
	{ PH_EV_SYSCALL_EXECVE_19_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_8_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_13_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_14_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_15_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_16_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_17_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVE_18_X, on_exec, exec_end },
	{ PH_EV_SYSCALL_EXECVEAT_X, on_exec, exec_end },
	{ PH_EV_PROCEXIT_1_E, NULL, exit_end },
	{ PH_EV_PROCEXIT_E, NULL, exit_end },
	{ PH_EV_SYSCALL_CHDIR_X, on_chdir, NULL },
	{ PH_EV_SYSCALL_FCHDIR_X, on_fchdir, NULL },
	{ PH_EV_SYSCALL_CHROOT_X, on_chroot, NULL },
	{ PH_EV_SYSCALL_SETUID_X, on_setuid, NULL },
	{ PH_EV_SYSCALL_SETREUID_X, on_setuid, NULL },
	{ PH_EV_SYSCALL_SETRESUID_X, on_setuid, NULL },
	{ PH_EV_SYSCALL_SETGID_X, on_setgid, NULL },
	{ PH_EV_SYSCALL_SETREGID_X, on_setgid, NULL },
	{ PH_EV_SYSCALL_SETRESGID_X, on_setgid, NULL },
	{ PH_EV_SYSCALL_CAPSET_X, on_capset, NULL },
	{ PH_EV_SYSCALL_SETSID_X, on_setsid, NULL },
	{ PH_EV_SYSCALL_SETPGID_X, on_setpgid, NULL },
	{ PH_EV_SYSCALL_SETRLIMIT_X, on_setrlimit, NULL },
	{ PH_EV_SYSCALL_PRLIMIT_X, on_prlimit, NULL },
	{ PH_EV_SYSCALL_PRCTL_X, on_prctl, NULL },
	{ PH_EV_CGROUP_ATTACH_E, on_cgroup_attach, NULL },
	{ PH_EV_CGROUP_MKDIR_E, on_cgroup_mkdir, NULL },
	{ PH_EV_CGROUP_RMDIR_E, NULL, cgroup_rmdir_end },
	{ PH_EV_GAP_E, on_gap, NULL },
};
const size_t process_nhandlers = sizeof(process_handlers) / sizeof(process_handlers[0]);

const struct handler live_handlers[] = {
	{ PH_EV_SYSCALL_SETNS_X, on_new_view, NULL },
	{ PH_EV_GENERIC_X, on_generic, NULL },
};
const size_t live_nhandlers = sizeof(live_handlers) / sizeof(live_handlers[0]);
