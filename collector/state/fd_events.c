/* SPDX-License-Identifier: Apache-2.0 */
/* Events that make, copy, mark and close descriptors other than sockets. */
#include "collector/state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { CMD_DUPFD = 0x1, CMD_SETFD = 0x3, CMD_DUPFD_CLOEXEC = 0x1a }; /* fcntl_commands of flags.def */
enum { RANGE_UNSHARE = 0x2, RANGE_CLOEXEC = 0x4 }; /* close_range_flags */

static bool failed(const struct ph_event *ev)
{
	return !ev->has_res || ev->res < 0;
}

/* --- files ------------------------------------------------------------------------------------------------------------ */

/* The new entry; NULL: none was made. */
static struct ent *open_at(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t,
			   int64_t dirfd, enum state_param name)
{
	uint32_t flags = getu32(ev, r, P_flags), len;
	const char *path = getstr(ev, r, name, &len);
	struct ent *e;
	size_t n = 0;

	if (failed(ev) || (!has(ev, r, name) && result_known(st, ev, t)))
		return NULL;
	if (has(ev, r, name))
		n = thread_path(st, t, dirfd, path, len, st->path, sizeof(st->path));
	else
		n = (size_t)snprintf(st->path, sizeof(st->path), "<NA>");
	e = fd_put(st, t->files, ev->res, flags & OF_DIRECTORY ? PH_FD_DIRECTORY : PH_FD_FILE_V2);
	if (!e)
		return NULL;
	ent_name(e, st->path, n);
	e->pub.open_flags = flags;
	e->pub.dev = getu32(ev, r, P_dev);
	e->pub.ino = getu(ev, r, P_ino);
	if (flags & OF_CLOEXEC)
		e->pub.flags |= PH_FDF_CLOEXEC;
	ev->fd = &e->pub;
	return e;
}

static void on_open(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	open_at(st, ev, r, t, AT_FDCWD, P_name);
}

static void on_openat(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	open_at(st, ev, r, t, has(ev, r, P_dirfd) ? geti(ev, r, P_dirfd) : PH_FD_NONE, P_name);
}

static void on_open_by_handle(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	open_at(st, ev, r, t, AT_FDCWD, P_path);
}

static void on_creat(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e = open_at(st, ev, r, t, AT_FDCWD, P_name);

	if (e)
		e->pub.open_flags = OF_WRONLY | 0x4 | 0x100; /* O_CREAT | O_TRUNC */
}

/* A directory can be opened without O_DIRECTORY; reading its entries tells. */
static void on_getdents(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e;

	(void)st;
	(void)r;
	if (failed(ev) || !ev->fd || (ev->fd->type != PH_FD_FILE_V2 && ev->fd->type != PH_FD_FILE))
		return;
	e = fd_edit(t->files, ev->fdnum);
	if (!e)
		return;
	e->pub.type = PH_FD_DIRECTORY;
	ev->fd = &e->pub;
}

/* --- kinds without a path ---------------------------------------------------------------------------------------------- */

static struct ent *made(struct ph_state *st, struct ph_event *ev, struct thread *t, unsigned type, bool cloexec)
{
	struct ent *e = failed(ev) ? NULL : fd_put(st, t->files, ev->res, type);

	if (!e)
		return NULL;
	if (cloexec)
		e->pub.flags |= PH_FDF_CLOEXEC;
	ev->fd = &e->pub;
	return e;
}

static void on_eventfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	made(st, ev, t, PH_FD_EVENT, getu32(ev, r, P_flags) & OF_CLOEXEC);
}

static void on_signalfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e;

	if (!failed(ev) && has(ev, r, P_fd) && geti(ev, r, P_fd) >= 0 && (e = fd_get(t->files, ev->res)) != NULL) {
		ev->fd = &e->pub; /* the mask of an old one was changed */
		return;
	}
	made(st, ev, t, PH_FD_SIGNALFD, getu32(ev, r, P_flags) & OF_CLOEXEC);
}

