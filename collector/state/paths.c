/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as a process sees them: joined with its directory and normalised, without asking the file system. */
#include "collector/state/internal.h"

#include <fcntl.h>

static const char unknown[] = "<UNKNOWN>";

static size_t put(char *buf, size_t size, size_t at, const char *s, size_t len)
{
	if (len > size - 1 - at)
		len = size - 1 - at;
	memcpy(buf + at, s, len);
	return at + len;
}

/* Appends the components of p; ".." does not go above floor. */
static size_t add_components(char *buf, size_t size, size_t at, size_t floor, const char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t start, n;

		while (i < len && p[i] == '/')
			i++;
		start = i;
		/* i < len: the analyzer loses that len is 0 when path_join() has moved base to its end */
		/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
		while (i < len && p[i] != '/')
			i++;
		n = i - start;
		if (n == 0 || (n == 1 && p[start] == '.'))
			continue;
		if (n == 2 && p[start] == '.' && p[start + 1] == '.') {
			while (at > floor && buf[at - 1] != '/')
				at--;
			if (at > floor)
				at--;
			continue;
		}
		at = put(buf, size, at, "/", 1);
		at = put(buf, size, at, p + start, n);
	}
	return at;
}

size_t path_join(char *buf, size_t size, const char *base, const char *path, size_t len)
{
	size_t at = 0, floor = 0;

	if (size == 0)
		return 0;
	if (len == 0 || path[0] != '/') {
		size_t blen = strlen(base);

		if (blen > 0 && base[0] != '/') {
			const char *slash = strchr(base, '/');

			floor = slash ? (size_t)(slash - base) : blen;
			at = floor = put(buf, size, 0, base, floor);
			base += slash ? (size_t)(slash - base) : blen;
			blen = strlen(base);
		}
		at = add_components(buf, size, at, floor, base, blen);
	}
	at = add_components(buf, size, at, floor, path, len);
	if (at == 0)
		at = put(buf, size, 0, "/", 1);
	buf[at] = '\0';
	return at;
}

size_t thread_path(struct ph_state *st, const struct thread *t, int64_t dirfd, const char *path, size_t len, char *buf,
		   size_t size)
{
	const char *base = "";

	if (size == 0)
		return 0;
	if (is_na(path, len)) {
		size_t n = put(buf, size, 0, path, len);

		buf[n] = '\0';
		return n;
	}
	if (len > 0 && path[0] == '/')
		return path_join(buf, size, "", path, len);
	if (t && (int32_t)dirfd == AT_FDCWD) {
		base = t->pub.proc->cwd;
	} else if (t) {
		struct ent *e = fd_lookup(st, T(&t->pub), dirfd);

		if (e)
			base = e->pub.name;
	}
	return path_join(buf, size, base[0] ? base : unknown, path, len);
}

size_t ph_state_resolve(struct ph_state *st, const struct ph_thread *t, int64_t dirfd, const char *path, size_t len,
			char *buf, size_t size)
{
	return thread_path(st, t ? T(t) : NULL, dirfd, path, len, buf, size);
}
