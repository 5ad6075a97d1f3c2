/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes in the head of a trace file's section: its process list and descriptors. Called by the inspector for the file source, as
 * snapshot.c is for the live one; what only shows when all are known is found there, by ph_state_snapshot_done().
 */
#include "collector/state/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define SAID \
	(PH_FDF_CLOEXEC | PH_FDF_CONNECTED | PH_FDF_LISTENING) /* what flags of an entry replace; roles come on top */

/* --- tasks ------------------------------------------------------------------------------------------------------------------ */

static void set_path(char **s, struct ph_span text)
{
	uint32_t len = text.len > PH_PATH_MAX - 1 ? PH_PATH_MAX - 1 : text.len;

	str_set0(s, len ? text.s : "", len ? strnlen(text.s, len) : 0);
}

static void set_list(char **s, uint32_t *s_len, struct ph_span items)
{
	uint32_t len = items.len;

	if (len > 0 && items.s[len - 1] == '\0')
		len--;
	str_set(s, *s_len, len ? items.s : "", len);
	*s_len = str_none(*s) ? 0 : len;
}

static void set_texts(struct process *p, const struct ph_task *e)
{
	struct ph_process *pub = &p->pub;

	set_path(&pub->exe, e->exe);
	set_path(&pub->exepath, e->exepath);
	set_path(&pub->root, e->root.len ? e->root : (struct ph_span){ "/", 1 });
	str_set0(&pub->cwd, "", 0);
	if (e->cwd.len > 0)
		process_set_cwd(p, e->cwd.s, strnlen(e->cwd.s, e->cwd.len));
	set_list(&pub->args, &pub->args_len, e->args);
	set_list(&pub->env, &pub->env_len, e->env);
	set_list(&pub->cgroups, &pub->cgroups_len, e->cgroups);
}

static void fill_process(struct process *p, const struct ph_task *e)
{
	struct ph_process *pub = &p->pub;

	pub->ptid = e->ptid;
	pub->sid = e->sid;
	pub->pgid = e->pgid;
	pub->vpid = e->vpid > 0 ? e->vpid : e->pid;
	pub->vpgid = e->vpgid;
	pub->tty = e->tty;
	pub->loginuid = e->loginuid;
	pub->exe_flags = e->exe_flags;
	pub->exe_ino = e->exe_ino;
	pub->exe_ino_ctime = e->exe_ino_ctime;
	pub->exe_ino_mtime = e->exe_ino_mtime;
	pub->cap_inheritable = e->cap_inheritable;
	pub->cap_permitted = e->cap_permitted;
	pub->cap_effective = e->cap_effective;
	pub->fdlimit = e->fdlimit;
	pub->pidns_init_start_ns = e->pidns_init_start_ns;
	pub->vm_size_kb = e->vm_size_kb;
	pub->vm_rss_kb = e->vm_rss_kb;
	pub->vm_swap_kb = e->vm_swap_kb;
	pub->pfmajor = e->pfmajor;
	pub->pfminor = e->pfminor;
	set_texts(p, e);
}

static void set_zombie(struct thread *t, bool zombie)
{
	if (t->zombie == zombie)
		return;
	t->zombie = zombie;
	if (zombie)
		t->pub.proc->nthreads--;
	else
		t->pub.proc->nthreads++;
}

void thread_no_lone_zombie(struct thread *t)
{
	if (!t->zombie || t->pub.proc->nthreads > 0)
		return;
	set_zombie(t, false);
	t->pub.clone_flags &= ~CLK_CLOSED;
}

static void fill_thread(struct thread *t, const struct ph_task *e)
{
	bool leader = e->tid == t->pub.proc->pid;

	t->pub.placeholder = false;
	t->unlooked = false;
	if (e->comm.len > 0)
		thread_comm(t, e->comm.s, strnlen(e->comm.s, e->comm.len));
	else
		thread_comm(t, "", 0);
	t->pub.vtid = e->vtid > 0 ? e->vtid : e->tid;
	t->pub.no_vids = e->vtid <= 0;
	str_unref(t->pub.own.cgroups);
	t->pub.own = (struct ph_own){ .ptid = e->ptid,
				      .pfmajor = e->pfmajor,
				      .pfminor = e->pfminor,
				      .vm_size_kb = e->vm_size_kb,
				      .vm_rss_kb = e->vm_rss_kb,
				      .vm_swap_kb = e->vm_swap_kb };
	t->pub.uid = e->uid;
	t->pub.gid = e->gid;
	t->pub.clone_flags = leader ? e->clone_flags & ~CLK_THREAD : (e->clone_flags | CLK_THREAD) & ~CLK_CLOSED;
	set_zombie(t, leader && (e->clone_flags & CLK_CLOSED));
}