static void on_timerfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	/*
	 * The flags are 8 bits wide in the event: TFD_CLOEXEC does not fit in. Nearly all callers set it; when it was not so, the
	 * descriptor is looked up after the exec.
	 */
	(void)r;
	made(st, ev, t, PH_FD_TIMERFD, true);
}

static void on_inotify(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	made(st, ev, t, PH_FD_INOTIFY, getu32(ev, r, P_flags) & OF_CLOEXEC);
}

static void on_epoll(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	made(st, ev, t, PH_FD_EVENTPOLL, getu32(ev, r, P_flags) & 1);
}

static void on_userfaultfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	made(st, ev, t, PH_FD_USERFAULTFD, getu32(ev, r, P_flags) & OF_CLOEXEC);
}

static void on_io_uring(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)r;
	made(st, ev, t, PH_FD_IO_URING, true); /* always close-on-exec (io_uring_setup(2)) */
}

static void on_memfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e = made(st, ev, t, PH_FD_MEMFD, getu32(ev, r, P_flags) & 1);
	uint32_t len;
	const char *name = getstr(ev, r, P_name, &len);

	if (e)
		ent_name(e, name, len);
}

/* Which commands of bpf give a descriptor: those of include/uapi/linux/bpf.h that end in one. */
static bool bpf_makes_fd(uint32_t cmd)
{
	static const uint64_t cmds = 1u << 0 /* MAP_CREATE */ | 1u << 5 /* PROG_LOAD */ | 1u << 7 /* OBJ_GET */ |
				     1u << 13 /* PROG_GET_FD_BY_ID */ | 1u << 14 /* MAP_GET_FD_BY_ID */ |
				     1u << 17 /* RAW_TRACEPOINT_OPEN */ | 1u << 18 /* BTF_LOAD */ |
				     1u << 19 /* BTF_GET_FD_BY_ID */ | 1u << 28 /* LINK_CREATE */ |
				     1u << 30 /* LINK_GET_FD_BY_ID */ | 1ull << 32 /* ENABLE_STATS */ |
				     1ull << 33 /* ITER_CREATE */ | 1ull << 36 /* TOKEN_CREATE */;

	return cmd < 64 && (cmds >> cmd & 1);
}

static void on_bpf(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	if (has(ev, r, P_cmd) && bpf_makes_fd(getu32(ev, r, P_cmd)))
		made(st, ev, t, PH_FD_BPF, true);
	else
		ev->fdnum = PH_FD_NONE;
}

static void on_pipe(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	static const enum state_param which[2] = { P_fd2, P_fd1 };

	if (failed(ev))
		return;
	for (int i = 0; i < 2; i++) {
		struct ent *e = has(ev, r, which[i]) ? fd_put(st, t->files, geti(ev, r, which[i]), PH_FD_FIFO) : NULL;

		if (!e)
			continue;
		e->pub.ino = getu(ev, r, P_ino);
		e->pub.open_flags = i ? OF_RDONLY : OF_WRONLY;
		if (getu32(ev, r, P_flags) & OF_CLOEXEC)
			e->pub.flags |= PH_FDF_CLOEXEC;
		ev->fd = &e->pub;
		ev->fdnum = e->pub.num;
	}
}

static void on_pidfd_open(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e = made(st, ev, t, PH_FD_PIDFD, true);
	char name[40];
	int n;

	if (!e)
		return;
	if (!has(ev, r, P_pid))
		return;
	n = snprintf(name, sizeof(name), "/proc/%lld", (long long)geti(ev, r, P_pid));
	ent_name(e, name, (size_t)n);
	if (thread_in_host_pidns(st, t))
		e->pid = geti(ev, r, P_pid);
}

