/* SPDX-License-Identifier: Apache-2.0 */
/* Plain, packed and piped bytes as one window (input.h). */
#include "collector/trace/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_FIRST (256u << 10)
#define WINDOW_KEPT (1u << 20) /* a window that had to grow beyond this for a block shrinks again */
#define RAW_SIZE (128u << 10)
#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way to ask for gzip */

static int no_more(struct ph_input *in, enum ph_trace_state state, const char *what)
{
	in->state = state;
	in->what = what;
	return 0;
}

static int failed(struct ph_input *in, int rc)
{
	snprintf(in->text, sizeof in->text, "cannot read: %s", strerror(-rc));
	return no_more(in, PH_TRACE_FAILED, in->text);
}

static ssize_t read_fd(int fd, uint8_t *to, size_t n)
{
	for (;;) {
		ssize_t got = read(fd, to, n);
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (got >= 0)
			return got;
		if (errno != EAGAIN)
			return -errno;
		/* Who gave us the descriptor has made it non-blocking. */
		if (poll(&p, 1, -1) < 0)
			return -errno;
	}
}

/* Some bytes of the file. > 0; 0: none any more; negative errno. */
static ssize_t source_read(struct ph_input *in, uint8_t *to, size_t n)
{
	ssize_t got;

	if (in->fd >= 0) {
		got = read_fd(in->fd, to, n);
	} else {
		if (n > in->memory_len - in->taken)
			n = (size_t)(in->memory_len - in->taken);
		if (in->chunk && n > in->chunk)
			n = in->chunk;
		memcpy(to, in->memory + in->taken, n);
		got = (ssize_t)n;
	}
	if (got > 0)
		in->taken += (uint64_t)got;
	return got;
}

/* More raw bytes behind those that are there: 1, 0 at the end or after an error (in->state), -EINTR. */
static int raw_fill(struct ph_input *in)
{
	ssize_t got;

	if (!in->raw)
		in->raw = malloc(RAW_SIZE);
	if (!in->raw)
		return failed(in, -ENOMEM);
	memmove(in->raw, in->raw + in->raw_at, in->raw_end - in->raw_at);
	in->raw_end -= in->raw_at;
	in->raw_at = 0;
	got = source_read(in, in->raw + in->raw_end, RAW_SIZE - in->raw_end);
	if (got == -EINTR)
		return -EINTR;
	if (got < 0)
		return failed(in, (int)got);
	in->raw_end += (size_t)got;
	return got > 0;
}

/* The window at a new place, beginning with what in->at points to. */
static void window_at(struct ph_input *in, uint8_t *to)
{
	uint64_t offset = ph_input_offset(in, in->at);
	size_t left = (size_t)(in->end - in->at);

	if (in->moves)
		in->moves(in->moves_arg);
	if (left)
		memmove(to, in->at, left);
	in->at = to;
	in->end = to + left;
	in->shift = offset - (uintptr_t)to;
}

/* Room behind the window; it doubles only when it is full of bytes that are in use. */
static bool window_room(struct ph_input *in, size_t *room)
{
	size_t left = (size_t)(in->end - in->at), cap = in->cap ? 2 * in->cap : WINDOW_FIRST;
	uint8_t *grown;

	if (in->cap > WINDOW_KEPT && left < WINDOW_FIRST / 2) {
		cap = WINDOW_FIRST;
	} else if (in->buf && left < in->cap) {
		if (in->at > in->buf && (size_t)(in->buf + in->cap - in->end) < in->cap / 2)
			window_at(in, in->buf);
		*room = (size_t)(in->buf + in->cap - in->end);
		return true;
	}
	grown = malloc(cap);
	if (!grown)
		return false;
	window_at(in, grown);
	free(in->buf);
	in->buf = grown;
	in->cap = cap;
	*room = cap - left;
	return true;
}

static int detect(struct ph_input *in)
{
	while (in->raw_end - in->raw_at < 2) {
		int rc = raw_fill(in);

		if (rc < 0)
			return rc;
		if (rc == 0)
			break;
	}
	if (in->state != PH_TRACE_READING)
		return 0;
	if (in->raw_end == in->raw_at)
		return no_more(in, PH_TRACE_WHOLE, NULL);
	in->mode = PH_IN_PLAIN;
	if (in->raw_end - in->raw_at < 2 || in->raw[in->raw_at] != 0x1f || in->raw[in->raw_at + 1] != 0x8b)
		return 1;
	if ((in->z_ready ? inflateReset(&in->z) : inflateInit2(&in->z, GZIP_WINDOW_BITS)) != Z_OK)
		return failed(in, -ENOMEM);
	in->z_ready = in->compressed = true;
	in->mode = PH_IN_GZIP;
	return 1;
}

static int fill_plain(struct ph_input *in, uint8_t *to, size_t room)
{
	size_t kept = in->raw_end - in->raw_at;
	ssize_t got;

	if (kept) {
		kept = kept < room ? kept : room;
		memcpy(to, in->raw + in->raw_at, kept);
		in->raw_at += kept;
		in->end += kept;
		return 1;
	}
	got = source_read(in, to, room);
	if (got == -EINTR)
		return -EINTR;
	if (got < 0)
		return failed(in, (int)got);
	if (got == 0)
		return no_more(in, PH_TRACE_WHOLE, NULL);
	in->end += got;
	return 1;
}

