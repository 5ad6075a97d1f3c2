/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace bytes on their way to a file (sink.h). The caller fills chunks; a thread (sink_thread.c) packs and writes them in their
 * order. The two meet in a queue under one lock, which the caller takes once a chunk.
 *
 * Who calls it: the writer, from one thread.
 */
#include "collector/trace/sink_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEFAULT_CHUNKS 32
#define LEAST_CHUNKS 4
#define RESERVED 2
#define GZIP_LEVEL 2 /* a capture outruns higher ones, which make files a tenth smaller */
#define LAST_GRACE_NS (200u * 1000000u)

/* --- opening -------------------------------------------------------------------------------------------------------------- */

static int init_locks(struct ph_sink *s)
{
	pthread_condattr_t attr;
	int err;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	err = pthread_cond_init(&s->done, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

static int init_packer(struct ph_sink *s)
{
	if (!s->opts.gzip)
		return 0;
	s->packed = malloc(PACK_BYTES);
	s->z_open = s->packed && deflateInit2(&s->z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	return s->z_open ? 0 : -ENOMEM;
}

/* Signals are for the program's other threads; and a pipe without a reader is an error here, not the end of the program. */
static int start_thread(struct ph_sink *s)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&s->thread, NULL, sink_run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static bool copy_sources(struct ph_sink *s)
{
	size_t n = s->opts.nsources;

	s->sources = calloc(n ? n : 1, sizeof *s->sources);
	if (s->sources && n)
		memcpy(s->sources, s->opts.sources, n * sizeof *s->sources);
	return s->sources;
}

static struct ph_sink *new_sink(const char *path, const struct ph_sink_opts *opts)
{
	struct ph_sink *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->opts = *opts;
	if (!s->opts.flush_ns)
		s->opts.flush_ns = SECOND;
	if (!s->opts.chunks)
		s->opts.chunks = DEFAULT_CHUNKS;
	if (s->opts.chunks < LEAST_CHUNKS)
		s->opts.chunks = LEAST_CHUNKS;
	s->tail = &s->head;
	s->fd = -1;
	s->files = s->file = 1;
	init_locks(s);
	s->wake = eventfd(0, EFD_CLOEXEC);
	s->path = strdup(path);
	if (s->wake >= 0 && s->path && copy_sources(s) && init_packer(s) == 0)
		return s;
	sink_free(s);
	return NULL;
}

int ph_sink_open(struct ph_sink **out, const char *path, const struct ph_sink_opts *opts, char *err, size_t errlen)
{
	struct ph_sink *s = new_sink(path, opts);
	int ret;

	*out = NULL;
	if (!s) {
		snprintf(err, errlen, "cannot write %s: out of memory", path);
		return -ENOMEM;
	}
	ret = sink_open_file(s, path);
	if (ret == 0)
		ret = start_thread(s);
	if (ret < 0) {
		snprintf(err, errlen, "cannot write %s: %s", sink_is_stdout(path) ? "standard output" : path,
			 sink_why(-ret));
		if (s->fd >= 0 && s->is_ours)
			close(s->fd);
		sink_free(s);
		return ret;
	}
	*out = s;
	return 0;
}

/* --- the caller: warnings ---------------------------------------------------------------------------------------------------- */

static void warn(struct ph_sink *s, const char *path, const char *what)
{
	char line[1024];

	if (!s->opts.warn)
		return;
	snprintf(line, sizeof line, "%s%s", sink_is_stdout(path) ? "standard output" : path, what);
	s->opts.warn(s->opts.warn_arg, line);
}

static void say_trouble(struct ph_sink *s, enum trouble trouble, int err, const char *path)
{
	char line[1024];

	if (!s->opts.warn)
		return;
	if (trouble == NO_TROUBLE) {
		warn(s, path, s->said == CANNOT_OPEN ? " can be opened again" : " can be written again");
		return;
	}
	snprintf(line, sizeof line, "cannot %s %s: %s; %s until %s", trouble == CANNOT_OPEN ? "open" : "write",
		 sink_is_stdout(path) ? "standard output" : path, strerror(err),
		 s->waits ? "waiting" : "events are dropped", trouble == CANNOT_OPEN ? "it can be" : "there is");
	s->opts.warn(s->opts.warn_arg, line);
}

/* Says what has changed since it was last called. */
static void tell(struct ph_sink *s)
{
	enum trouble trouble;
	char path[512] = "";
	bool over;
	int err;

	pthread_mutex_lock(&s->lock);
	trouble = s->trouble;
	err = s->trouble_err;
	over = s->slow != NOT_SLOW && trouble == NO_TROUBLE && s->queued == 0;
	if (trouble != s->said || over)
		snprintf(path, sizeof path, "%s", s->path);
	pthread_mutex_unlock(&s->lock);
	if (trouble != s->said)
		say_trouble(s, trouble, err, path);
	s->said = trouble;
	if (trouble != NO_TROUBLE && s->slow == NOT_SLOW)
		s->slow = SLOW_AFTER_TROUBLE;
	if (!over)
		return;
	if (s->slow == SLOW)
		warn(s, path, " is written fast enough again");
	s->slow = NOT_SLOW;
}

/* There is no room, and no trouble that would be said for itself. */
static void tell_slow(struct ph_sink *s)
{
	bool in_trouble;
	char path[512];

	if (s->slow)
		return;
	pthread_mutex_lock(&s->lock);
	in_trouble = s->trouble != NO_TROUBLE;
	snprintf(path, sizeof path, "%s", s->path);
	pthread_mutex_unlock(&s->lock);
	s->slow = in_trouble ? SLOW_AFTER_TROUBLE : SLOW;
	if (!in_trouble)
		warn(s, path, " is written too slowly; events are dropped until it has caught up");
}

/* --- the caller: chunks ------------------------------------------------------------------------------------------------------ */

static void enqueue(struct ph_sink *s, struct item *i)
{
	i->next = NULL;
	pthread_mutex_lock(&s->lock);
	*s->tail = i;
	s->tail = &i->next;
	s->queued++;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

static void hand_over(struct ph_sink *s)
{
	if (s->cur && s->cur->len)
		enqueue(s, s->cur);
	else if (s->cur)
		return;
	s->cur = NULL;
	s->unflushed_since = 0;
}

static struct item *new_item(enum item_kind kind, size_t cap)
{
	struct item *i = malloc(sizeof *i + cap);

	if (i)
		*i = (struct item){ .kind = kind, .cap = cap };
	return i;
}

static struct timespec in_a_second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec++;
	return ts;
}

/* Since when a disk takes nothing that somebody waits for, and when that has been long enough. */
struct patience {
	uint64_t since, progress;
};

static struct patience new_patience(const struct ph_sink *s)
{
	return (struct patience){ sink_now_ns(), s->progress };
}

static bool is_in_a_hurry(const struct ph_sink *s)
{
	return s->opts.hurry && *s->opts.hurry;
}

static bool has_run_out(const struct ph_sink *s, struct patience *p, uint64_t ns)
{
	uint64_t hurry_ns = s->opts.hurry_ms * 1000000ull;

	if (s->progress != p->progress)
		*p = new_patience(s);
	if (is_in_a_hurry(s) && hurry_ns < ns)
		ns = hurry_ns;
	return sink_now_ns() - p->since >= ns;
}

/* Counts one more chunk as used; *spare is one to use again, or NULL. false: there may be none. */
static bool claim(struct ph_sink *s, bool wait, bool reserve, struct item **spare)
{
	size_t limit = reserve ? s->opts.chunks : s->opts.chunks - RESERVED;
	struct patience patience = new_patience(s);
	bool ok;

	pthread_mutex_lock(&s->lock);
	while (wait && s->chunks >= limit && !s->failed) {
		struct timespec until = in_a_second();

		if (pthread_cond_timedwait(&s->done, &s->lock, &until) == 0)
			continue;
		if (has_run_out(s, &patience, UINT64_MAX))
			break;
		pthread_mutex_unlock(&s->lock);
		tell(s);
		pthread_mutex_lock(&s->lock);
	}
	ok = s->chunks < limit && !s->failed;
	*spare = ok ? s->spare : NULL;
	if (*spare)
		s->spare = (*spare)->next;
	s->chunks += ok;
	pthread_mutex_unlock(&s->lock);
	return ok;
}

static bool fresh_chunk(struct ph_sink *s, bool wait, bool reserve)
{
	struct item *i;

	s->waits = wait;
	if (!claim(s, wait, reserve, &i)) {
		if (!s->failed)
			tell_slow(s);
		return false;
	}
	if (!i)
		i = new_item(ITEM_DATA, PH_SINK_CHUNK);
	if (!i) {
		pthread_mutex_lock(&s->lock);
		s->chunks--;
		pthread_mutex_unlock(&s->lock);
		return false;
	}
	i->len = 0;
	i->pooled = true;
	s->cur = i;
	return true;
}

uint8_t *ph_sink_reserve(struct ph_sink *s, size_t n, bool wait, bool reserve)
{
	if (__builtin_expect(s->cur && s->cur->cap - s->cur->len >= n, 1))
		return s->cur->data + s->cur->len;
	if (n > PH_SINK_CHUNK)
		return NULL;
	hand_over(s);
	return fresh_chunk(s, wait, reserve) ? s->cur->data : NULL;
}

void ph_sink_commit(struct ph_sink *s, size_t n)
{
	s->cur->len += n;
	s->appended += n;
}

int ph_sink_append(struct ph_sink *s, const uint8_t *data, size_t n)
{
	struct item *i;

	if (s->failed)
		return -s->failed;
	s->appended += n;
	if (s->cur && s->cur->cap - s->cur->len >= n) {
		memcpy(s->cur->data + s->cur->len, data, n);
		s->cur->len += n;
		return 0;
	}
	i = new_item(ITEM_DATA, n);
	if (!i) {
		s->appended -= n;
		return -ENOMEM;
	}
	hand_over(s);
	memcpy(i->data, data, n);
	i->len = n;
	enqueue(s, i);
	return 0;
}

int ph_sink_next_file(struct ph_sink *s, const char *path)
{
	struct item *i = new_item(ITEM_NEXT_FILE, 0);

	if (i)
		i->path = strdup(path);
	if (!i || !i->path) {
		free(i);
		return -ENOMEM;
	}
	hand_over(s);
	enqueue(s, i);
	s->appended = 0;
	s->files++;
	return 0;
}

int ph_sink_poll(struct ph_sink *s, uint64_t now)
{
	bool busy;

	tell(s);
	if (s->failed)
		return -s->failed;
	if (!s->cur || !s->cur->len)
		return 0;
	if (!s->unflushed_since)
		s->unflushed_since = now ? now : 1;
	if (now - s->unflushed_since < s->opts.flush_ns)
		return 0;
	/* Half empty chunks behind one that cannot be written would use up the queue, and bring nothing to the disk. */
	pthread_mutex_lock(&s->lock);
	busy = s->queued > 0;
	pthread_mutex_unlock(&s->lock);
	if (!busy)
		hand_over(s);
	return 0;
}

void ph_sink_position(const struct ph_sink *s, uint64_t *written, uint64_t *appended)
{
	*written = s->file == s->files ? s->written : 0;
	*appended = s->appended;
}

/* --- the end ------------------------------------------------------------------------------------------------------------------- */

/* True when the thread has ended within ns of the last byte that the system took. */
static bool wait_ended(struct ph_sink *s, uint64_t ns)
{
	struct patience patience = new_patience(s);
	bool ended;

	pthread_mutex_lock(&s->lock);
	while (!s->ended) {
		uint64_t next = sink_now_ns() + (ns < SECOND ? ns : SECOND);
		struct timespec ts = { (time_t)(next / SECOND), (long)(next % SECOND) };

		pthread_cond_timedwait(&s->done, &s->lock, &ts);
		if (!s->ended && has_run_out(s, &patience, ns))
			break;
		if (s->trouble != s->said) {
			pthread_mutex_unlock(&s->lock);
			tell(s);
			pthread_mutex_lock(&s->lock);
		}
	}
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	return ended;
}

static void order_end(struct ph_sink *s, struct item *end)
{
	hand_over(s);
	enqueue(s, end);
}

static void give_up(struct ph_sink *s)
{
	uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	s->give_up = true;
	pthread_mutex_unlock(&s->lock);
	if (write(s->wake, &one, sizeof one) < 0)
		return; /* the counter is full: the thread is woken in any case */
}

static int say_end(const struct ph_sink *s, int err, char *line, size_t len)
{
	uint64_t missing = s->missing;

	if (err)
		snprintf(line, len, "cannot write %s: %s; the end of the file is missing%s%.0llu%s",
			 sink_is_stdout(s->path) ? "standard output" : s->path, sink_why(err),
			 missing ? ", up to " : "", (unsigned long long)missing, missing ? " bytes of it" : "");
	return -err;
}

int ph_sink_close(struct ph_sink *s, unsigned patience_ms, char *err, size_t errlen)
{
	struct item *end = new_item(ITEM_END, 0);
	bool ended;
	int ret;

	while (!end) { /* without it the thread would go on for ever */
		poll(NULL, 0, 10);
		end = new_item(ITEM_END, 0);
	}
	order_end(s, end);
	if (!wait_ended(s, patience_ms * 1000000ull)) {
		give_up(s);
		wait_ended(s, LAST_GRACE_NS);
	}
	pthread_mutex_lock(&s->lock);
	ended = s->ended;
	s->abandoned = !ended;
	ret = say_end(s, s->end_err ? s->end_err : ended ? 0 : ETIMEDOUT, err, errlen);
	if (!ended)
		pthread_detach(s->thread);
	pthread_mutex_unlock(&s->lock);
	if (!ended)
		return ret; /* it is in the middle of a write(2) that does not return */
	pthread_join(s->thread, NULL);
	sink_free(s);
	return ret;
}
