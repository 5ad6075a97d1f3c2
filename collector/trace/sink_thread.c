/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink's thread: takes chunks in their order, packs them and writes them to the file, and has patience with it.
 *
 * Who calls it: sink.c, which starts it.
 */
#include "collector/trace/sink_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MS 1000 /* of a full disk, or a file that cannot be opened */
#define PIPE_PIECE 4096u /* what a pipe that poll() calls writable takes without blocking */

/* --- the file ------------------------------------------------------------------------------------------------------ */

static void fail(struct ph_sink *s, int err)
{
	pthread_mutex_lock(&s->lock);
	if (!s->failed)
		s->failed = err;
	if (!s->end_err)
		s->end_err = err;
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
}

static void set_trouble(struct ph_sink *s, enum trouble trouble, int err)
{
	pthread_mutex_lock(&s->lock);
	s->trouble = trouble;
	s->trouble_err = err;
	pthread_mutex_unlock(&s->lock);
}

static bool must_give_up(struct ph_sink *s, int err)
{
	bool give_up;

	pthread_mutex_lock(&s->lock);
	give_up = s->give_up;
	if (give_up && !s->end_err)
		s->end_err = err;
	pthread_mutex_unlock(&s->lock);
	return give_up;
}

/* Waits; false: what is to be written is to be left, because of err. */
static bool pause_for(struct ph_sink *s, int ms, int err)
{
	struct pollfd p = { .fd = s->wake, .events = POLLIN };

	poll(&p, 1, ms);
	return !must_give_up(s, err);
}

/* Until a pipe takes bytes. false as above. */
static bool wait_writable(struct ph_sink *s)
{
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLOUT }, { .fd = s->wake, .events = POLLIN } };

	for (;;) {
		int n = poll(p, 2, -1);

		if (n > 0 && p[0].revents)
			return true;
		if ((n > 0 || (n < 0 && errno != EINTR)) && must_give_up(s, ETIMEDOUT))
			return false;
	}
}

static bool is_full(int err)
{
	return err == ENOSPC || err == EDQUOT;
}

/* All of it, however long it takes. false: it cannot be, or is to be left. */
static bool put(struct ph_sink *s, const uint8_t *data, size_t n)
{
	bool in_trouble = false;

	while (n > 0) {
		ssize_t put;

		if (!s->is_regular && !wait_writable(s))
			return false;
		put = write(s->fd, data, s->is_regular || n < PIPE_PIECE ? n : PIPE_PIECE);
		if (put > 0) {
			data += put;
			n -= (size_t)put;
			s->written += (uint64_t)put;
			s->progress += (uint64_t)put;
			if (in_trouble)
				set_trouble(s, NO_TROUBLE, 0);
			in_trouble = false;
		} else if (put < 0 && is_full(errno)) {
			int err = errno;

			set_trouble(s, CANNOT_WRITE, err);
			in_trouble = true;
			if (!pause_for(s, RETRY_MS, err))
				return false;
		} else if (put < 0 && errno != EINTR && errno != EAGAIN) {
			fail(s, errno);
			return false;
		}
	}
	return true;
}

static bool pack(struct ph_sink *s, const uint8_t *data, size_t n, int flush)
{
	if (!s->opts.gzip)
		return put(s, data, n);
	s->z.next_in = (Bytef *)(uintptr_t)data;
	s->z.avail_in = (uInt)n;
	do {
		s->z.next_out = s->packed;
		s->z.avail_out = PACK_BYTES;
		deflate(&s->z, flush);
		if (!put(s, s->packed, PACK_BYTES - s->z.avail_out))
			return false;
	} while (s->z.avail_out == 0);
	return true;
}

static bool sync_file(struct ph_sink *s, bool all)
{
	if (!s->is_regular || (all ? fsync(s->fd) : fdatasync(s->fd)) == 0 || errno == EINVAL || errno == EROFS)
		return true;
	fail(s, errno);
	return false;
}

/* Behind a full chunk more are waiting as a rule: the disk is made to take them once in a while, not each for itself. */
/* false: some of it is missing. */
static bool write_data(struct ph_sink *s, const struct item *i)
{
	for (size_t at = 0; at < i->len; at += PH_SINK_CHUNK) {
		size_t n = i->len - at < PH_SINK_CHUNK ? i->len - at : PH_SINK_CHUNK;

		if (!pack(s, i->data + at, n, at + n == i->len ? Z_SYNC_FLUSH : Z_NO_FLUSH))
			return false;
	}
	pthread_mutex_lock(&s->lock);
	bool more = s->head != NULL;
	pthread_mutex_unlock(&s->lock);
	if (more && sink_now_ns() - s->synced_ns < s->opts.flush_ns)
		return true;
	sync_file(s, false);
	s->synced_ns = sink_now_ns();
	return true;
}

