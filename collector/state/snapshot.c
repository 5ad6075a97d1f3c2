/* SPDX-License-Identifier: Apache-2.0 */
/* Takes in the start-up snapshot: tasks, their descriptors, and what only shows when all are known. */
#include "collector/state/internal.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define PORT_BYTES 8192u /* a bit a port */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void set_text(char **s, const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS],
		     enum ph_snap_text i)
{
	uint32_t len = rec->lens[i] > PH_PATH_MAX - 1 ? PH_PATH_MAX - 1 : rec->lens[i];

	if (texts[i] && len > 0)
		str_set0(s, texts[i], strnlen(texts[i], len));
}

static uint32_t items_len(const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS],
			  enum ph_snap_text i)
{
	uint32_t len = texts[i] ? rec->lens[i] : 0;

	return len > 0 && texts[i][len - 1] == '\0' ? len - 1 : len;
}

static void fill_process(struct ph_state *st, struct thread *t, const struct ph_snap_task_rec *rec,
			 const char *const texts[PH_SNAP_TEXTS])
{
	struct ph_process *p = t->pub.proc;
	const char *args = texts[PH_SNAP_ARGS], *cwd = texts[PH_SNAP_CWD];
	uint32_t len = items_len(rec, texts, PH_SNAP_ARGS), exe = len ? (uint32_t)strnlen(args, len) : 0;

	p->ptid = rec->ptid;
	p->sid = rec->sid;
	p->pgid = rec->pgid;
	p->vpid = rec->vpid;
	p->vpgid = rec->vpgid;
	p->vsid = rec->vsid;
	p->tty = rec->tty;
	p->loginuid = rec->loginuid;
	p->exe_flags = rec->exe_flags;
	p->exe_ino = rec->exe_ino;
	p->exe_ino_ctime = rec->exe_ino_ctime;
	p->exe_ino_mtime = rec->exe_ino_mtime;
	p->cap_inheritable = rec->cap_inheritable;
	p->cap_permitted = rec->cap_permitted;
	p->cap_effective = rec->cap_effective;
	p->fdlimit = rec->fdlimit;
	p->pidns_init_start_ns = rec->pidns_init_start_ns;
	p->vm_size_kb = rec->vm_size_kb;
	p->vm_rss_kb = rec->vm_rss_kb;
	p->vm_swap_kb = rec->vm_swap_kb;
	p->pfmajor = rec->pgft_maj;
	p->pfminor = rec->pgft_min;
	P(p)->start_ticks = rec->start_boot_ns / 10000000u; /* USER_HZ is 100 */
	if (rec->start_boot_ns)
		p->start_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + rec->start_boot_ns;
	set_text(&p->exepath, rec, texts, PH_SNAP_EXEPATH);
	set_text(&p->root, rec, texts, PH_SNAP_ROOT);
	if (cwd && rec->lens[PH_SNAP_CWD])
		process_set_cwd(P(p), cwd, strnlen(cwd, rec->lens[PH_SNAP_CWD]));
	if (exe > 0)
		str_set0(&p->exe, args, exe);
	else if (len == 0)
		str_set0(&p->exe, t->pub.comm, strnlen(t->pub.comm, PH_NAME_MAX));
	len = len > exe + 1 ? len - exe - 1 : 0;
	str_set(&p->args, p->args_len, len ? args + exe + 1 : "", len);
	p->args_len = str_none(p->args) ? 0 : len;
	len = items_len(rec, texts, PH_SNAP_ENV);
	str_set(&p->env, p->env_len, len ? texts[PH_SNAP_ENV] : "", len);
	p->env_len = str_none(p->env) ? 0 : len;
	if (!(rec->flags & (PH_TASK_ARGS_READ | PH_TASK_KTHREAD)) && rec->lens[PH_SNAP_ARGS] == 0 && st->procfd >= 0)
		live_args(st, t);
}

static void fill_cgroup(struct ph_state *st, struct thread *t, const struct ph_snap_task_rec *rec,
			const char *const texts[PH_SNAP_TEXTS])
{
	struct ph_process *p = t->pub.proc;
	uint32_t len = texts[PH_SNAP_CGROUP] ? rec->lens[PH_SNAP_CGROUP] : 0;

	if (len == 0 || len > PH_PATH_MAX)
		return;
	if (st->containers)
		thread_container(st, t, ph_containers_by_cgroup(st->containers, texts[PH_SNAP_CGROUP], len));
	if (t->pub.tid != p->pid)
		return;
	process_set_cgroup(st, P(p), texts[PH_SNAP_CGROUP], len);
}

