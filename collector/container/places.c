/* SPDX-License-Identifier: Apache-2.0 */
/* The places where daemons keep their state, and lists of them. Called by the rows of the runtimes and by the worker. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ct_place *ct_place_new(const char *root, const char *socket)
{
	struct ct_place *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	atomic_init(&p->refs, 1);
	p->root = strdup(root);
	p->socket = strdup(socket);
	if (p->root && p->socket)
		return p;
	ct_place_unref(p);
	return NULL;
}

struct ct_place *ct_place_ref(struct ct_place *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void ct_place_unref(struct ct_place *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(p->root);
	free(p->socket);
	free(p);
}

struct ct_places *ct_places_ref(struct ct_places *l)
{
	atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
	return l;
}

void ct_places_unref(struct ct_places *l)
{
	if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < l->n; i++)
		ct_place_unref(l->at[i]);
	free(l);
}

bool ct_place_may_know(const struct ct_place *p, const struct ct_life *life)
{
	return !*p->inside || (strcmp(p->inside, life->id) && strstr(life->cgroup, p->inside));
}

uint64_t ct_process_born(int proc, unsigned pid)
{
	char path[32], text[1024];
	snprintf(path, sizeof path, "%u/stat", pid);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	const char *p = strrchr(text, ')'); /* the end of field 2; the time is field 22 */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

const char *ct_place_path(const struct ct_place *p, const char *path, char *buf, size_t size)
{
	if (!p->pid)
		return path;
	snprintf(buf, size, "/proc/%u/root%s", p->pid, path);
	return buf;
}