static void on_pidfd_getfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *pidfd = fd_get(t->files, geti(ev, r, P_pid_fd)), *there, *e = NULL;
	struct thread *from = pidfd && pidfd->pid > 0 ? thread_find(st, pidfd->pid) : NULL;

	if (failed(ev))
		return;
	e = passed_fd(st, t, ev->res);
	/* the other process's entry may know more: who is the server, what was connected to */
	there = from ? fd_get(from->files, geti(ev, r, P_target_fd)) : NULL;
	if (there &&
	    (!e || e->pub.type == PH_FD_UNKNOWN || (e->pub.ino == there->pub.ino && e->pub.type == there->pub.type)))
		e = fd_copy(st, from->files, geti(ev, r, P_target_fd), t->files, ev->res);
	e = e ? fd_edit(t->files, ev->res) : NULL;
	if (!e)
		return;
	e->pub.flags |= PH_FDF_CLOEXEC; /* always (pidfd_getfd(2)) */
	e->pub.opened_ns = st->now;
	ev->fd = &e->pub;
}

/* --- copies, flags ------------------------------------------------------------------------------------------------------ */

static struct ent *copy(struct ph_state *st, struct ph_event *ev, struct thread *t, int64_t from, bool cloexec)
{
	struct ent *e;

	if (from == ev->res) {
		e = fd_lookup(st, t, from);
	} else {
		fd_lookup(st, t, from);
		e = fd_copy(st, t->files, from, t->files, ev->res);
		if (!e)
			fd_del(t->files, ev->res);
		else if (cloexec)
			e->pub.flags |= PH_FDF_CLOEXEC;
	}
	return e;
}

static void on_dup(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e;

	if (failed(ev) || !has(ev, r, P_oldfd))
		return;
	e = copy(st, ev, t, geti(ev, r, P_oldfd), getu32(ev, r, P_flags) & OF_CLOEXEC);
	ev->fd = e ? &e->pub : NULL;
}

static void on_fcntl(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e;

	if (failed(ev))
		return;
	switch (getu32(ev, r, P_cmd)) {
	case CMD_DUPFD:
	case CMD_DUPFD_CLOEXEC:
		if (ev->fdnum == PH_FD_NONE)
			break;
		if (ev->fdnum != ev->res)
			copy(st, ev, t, ev->fdnum, getu32(ev, r, P_cmd) == CMD_DUPFD_CLOEXEC);
		e = fd_get(t->files, ev->fdnum);
		ev->fd = e ? &e->pub : NULL;
		break;
	case CMD_SETFD:
		if (!ev->fd || !has(ev, r, P_arg) ||
		    (getu(ev, r, P_arg) & FD_CLOEXEC) == !!(ev->fd->flags & PH_FDF_CLOEXEC))
			break;
		e = fd_edit(t->files, ev->fdnum);
		if (!e)
			break;
		e->pub.flags ^= PH_FDF_CLOEXEC;
		ev->fd = &e->pub;
		break;
	}
}

/* ioctl can set the flag too (FIOCLEX, FIONCLEX). */
static void on_ioctl(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint64_t request = ph_event_uint(ev, r->p[P_fd] + 1);
	struct ent *e;

	(void)st;
	if ((request != 0x5451 && request != 0x5450) || failed(ev) || !ev->fd || r->p[P_fd] < 0)
		return;
	e = fd_edit(t->files, ev->fdnum);
	if (!e)
		return;
	e->pub.flags &= (uint16_t)~PH_FDF_CLOEXEC;
	if (request == 0x5451)
		e->pub.flags |= PH_FDF_CLOEXEC;
	ev->fd = &e->pub;
}

/* --- closing ------------------------------------------------------------------------------------------------------------ */

/* EINTR and EIO are told after the descriptor is gone (close(2)): only a bad number leaves things as they were. */
static void close_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)st;
	(void)r;
	if (ev->has_res && ev->res != -EBADF)
		fd_del(t->files, ev->fdnum);
}

static void unshare_files(struct thread *t)
{
	struct files *own;

	if (!t->files || t->files->refs == 1)
		return;
	own = files_fork(t->files);
	if (!own)
		return;
	files_unref(t->files);
	t->files = own;
}