/* What a call of inflate() says beside the bytes that it gives. false: that was the end of it. */
static bool inflate_goes_on(struct ph_input *in, int rc)
{
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return true;
	if (rc == Z_STREAM_END)
		in->mode = PH_IN_DETECT;
	else if (rc == Z_MEM_ERROR)
		failed(in, -ENOMEM);
	else
		no_more(in, PH_TRACE_DAMAGED, "the gzip stream is damaged");
	return false;
}

static int fill_gzip(struct ph_input *in, uint8_t *to, size_t room)
{
	for (;;) {
		size_t got;
		int rc;

		in->z.next_in = in->raw + in->raw_at;
		in->z.avail_in = (uInt)(in->raw_end - in->raw_at);
		in->z.next_out = to;
		in->z.avail_out = (uInt)room;
		/* Also without input: zlib may have kept what the last window had no room for. */
		rc = inflate(&in->z, Z_SYNC_FLUSH);
		in->raw_at = in->raw_end - in->z.avail_in;
		got = room - in->z.avail_out;
		in->end += got;
		if (!inflate_goes_on(in, rc) || got)
			return 1;
		rc = raw_fill(in);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return in->state == PH_TRACE_READING ? no_more(in, PH_TRACE_CUT, "the gzip stream ends early") :
							       0;
	}
}

/* Adds to the window if it can. 1: go on, 0: in->state has been set, -EINTR. */
static int fill(struct ph_input *in)
{
	size_t room;
	int rc;

	if (in->mode == PH_IN_DETECT) {
		rc = detect(in);
		if (rc <= 0)
			return rc;
	}
	if (!window_room(in, &room))
		return failed(in, -ENOMEM);
	return (in->mode == PH_IN_GZIP ? fill_gzip : fill_plain)(in, in->buf + (in->end - in->buf), room);
}

static void pay(struct ph_input *in)
{
	size_t left = (size_t)(in->end - in->at);
	size_t n = in->owed < left ? (size_t)in->owed : left;

	if (n == 0) /* there may be no window yet */
		return;
	in->at += n;
	in->owed -= n;
}

int ph_input_need(struct ph_input *in, size_t n)
{
	for (;;) {
		int rc;

		pay(in);
		if (in->owed == 0 && (size_t)(in->end - in->at) >= n)
			return 1;
		if (in->state != PH_TRACE_READING)
			return 0;
		rc = fill(in);
		if (rc < 0)
			return rc;
	}
}

void ph_input_skip(struct ph_input *in, uint64_t n)
{
	in->owed += n;
	pay(in);
}

uint64_t ph_input_done(const struct ph_input *in)
{
	if (in->mode == PH_IN_PLACE)
		return ph_input_offset(in, in->at);
	if (in->mode == PH_IN_PLAIN)
		return in->taken - (in->raw_end - in->raw_at) - (uint64_t)(in->end - in->at);
	return in->taken - (in->raw_end - in->raw_at);
}

static void in_place(struct ph_input *in, const uint8_t *from, const uint8_t *to)
{
	in->mode = PH_IN_PLACE;
	in->state = PH_TRACE_WHOLE;
	in->at = from;
	in->end = to;
	in->shift = 0 - (uint64_t)(uintptr_t)from;
}

static void input_init(struct ph_input *in)
{
	*in = (struct ph_input){ .fd = -1, .state = PH_TRACE_READING, .mode = PH_IN_DETECT };
}

int ph_input_open_memory(struct ph_input *in, const void *data, size_t len, size_t chunk)
{
	const uint8_t *p = data;

	input_init(in);
	in->memory = p;
	in->memory_len = len;
	in->size = len;
	in->chunk = chunk;
	if (!chunk && !(len >= 2 && p[0] == 0x1f && p[1] == 0x8b))
		in_place(in, p, p + len);
	return 0;
}

/* A plain regular file needs no detour through raw bytes; its size is for who wants to know how far we are. */
static void look_at_file(struct ph_input *in, const struct stat *st)
{
	off_t from = lseek(in->fd, 0, SEEK_CUR);
	uint8_t magic[2];

	if (!S_ISREG(st->st_mode) || from < 0 || from >= st->st_size)
		return;
	in->size = (uint64_t)(st->st_size - from);
	posix_fadvise(in->fd, from, 0, POSIX_FADV_SEQUENTIAL);
	if (pread(in->fd, magic, sizeof magic, from) == (ssize_t)sizeof magic &&
	    !(magic[0] == 0x1f && magic[1] == 0x8b))
		in->mode = PH_IN_PLAIN;
}

int ph_input_open(struct ph_input *in, const char *path, char *err, size_t errlen)
{
	const bool standard = strcmp(path, "-") == 0;
	struct stat st;
	int rc;

	input_init(in);
	in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	in->close_fd = !standard;
	if (in->fd < 0 || fstat(in->fd, &st) < 0) {
		rc = -errno;
		snprintf(err, errlen, "cannot open %s: %s", standard ? "standard input" : path, strerror(-rc));
		ph_input_close(in);
		return rc;
	}
	if (S_ISDIR(st.st_mode)) {
		snprintf(err, errlen, "%s is a directory, not a trace file", standard ? "standard input" : path);
		ph_input_close(in);
		return -EISDIR;
	}
	look_at_file(in, &st);
	return 0;
}

void ph_input_close(struct ph_input *in)
{
	if (in->close_fd && in->fd >= 0)
		close(in->fd);
	in->fd = -1;
	if (in->z_ready)
		inflateEnd(&in->z);
	in->z_ready = false;
	free(in->raw);
	free(in->buf);
	in->raw = in->buf = NULL;
}
