/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: lines gathered in one buffer, written when a block is full or, where somebody reads along, at each line's end. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "collector/output/output.h"

#define HURRY_MS 1000

int ph_writer_init(struct ph_writer *w, int fd, bool by_line)
{
	*w = (struct ph_writer){ .fd = fd, .by_line = by_line, .buf = malloc(PH_WRITER_BLOCK + PH_SCRATCH_SIZE + 1) };
	return w->buf ? 0 : -ENOMEM;
}

void ph_writer_fini(struct ph_writer *w)
{
	if (w->buf)
		ph_writer_flush(w);
	free(w->buf);
	w->buf = NULL;
}

/*
 * How much may be written now without waiting for ever. A pipe that poll(2) calls writable takes PIPE_BUF bytes at once, so in
 * a hurry it is fed in such pieces.
 */
static size_t portion(struct ph_writer *w, size_t len)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };

	if (!w->hurry || !*w->hurry)
		return len;
	if (poll(&p, 1, HURRY_MS) == 0) {
		w->error = ETIMEDOUT;
		return 0;
	}
	return len < PIPE_BUF ? len : PIPE_BUF;
}

int ph_writer_flush(struct ph_writer *w)
{
	size_t done = 0;

	while (done < w->len && !w->error) {
		size_t len = portion(w, w->len - done);
		ssize_t n = len ? write(w->fd, w->buf + done, len) : 0;

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = w->fd, .events = POLLOUT }, 1, -1);
		else if (errno != EINTR)
			w->error = errno;
	}
	w->len = 0;
	return -w->error;
}

int ph_writer_close(struct ph_writer *w, const struct ph_text *t)
{
	w->len += t->len;
	w->buf[w->len++] = '\n';
	if (w->by_line || w->len >= PH_WRITER_BLOCK)
		return ph_writer_flush(w);
	return -w->error;
}