static void close_range_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t flags = getu32(ev, r, P_flags);

	(void)st;
	if (failed(ev) || !has(ev, r, P_first) || !has(ev, r, P_last))
		return;
	if (flags & RANGE_UNSHARE)
		unshare_files(t);
	fd_range(t->files, getu32(ev, r, P_first), getu32(ev, r, P_last), flags & RANGE_CLOEXEC);
}

static void on_unshare(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	if (failed(ev))
		return;
	if (getu32(ev, r, P_flags) & CLK_FILES)
		unshare_files(t);
	/* a mount or user namespace of its own needs directories of its own (ksys_unshare() in kernel/fork.c) */
	if ((getu32(ev, r, P_flags) & (CLK_FS | CLK_NEWNS | CLK_NEWUSER)) && t->pub.proc->nthreads == 1)
		process_unshare_fs(proc_of(t));
	(void)st;
}

const struct handler fd_handlers[] = {
	{ PH_EV_SYSCALL_OPEN_X, on_open, NULL },
	{ PH_EV_SYSCALL_OPENAT_2_X, on_openat, NULL },
	{ PH_EV_SYSCALL_OPENAT2_X, on_openat, NULL },
	{ PH_EV_SYSCALL_OPEN_BY_HANDLE_AT_X, on_open_by_handle, NULL },
	{ PH_EV_SYSCALL_CREAT_X, on_creat, NULL },
	{ PH_EV_SYSCALL_GETDENTS_X, on_getdents, NULL },
	{ PH_EV_SYSCALL_GETDENTS64_X, on_getdents, NULL },
	{ PH_EV_SYSCALL_EVENTFD_X, on_eventfd, NULL },
	{ PH_EV_SYSCALL_EVENTFD2_X, on_eventfd, NULL },
	{ PH_EV_SYSCALL_SIGNALFD_X, on_signalfd, NULL },
	{ PH_EV_SYSCALL_SIGNALFD4_X, on_signalfd, NULL },
	{ PH_EV_SYSCALL_TIMERFD_CREATE_X, on_timerfd, NULL },
	{ PH_EV_SYSCALL_INOTIFY_INIT_X, on_inotify, NULL },
	{ PH_EV_SYSCALL_INOTIFY_INIT1_X, on_inotify, NULL },
	{ PH_EV_SYSCALL_EPOLL_CREATE_X, on_epoll, NULL },
	{ PH_EV_SYSCALL_EPOLL_CREATE1_X, on_epoll, NULL },
	{ PH_EV_SYSCALL_USERFAULTFD_X, on_userfaultfd, NULL },
	{ PH_EV_SYSCALL_IO_URING_SETUP_X, on_io_uring, NULL },
	{ PH_EV_SYSCALL_MEMFD_CREATE_X, on_memfd, NULL },
	{ PH_EV_SYSCALL_BPF_2_X, on_bpf, NULL },
	{ PH_EV_SYSCALL_PIPE_X, on_pipe, NULL },
	{ PH_EV_SYSCALL_PIPE2_X, on_pipe, NULL },
	{ PH_EV_SYSCALL_PIDFD_OPEN_X, on_pidfd_open, NULL },
	{ PH_EV_SYSCALL_PIDFD_GETFD_X, on_pidfd_getfd, NULL },
	{ PH_EV_SYSCALL_DUP_1_X, on_dup, NULL },
	{ PH_EV_SYSCALL_DUP2_X, on_dup, NULL },
	{ PH_EV_SYSCALL_DUP3_X, on_dup, NULL },
	{ PH_EV_SYSCALL_FCNTL_X, on_fcntl, NULL },
	{ PH_EV_SYSCALL_IOCTL_3_X, on_ioctl, NULL },
	{ PH_EV_SYSCALL_CLOSE_X, NULL, close_end },
	{ PH_EV_SYSCALL_CLOSE_RANGE_X, NULL, close_range_end },
	{ PH_EV_SYSCALL_UNSHARE_X, on_unshare, NULL },
};
const size_t fd_nhandlers = sizeof(fd_handlers) / sizeof(fd_handlers[0]);