struct thread *listed_thread(struct ph_state *st, int64_t tid, int64_t pid)
{
	struct thread *t = thread_find(st, tid), *leader;

	if (t && t->pub.proc->pid == pid)
		return t;
	if (t)
		thread_remove(st, t);
	leader = thread_find(st, pid);
	if (leader && leader->pub.proc->pid != pid)
		return NULL;
	if (!leader)
		leader = placeholder(st, pid); /* its own record is to come */
	if (!leader || tid == pid)
		return leader;
	t = thread_add(st, proc_of(leader), tid, files_ref(leader->files));
	if (t)
		t->pub.clone_flags = CLK_FILES | CLK_THREAD;
	return t;
}

void ph_state_add_task(struct ph_state *st, const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS])
{
	struct thread *t;

	if (rec->tid <= 0 || rec->pid <= 0 || !(t = listed_thread(st, rec->tid, rec->pid)))
		return;
	t->pub.placeholder = false;
	t->pub.no_vids = false;
	t->unlooked = false;
	thread_comm(t, rec->comm, strnlen(rec->comm, PH_NAME_MAX));
	t->pub.vtid = rec->vtid;
	t->pub.uid = rec->uid;
	t->pub.gid = rec->gid;
	if (rec->tid == rec->pid)
		fill_process(st, t, rec, texts);
	fill_cgroup(st, t, rec, texts);
	if (comm_suppressed(st, t))
		proc_of(t)->suppressed = true;
}

/* --- descriptors ------------------------------------------------------------------------------------------------------------ */

static uint8_t *bound_bit(struct ph_state *st, uint8_t l4, uint16_t port, uint8_t *mask)
{
	*mask = (uint8_t)(1u << (port & 7));
	return st->bound + (l4 == PH_L4_UDP ? PORT_BYTES : 0) + port / 8;
}

static bool is_bound(struct ph_state *st, uint8_t l4, uint16_t port)
{
	uint8_t mask, *byte = st->bound ? bound_bit(st, l4, port, &mask) : NULL;

	return byte && (*byte & mask);
}

static void set_bound(struct ph_state *st, uint8_t l4, uint16_t port)
{
	uint8_t mask;

	if (!st->bound)
		st->bound = calloc(2, PORT_BYTES);
	if (st->bound)
		*bound_bit(st, l4, port, &mask) |= mask;
}

static void add_inet(struct ph_state *st, struct ent *e, const struct ph_snap_fd_rec *rec)
{
	static const uint8_t any[16];
	bool v6 = rec->type == PH_FD_IPV6 || rec->type == PH_FD_IPV6_SERVER;
	struct tuple tp = { .family = v6 ? AF_INET6 : AF_INET, .type = v6 ? PH_FD_IPV6 : PH_FD_IPV4 };

	e->pub.family = tp.family;
	if (rec->listening || rec->type == PH_FD_IPV4_SERVER || rec->type == PH_FD_IPV6_SERVER ||
	    (rec->rport == 0 && memcmp(rec->remote, any, v6 ? 16 : 4) == 0)) {
		e->pub.type = tp.type;
		if (rec->lport == 0)
			return; /* neither bound nor connected: it has no name */
		sock_server(e, tp.family, rec->local, rec->lport);
		/* a bound datagram socket may be a client's as well: what it does first tells */
		if (st->pairs || rec->l4 != PH_L4_TCP)
			e->pub.flags &= (uint16_t)~PH_FDF_ROLE_SERVER;
		set_bound(st, rec->l4, rec->lport);
		return;
	}
	memcpy(tp.sip, rec->local, v6 ? 16 : 4);
	memcpy(tp.dip, rec->remote, v6 ? 16 : 4);
	tp.sport = rec->lport;
	tp.dport = rec->rport;
	if (v6 && addr_is_mapped(tp.sip) && addr_is_mapped(tp.dip)) {
		memmove(tp.sip, tp.sip + 12, 4);
		memmove(tp.dip, tp.dip + 12, 4);
		memset(tp.sip + 4, 0, 12);
		memset(tp.dip + 4, 0, 12);
		tp.type = PH_FD_IPV4;
		tp.family = AF_INET;
	}
	sock_set(e, &tp, false);
	e->pub.flags |= PH_FDF_CONNECTED;
}

static struct files *fd_table(struct ph_state *st, const struct ph_snap_fd_rec *rec)
{
	struct thread *t = thread_find(st, rec->tid), *leader;

	if (!t)
		t = thread_find(st, rec->pid);
	if (!t)
		return NULL;
	leader = thread_find(st, t->pub.proc->pid);
	if (leader && leader != t && leader->files == t->files) { /* it has a table of its own */
		files_unref(t->files);
		t->files = files_new();
		t->pub.clone_flags &= ~CLK_FILES;
	}
	return t->files;
}