static void close_file(struct ph_sink *s, bool whole)
{
	if (s->fd < 0)
		return;
	if (whole && (!s->opts.gzip || pack(s, NULL, 0, Z_FINISH)))
		sync_file(s, true);
	if (s->is_ours && close(s->fd) != 0 && errno != EINTR)
		fail(s, errno);
	s->fd = -1;
}

static bool is_source(const struct ph_sink *s, const struct stat *st)
{
	for (size_t i = 0; i < s->opts.nsources; i++)
		if (s->sources[i].dev == st->st_dev && s->sources[i].ino == st->st_ino)
			return true;
	return false;
}

/* What stood in the file before goes only when it is known which file it is. 0 or a negative errno. */
static int make_empty(struct ph_sink *s)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return -errno;
	s->is_regular = S_ISREG(st.st_mode);
	if (s->is_regular && is_source(s, &st))
		return -IS_SOURCE;
	/* two writers of one file would spoil it for both; a file system without locks lets them */
	if (s->is_regular && s->is_ours && flock(s->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return -IS_WRITTEN;
	return s->is_regular && s->is_ours && ftruncate(s->fd, 0) != 0 ? -errno : 0;
}

int sink_open_file(struct ph_sink *s, const char *path)
{
	int err;

	s->is_ours = !sink_is_stdout(path);
	/* 0600: a capture holds the environments and the data of everybody */
	s->fd = s->is_ours ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : STDOUT_FILENO;
	if (s->fd < 0)
		return -errno;
	err = make_empty(s);
	if (err < 0) {
		if (s->is_ours)
			close(s->fd);
		s->fd = -1;
		return err;
	}
	s->synced_ns = sink_now_ns();
	return 0;
}

static void next_file(struct ph_sink *s, struct item *i)
{
	bool in_trouble = false;
	char *old;
	int err;

	close_file(s, true);
	if (s->opts.gzip)
		deflateReset(&s->z);
	pthread_mutex_lock(&s->lock);
	old = s->path;
	s->path = i->path;
	i->path = NULL;
	pthread_mutex_unlock(&s->lock);
	free(old);
	s->written = 0;
	s->file++;
	while ((err = sink_open_file(s, s->path)) < 0) {
		if (err == -IS_SOURCE || err == -IS_WRITTEN) {
			fail(s, -err);
			return;
		}
		set_trouble(s, CANNOT_OPEN, -err);
		in_trouble = true;
		if (!pause_for(s, RETRY_MS, -err))
			return;
	}
	if (in_trouble)
		set_trouble(s, NO_TROUBLE, 0);
}

/* --- the queue ------------------------------------------------------------------------------------------------------- */

static struct item *take(struct ph_sink *s)
{
	struct item *i;

	pthread_mutex_lock(&s->lock);
	while (!s->head)
		pthread_cond_wait(&s->work, &s->lock);
	i = s->head;
	s->head = i->next;
	if (!s->head)
		s->tail = &s->head;
	pthread_mutex_unlock(&s->lock);
	return i;
}

static void give_back(struct ph_sink *s, struct item *i)
{
	bool pooled = i->pooled;

	if (!pooled) {
		free(i->path);
		free(i);
	}
	pthread_mutex_lock(&s->lock);
	s->queued--;
	if (pooled) {
		i->next = s->spare;
		s->spare = i;
		s->chunks--;
	}
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
}

static void free_items(struct item *i)
{
	while (i) {
		struct item *next = i->next;

		free(i->path);
		free(i);
		i = next;
	}
}

void sink_free(struct ph_sink *s)
{
	if (s->z_open)
		deflateEnd(&s->z);
	free_items(s->head);
	free_items(s->spare);
	free(s->cur);
	free(s->packed);
	free(s->path);
	free(s->sources);
	if (s->wake >= 0)
		close(s->wake);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->done);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static bool still_writes(struct ph_sink *s)
{
	return !s->failed && s->fd >= 0;
}

void *sink_run(void *arg)
{
	struct ph_sink *s = arg;
	bool ended = false, abandoned;

	while (!ended) {
		struct item *i = take(s);

		if (i->kind == ITEM_DATA && !(still_writes(s) && !must_give_up(s, ETIMEDOUT) && write_data(s, i)))
			s->missing += i->len;
		else if (i->kind == ITEM_NEXT_FILE && !s->failed && !must_give_up(s, ETIMEDOUT) && !s->end_err)
			next_file(s, i); /* once something is missing no other file is emptied for nothing */
		ended = i->kind == ITEM_END;
		give_back(s, i);
	}
	close_file(s, !s->failed && !s->end_err);
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	abandoned = s->abandoned;
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
	if (abandoned)
		sink_free(s);
	return NULL;
}