void ph_state_add_entry(struct ph_state *st, const struct ph_task *e)
{
	struct ph_task task = *e;
	struct ph_thread *leader;
	struct thread *t;

	if (e->tid <= 0)
		return;
	if (task.pid <= 0)
		task.pid = e->tid;
	t = listed_thread(st, task.tid, task.pid);
	if (!t)
		return;
	fill_thread(t, &task);
	leader = ph_state_thread(st, task.pid);
	/* a leader that is not listed itself, or not yet, is what its threads are */
	if (&t->pub == leader || (leader && leader->placeholder))
		fill_process(proc_of(t), &task);
	t->moved = false;
	t->told = st->told;
	if (st->containers)
		thread_container(
			st, t,
			e->cgroups.len ? ph_containers_by_cgroups(st->containers, e->cgroups.s, e->cgroups.len) : NULL);
	if (comm_suppressed(st, t))
		proc_of(t)->suppressed = true;
}

/* --- descriptors ------------------------------------------------------------------------------------------------------------ */

/* A thread that is not said to share its leader's table has one of its own as soon as something is told of it. */
static struct files *table_for(struct ph_state *st, int64_t tid)
{
	struct thread *t = thread_find(st, tid), *leader = t ? thread_find(st, t->pub.proc->pid) : NULL;

	if (!t)
		return NULL;
	if (leader && leader != t && leader->files == t->files && !(t->pub.clone_flags & CLK_FILES)) {
		struct files *own = files_new();

		if (!own)
			return NULL;
		files_unref(t->files);
		t->files = own;
	}
	return t->files;
}

/* The numbers that our own names of UNIX sockets begin with: "<hex>-><hex> "; the path follows. */
static const char *unix_path(const char *name)
{
	unsigned long long src, dst;
	int n = 0;

	return sscanf(name, "%llx->%llx%n", &src, &dst, &n) == 2 && name[n] == ' ' ? name + n + 1 : name;
}

static struct ph_snap_fd_rec record_of(const struct ph_fd *fd)
{
	bool server = fd->type == PH_FD_IPV4_SERVER || fd->type == PH_FD_IPV6_SERVER;
	struct ph_snap_fd_rec rec = {
		.fd = fd->num,
		.type = fd->type,
		.l4 = fd->l4,
		.cloexec = (fd->flags & PH_FDF_CLOEXEC) != 0,
		.ino = fd->ino,
		.dev = fd->dev,
		.open_flags = fd->open_flags,
		.sock = fd->unix_src,
		.peer = fd->unix_dst,
		.lport = server ? fd->dport : fd->sport,
		.rport = server ? 0 : fd->dport,
	};

	memcpy(rec.local, server ? fd->dip : fd->sip, 16);
	if (!server)
		memcpy(rec.remote, fd->dip, 16);
	return rec;
}

static bool is_tuple(const struct ph_fd *fd)
{
	return fd->type == PH_FD_IPV4 || fd->type == PH_FD_IPV6;
}

static void set_role(struct ent *e, uint16_t role)
{
	bool was = e->pub.flags & PH_FDF_ROLE_SERVER, is = role & PH_FDF_ROLE_SERVER;

	if (!role)
		return;
	e->pub.flags &= (uint16_t)~(PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT);
	e->pub.flags |= is ? PH_FDF_ROLE_SERVER : PH_FDF_ROLE_CLIENT;
	if (is_tuple(&e->pub) && was != is)
		fd_turn(e);
}

void ph_state_add_entry_fd(struct ph_state *st, int64_t tid, const struct ph_fd *fd)
{
	struct files *f = table_for(st, tid);
	struct ph_snap_fd_rec rec = record_of(fd);
	const char *name = fd->type == PH_FD_UNIX ? unix_path(fd->name) : fd->name;
	struct ent *e;

	rec.name_len = (uint32_t)strnlen(name, PH_PATH_MAX);
	e = fd_from_record(st, f, &rec, name);
	if (!e)
		return;
	/* we give pipes and the like no name, but others do, and theirs tell more */
	if (!e->pub.name[0] && !e->pub.family)
		ent_name(e, name, rec.name_len);
	if (st->pairs && fd->type == PH_FD_UNIX)
		ent_name(e, fd->name, strnlen(fd->name, PH_PATH_MAX));
	e->pub.flags |= fd->flags & SAID;
	set_role(e, fd->flags & (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT));
}

void ph_state_add_entry_fd_extra(struct ph_state *st, int64_t tid, int64_t fd, uint16_t flags, unsigned type)
{
	struct thread *t = thread_find(st, tid);
	struct ent *e = t ? fd_edit(t->files, fd) : NULL;

	if (!e)
		return;
	if (type > PH_FD_FILE_V2 && type < PH_FD_TYPES && e->pub.type == PH_FD_UNSUPPORTED)
		e->pub.type = (uint8_t)type;
	e->pub.flags = (uint16_t)((e->pub.flags & ~SAID) | (flags & SAID));
	set_role(e, flags & (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT));
}
