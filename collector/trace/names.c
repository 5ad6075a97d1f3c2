/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the files of a rotating capture (names.h). */
#include "collector/trace/names.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NS 1000000000ull
#define INDEX_DIGITS 20 /* of a number of 64 bits */

struct ph_names {
	char *base;
	bool numbered, timed;
	uint32_t ring;
	int digits; /* of an index in the ring; 0: as many as it has */
	uint64_t next; /* index */
	char **made; /* timed rings, by index: the names of the ring's files; NULL: not made yet */
	char *retired;
	char name[PATH_MAX + INDEX_DIGITS + 1]; /* the last one given out; "" at first */
};

/* The name without an index. 0, -ENAMETOOLONG; a template that becomes nothing is no name either. */
static int expand(const struct ph_names *n, uint64_t ts_ns, char out[PATH_MAX])
{
	const time_t t = (time_t)(ts_ns / NS);
	struct tm tm;
	size_t len = strlen(n->base);

	if (!n->timed) {
		if (len == 0 || len >= PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(out, n->base, len + 1);
		return 0;
	}
	if (!localtime_r(&t, &tm) || strftime(out, PATH_MAX, n->base, &tm) == 0)
		return -ENAMETOOLONG;
	return 0;
}

static int digits_of(uint64_t v)
{
	int n = 1;

	for (; v >= 10; v /= 10)
		n++;
	return n;
}

/*
 * The index that ends a file's name, when it is one of the ring: begin is what all its names begin with, and a name that is no template
 * is nothing else but that and the index. -1: it is none.
 */
static int64_t index_of(const struct ph_names *n, const char *name, const char *begin, size_t begin_len)
{
	size_t len = strlen(name), digits = (size_t)n->digits;
	uint64_t v = 0;

	if (len < begin_len + digits || strncmp(name, begin, begin_len) != 0 ||
	    (!n->timed && len != begin_len + digits))
		return -1;
	for (const char *p = name + len - digits; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	return v < n->ring ? (int64_t)v : -1;
}

static bool newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The index behind that of the newest file of the ring in its folder; 0 when there is none. */
static uint64_t behind_newest(const struct ph_names *n, DIR *dir, const char *begin, size_t begin_len)
{
	struct timespec newest = { .tv_sec = 0 };
	int64_t found = -1;
	struct dirent *e;

	while ((e = readdir(dir))) {
		int64_t i = index_of(n, e->d_name, begin, begin_len);
		struct stat st;

		if (i < 0 || fstatat(dirfd(dir), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode))
			continue;
		if (found < 0 || newer(&st.st_mtim, &newest)) {
			found = i;
			newest = st.st_mtim;
		}
	}
	return found < 0 ? 0 : ((uint64_t)found + 1) % n->ring;
}

/* A template in the folder's name leaves nothing to look at: such a ring begins anew. */
static uint64_t first_index(const struct ph_names *n)
{
	const char *slash = strrchr(n->base, '/'), *file = slash ? slash + 1 : n->base;
	char folder[PATH_MAX] = ".";
	uint64_t first;
	DIR *dir;

	if (n->ring == 0 || (n->timed && slash && memchr(n->base, '%', (size_t)(slash - n->base))))
		return 0;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", slash == n->base ? 1 : (int)(slash - n->base), n->base);
	dir = opendir(folder);
	if (!dir)
		return 0;
	first = behind_newest(n, dir, file, n->timed ? strcspn(file, "%") : strlen(file));
	closedir(dir);
	return first;
}

struct ph_names *ph_names_new(const struct ph_names_opts *opts)
{
	struct ph_names *n = calloc(1, sizeof(*n));
	char probe[PATH_MAX];

	if (!n)
		return NULL;
	*n = (struct ph_names){ .base = strdup(opts->base), .ring = opts->ring };
	n->timed = opts->timed && strchr(opts->base, '%');
	n->numbered = opts->numbered || opts->ring > 0;
	n->digits = opts->ring ? digits_of(opts->ring) : 0;
	errno = n->base ? -expand(n, (uint64_t)time(NULL) * NS, probe) : ENOMEM;
	if (errno) {
		int err = errno;

		ph_names_free(n);
		errno = err;
		return NULL;
	}
	n->next = first_index(n);
	if (n->timed && n->ring)
		n->made = calloc(n->ring, sizeof(*n->made)); /* without it, old files stay */
	return n;
}

void ph_names_free(struct ph_names *n)
{
	if (!n)
		return;
	for (uint32_t i = 0; n->made && i < n->ring; i++)
		free(n->made[i]);
	free(n->made);
	free(n->retired);
	free(n->base);
	free(n);
}

/* Another time makes another name: what had the index before is not written over. */
static void retire(struct ph_names *n)
{
	char **made = n->made ? &n->made[n->next] : NULL;

	free(n->retired);
	n->retired = NULL;
	if (!made)
		return;
	if (*made && strcmp(*made, n->name) != 0)
		n->retired = *made;
	else
		free(*made);
	*made = strdup(n->name);
}

const char *ph_names_retired(const struct ph_names *n)
{
	return n->retired;
}

const char *ph_names_next(struct ph_names *n, uint64_t ts_ns)
{
	char base[PATH_MAX];

	if (expand(n, ts_ns, base) != 0)
		return NULL;
	if (n->numbered) {
		snprintf(n->name, sizeof(n->name), "%s%0*llu", base, n->digits, (unsigned long long)n->next);
		retire(n);
		n->next = n->ring ? (n->next + 1) % n->ring : n->next + 1;
		return n->name;
	}
	if (strcmp(n->name, base) == 0)
		return NULL;
	snprintf(n->name, sizeof(n->name), "%s", base);
	return n->name;
}
