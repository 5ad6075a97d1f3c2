/* SPDX-License-Identifier: Apache-2.0 */
/* Reads small files of the host, which may be mounted elsewhere. Called by the rows of the runtimes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The links of the host mean its own root: /host/var/run -> /run is /host/run. openat2() is in Linux since 5.6. Closes dir,
 * which may be a negative errno.
 */
static int open_in_root(int dir, const char *path, int flags)
{
	if (dir < 0)
		return dir;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT,
	};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	int err = fd < 0 ? -errno : (int)fd;
	close(dir);
	return err;
}

/* The root folder of a daemon, unless its number belongs to another process by now. */
static int root_of(struct ct_env *env, const struct ct_place *p)
{
	char path[32];
	int proc = ct_open(env, NULL, "/proc", O_RDONLY | O_DIRECTORY);
	if (proc < 0)
		return proc;
	snprintf(path, sizeof path, "%u/root", p->pid);
	int dir = openat(proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		dir = -errno;
	if (dir >= 0 && ct_process_born(proc, p->pid) != p->born) { /* asked after dir was opened */
		close(dir);
		dir = -ESRCH;
	}
	close(proc);
	return dir;
}

int ct_open(struct ct_env *env, const struct ct_place *p, const char *path, int flags)
{
	if (p && p->pid)
		return open_in_root(root_of(env, p), path, flags);
	if (*env->root) {
		int dir = open(env->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		int fd = open_in_root(dir < 0 ? -errno : dir, path, flags);
		if (fd != -ENOSYS && fd != -EPERM)
			return fd;
	}
	char full[PATH_MAX];
	if (snprintf(full, sizeof full, "%s%s", env->root, path) >= (int)sizeof full)
		return -ENAMETOOLONG;
	int fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The whole of a regular file. The size that fstat() tells may be wrong by the time of reading. */
static int read_all(int fd, size_t max, char **out, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return -EFBIG;

	size_t size = (size_t)st.st_size + 1, n = 0;
	char *buf = malloc(size);
	if (!buf)
		return -ENOMEM;
	while (n < size) {
		ssize_t r = read(fd, buf + n, size - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			int err = -errno;
			free(buf);
			return err;
		}
		if (r == 0)
			break;
		n += (size_t)r;
	}
	if (n == size) { /* it grew while it was read */
		free(buf);
		return -EAGAIN;
	}
	*out = buf;
	*len = n;
	return 0;
}

int ct_read_json(struct ct_env *env, const struct ct_place *p, const char *path, size_t max, json_t **out)
{
	int fd = ct_open(env, p, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	char *text = NULL;
	size_t len = 0;
	int err = read_all(fd, max, &text, &len);
	close(fd);
	if (err)
		return err;
	*out = json_loadb(text, len, 0, NULL);
	free(text);
	if (!json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		return -EBADMSG;
	}
	return 0;
}