struct ent *fd_from_record(struct ph_state *st, struct files *f, const struct ph_snap_fd_rec *rec, const char *name)
{
	struct ent *e = f && rec->type < PH_FD_TYPES ? fd_put(st, f, rec->fd, rec->type) : NULL;
	size_t len = name ? strnlen(name, rec->name_len) : 0;

	if (!e)
		return NULL;
	e->pub.opened_ns = 0;
	e->pub.l4 = rec->l4;
	e->pub.ino = rec->ino;
	e->pub.dev = rec->dev;
	e->pub.open_flags = rec->open_flags;
	e->pub.flags = (uint16_t)(PH_FDF_FROM_SNAPSHOT | (rec->cloexec ? PH_FDF_CLOEXEC : 0) |
				  (rec->listening ? PH_FDF_LISTENING | PH_FDF_ROLE_SERVER : 0));
	switch (rec->type) {
	case PH_FD_IPV4:
	case PH_FD_IPV6:
	case PH_FD_IPV4_SERVER:
	case PH_FD_IPV6_SERVER:
		add_inet(st, e, rec);
		break;
	case PH_FD_UNIX:
		e->pub.family = AF_UNIX;
		e->pub.unix_src = rec->sock;
		e->pub.unix_dst = rec->peer;
		if (rec->peer)
			e->pub.flags |= PH_FDF_CONNECTED;
		sock_unix_name(e, name, len);
		break;
	case PH_FD_NETLINK:
		e->pub.family = AF_NETLINK;
		ent_name(e, name, len);
		break;
	case PH_FD_FILE:
	case PH_FD_FILE_V2:
	case PH_FD_DIRECTORY:
	case PH_FD_MEMFD:
	case PH_FD_UNSUPPORTED:
	case PH_FD_UNKNOWN:
		ent_name(e, name, len);
		break;
	default:
		break; /* pipes, eventfds and the like have no name, as those that events make */
	}
	return e;
}

void ph_state_add_fd(struct ph_state *st, const struct ph_snap_fd_rec *rec, const char *name)
{
	fd_from_record(st, fd_table(st, rec), rec, name);
}

/* --- when all are known ------------------------------------------------------------------------------------------------------- */

void fd_turn(struct ent *e)
{
	struct ph_fd *fd = &e->pub;
	struct tuple tp = { .family = fd->family, .type = fd->type, .sport = fd->sport, .dport = fd->dport };

	memcpy(tp.sip, fd->sip, 16);
	memcpy(tp.dip, fd->dip, 16);
	sock_set(e, &tp, true);
}

/* Whose port is bound is the server; when both or neither are, the lower port is. */
void fd_guess_role(struct ph_state *st, struct ent *e)
{
	struct ph_fd *fd = &e->pub;
	bool local, remote, server;

	if (!(fd->flags & PH_FDF_FROM_SNAPSHOT) || !(fd->flags & PH_FDF_CONNECTED) ||
	    (fd->flags & (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT)) ||
	    (fd->type != PH_FD_IPV4 && fd->type != PH_FD_IPV6))
		return;
	local = is_bound(st, fd->l4, fd->sport);
	remote = is_bound(st, fd->l4, fd->dport);
	server = local != remote ? local : fd->sport < fd->dport;
	fd->flags |= server ? PH_FDF_ROLE_SERVER : PH_FDF_ROLE_CLIENT;
	if (server)
		fd_turn(e);
}

static bool any_suppressed(struct ph_state *st, struct process *p)
{
	for (int i = 0; p && i < MAX_ANCESTORS; i++, p = process_parent(st, p))
		if (p->suppressed)
			return true;
	return false;
}

void ph_state_snapshot_done(struct ph_state *st)
{
	for (size_t i = 0; i < st->hash_cap; i++) {
		struct thread *t = st->hash[i];
		struct fdmap *m = t && t->files ? t->files->map : NULL;

		if (!t)
			continue;
		process_parent(st, proc_of(t));
		thread_no_lone_zombie(t);
		for (uint32_t j = 0; m && j < m->cap; j++)
			if (m->slots[j].e)
				fd_guess_role(st, m->slots[j].e);
	}
	for (size_t i = 0; st->nsuppress && i < st->hash_cap; i++) {
		struct thread *t = st->hash[i];

		if (t && any_suppressed(st, proc_of(t)))
			t->pub.suppressed = proc_of(t)->suppressed = true;
	}
	free(st->bound);
	st->bound = NULL;
}
