/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start-up snapshot from the BPF iterators, and from /proc where there are none. The iterators' records are handed on as
 * they come; what the kernel side could not tell (arguments before 5.18, kinds of anonymous inodes) is filled in here.
 */
#define _GNU_SOURCE
#include "probe/snapshot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)

enum ph_fd_type snapshot_anon_type(const char *name, size_t len, enum ph_fd_type otherwise)
{
	static const struct {
		const char *name;
		enum ph_fd_type type;
	} kinds[] = {
		{ "eventfd", PH_FD_EVENT },
		{ "eventpoll", PH_FD_EVENTPOLL },
		{ "inotify", PH_FD_INOTIFY },
		{ "signalfd", PH_FD_SIGNALFD },
		{ "timerfd", PH_FD_TIMERFD },
		{ "io_uring", PH_FD_IO_URING },
		{ "userfaultfd", PH_FD_USERFAULTFD },
		{ "pidfd", PH_FD_PIDFD },
		{ "bpf-map", PH_FD_BPF },
		{ "bpf-prog", PH_FD_BPF },
		{ "bpf_link", PH_FD_BPF },
		{ "bpf_iter", PH_FD_BPF },
		{ "bpf-link", PH_FD_BPF },
		{ "btf", PH_FD_BPF },
	};
	static const char prefix[] = "anon_inode:";

	if (len < sizeof prefix - 1 || memcmp(name, prefix, sizeof prefix - 1) != 0)
		return otherwise;
	name += sizeof prefix - 1;
	len -= sizeof prefix - 1;
	/* "[eventfd]", and a few without brackets ("inotify") */
	if (len > 1 && *name == '[') {
		name++;
		len -= name[len - 2] == ']' ? 2 : 1;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
			return kinds[i].type;
	return PH_FD_UNSUPPORTED;
}

struct reading {
	const struct ph_snapshot_ops *ops;
	void *arg;
	int64_t pid; /* only this process; 0: all */
	size_t tasks;
	char args[PH_PATH_MAX], env[PH_PATH_MAX];
};

static void give_task(struct reading *rd, const struct ph_snap_task_rec *rec)
{
	const char *texts[PH_SNAP_TEXTS], *at = (const char *)(rec + 1);
	size_t left = rec->hdr.size - sizeof *rec;
	struct ph_snap_task_rec with_args;

	for (int i = 0; i < PH_SNAP_TEXTS; i++) {
		if (rec->lens[i] > left)
			return;
		texts[i] = at;
		at += rec->lens[i];
		left -= rec->lens[i];
	}
	rd->tasks++;
	if (rec->tid == rec->pid && !(rec->flags & (PH_TASK_ARGS_READ | PH_TASK_KTHREAD))) {
		with_args = *rec;
		with_args.lens[PH_SNAP_ARGS] =
			(uint32_t)snapshot_read_file(rec->pid, "cmdline", rd->args, sizeof rd->args);
		with_args.lens[PH_SNAP_ENV] =
			(uint32_t)snapshot_read_file(rec->pid, "environ", rd->env, sizeof rd->env);
		with_args.flags |= PH_TASK_ARGS_READ;
		texts[PH_SNAP_ARGS] = rd->args;
		texts[PH_SNAP_ENV] = rd->env;
		rec = &with_args;
	}
	rd->ops->task(rd->arg, rec, texts);
}

static void give_fd(struct reading *rd, struct ph_snap_fd_rec *rec)
{
	const char *name = (const char *)(rec + 1);

	if (rec->name_len > rec->hdr.size - sizeof *rec)
		return;
	rec->type = (uint8_t)snapshot_anon_type(name, rec->name_len, rec->type);
	rd->ops->fd(rd->arg, rec, name);
}

static void give(struct reading *rd, struct ph_snap_hdr *hdr)
{
	if (hdr->kind == PH_SNAP_TASK && hdr->size >= sizeof(struct ph_snap_task_rec)) {
		struct ph_snap_task_rec *rec = (void *)hdr;

		if (rd->ops->task && (rd->pid == 0 || rd->pid == rec->pid))
			give_task(rd, rec);
	} else if (hdr->kind == PH_SNAP_FD && hdr->size >= sizeof(struct ph_snap_fd_rec)) {
		struct ph_snap_fd_rec *rec = (void *)hdr;

		if (rd->ops->fd && (rd->pid == 0 || rd->pid == rec->pid))
			give_fd(rd, rec);
	}
}

/* Reads an iterator to its end; a read may end in the middle of a record. */
static int read_iterator(struct reading *rd, int fd)
{
	uint8_t *buf = aligned_alloc(8, READ_BYTES);
	size_t have = 0;
	int e = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, buf + have, READ_BYTES - have);
		size_t at = 0;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			e = n < 0 ? -errno : 0;
			break;
		}
		have += (size_t)n;
		while (have - at >= sizeof(struct ph_snap_hdr)) {
			struct ph_snap_hdr *hdr = (void *)(buf + at);

			if (hdr->size < sizeof *hdr || hdr->size % 8 || hdr->size > READ_BYTES / 2) {
				e = -EPROTO;
				goto out;
			}
			if (hdr->size > have - at)
				break;
			give(rd, hdr);
			at += hdr->size;
		}
		have -= at;
		memmove(buf, buf + at, have);
	}
out:
	free(buf);
	return e;
}

static int run_iterator(struct reading *rd, const struct bpf_program *prog)
{
	/* Kernels before 6.1 do not look at the process and iterate over all of them. */
	union bpf_iter_link_info info = { .task.pid = (uint32_t)rd->pid };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &info, .iter_info_len = sizeof info);
	int link, fd, e;

	link = bpf_link_create(bpf_program__fd(prog), 0, BPF_TRACE_ITER, rd->pid ? &opts : NULL);
	if (link < 0)
		return -errno;
	fd = bpf_iter_create(link);
	e = fd < 0 ? -errno : read_iterator(rd, fd);
	if (fd >= 0)
		close(fd);
	close(link);
	return e;
}

static int snapshot(struct ph_probe *p, int64_t pid, const struct ph_snapshot_ops *ops, void *arg)
{
	const struct bpf_program *tasks = p->skel->progs.ph_iter_task_args;
	struct reading *rd;
	int e;

	if (!bpf_program__autoload(tasks))
		tasks = p->skel->progs.ph_iter_task;
	rd = calloc(1, sizeof *rd);
	if (!rd)
		return -ENOMEM;
	rd->ops = ops;
	rd->arg = arg;
	rd->pid = pid;
	e = run_iterator(rd, tasks);
	if (e == 0)
		e = run_iterator(rd, p->skel->progs.ph_iter_task_file);
	if (e == 0 && pid && rd->tasks == 0)
		e = -ESRCH;
	free(rd);
	/* What was given already is given again; it is the same. */
	return e == 0 || e == -ESRCH || e == -ENOMEM ? e : snapshot_proc(p->boot_epoch_ns, pid, ops, arg);
}

int ph_probe_snapshot(struct ph_probe *p, const struct ph_snapshot_ops *ops, void *arg)
{
	return snapshot(p, 0, ops, arg);
}

int ph_probe_snapshot_pid(struct ph_probe *p, int64_t pid, const struct ph_snapshot_ops *ops, void *arg)
{
	return pid > 0 ? snapshot(p, pid, ops, arg) : -EINVAL;
}
