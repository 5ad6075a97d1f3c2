/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, and what has been written there. */
#ifndef TESTS_SUPPORT_TMPDIR_H
#define TESTS_SUPPORT_TMPDIR_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

struct tmpdir {
	char path[64];
	char file[128]; /* of the last tmp_path() */
};

static inline int tmp_make(struct tmpdir *t)
{
	snprintf(t->path, sizeof t->path, "%s/porthole-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(t->path) ? 0 : -1;
}

static inline int tmp_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void tmp_remove(struct tmpdir *t)
{
	nftw(t->path, tmp_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *tmp_path(struct tmpdir *t, const char *name)
{
	snprintf(t->file, sizeof t->file, "%s/%s", t->path, name);
	return t->file;
}

static inline off_t tmp_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* The whole file, to be freed; NULL: there is none. */
static inline uint8_t *tmp_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	off_t size = tmp_size(path);
	uint8_t *data = f ? malloc((size_t)size + 1) : NULL;

	*len = data ? fread(data, 1, (size_t)size, f) : 0;
	if (f)
		fclose(f);
	return data;
}

/* Unpacks as much as there is, whether it ends well or not. whole: it does. */
static inline uint8_t *tmp_gunzip(const char *path, size_t *len, bool *whole)
{
	size_t packed_len, cap = 64u << 20;
	uint8_t *packed = tmp_read(path, &packed_len), *data = malloc(cap);
	z_stream z = { .next_in = packed, .avail_in = (uInt)packed_len, .next_out = data, .avail_out = (uInt)cap };
	int ret = packed && data && inflateInit2(&z, 15 + 16) == Z_OK ? inflate(&z, Z_SYNC_FLUSH) : Z_DATA_ERROR;

	*len = z.total_out;
	*whole = ret == Z_STREAM_END;
	inflateEnd(&z);
	free(packed);
	return data;
}

static inline uint64_t tmp_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Tries a condition for up to five seconds. */
#define tmp_wait_for(cond)                                                         \
	({                                                                         \
		uint64_t tmp_until = tmp_now_ms() + 5000;                          \
		while (!(cond) && tmp_now_ms() < tmp_until)                        \
			nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL); \
		(cond);                                                            \
	})

#endif
