/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace bytes on their way to a file (sink.h). The caller fills chunks; a thread packs and writes them in their order. The two
 * meet in a queue under one lock, which the caller takes once a chunk.
 *
 * Who calls it: the writer, from one thread.
 */
#include "collector/trace/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define SECOND 1000000000u
#define RETRY_MS 1000 /* of a full disk, or a file that cannot be opened */
#define DEFAULT_CHUNKS 32
#define LEAST_CHUNKS 4
#define RESERVED 2
#define PACK_BYTES (256u << 10)
#define PIPE_PIECE 4096u /* what a pipe that poll() calls writable takes without blocking */
#define GZIP_LEVEL 2 /* a capture outruns higher ones, which make files a tenth smaller */
#define LAST_GRACE_NS (200u * 1000000u)

enum item_kind { ITEM_DATA, ITEM_NEXT_FILE, ITEM_END };

struct item {
	struct item *next;
	enum item_kind kind;
	bool pooled; /* one of the chunks */
	char *path; /* ITEM_NEXT_FILE */
	size_t len, cap;
	uint8_t data[];
};

enum trouble { NO_TROUBLE, CANNOT_WRITE, CANNOT_OPEN };
enum slow { NOT_SLOW, SLOW, SLOW_AFTER_TROUBLE /* which has been said, and is reason enough */ };

struct ph_sink {
	struct ph_sink_opts opts;
	pthread_t thread;
	int wake; /* eventfd: the thread's pauses end */

	/* the caller's */
	struct item *cur; /* being filled */
	uint64_t appended;
	uint64_t unflushed_since; /* by the caller's clock; 0: nothing */
	unsigned files;
	bool waits; /* the caller would rather wait than lose */
	enum slow slow; /* the queue has been full, and not been empty since */
	enum trouble said;

	pthread_mutex_t lock;
	pthread_cond_t work; /* for the thread: there is an item */
	pthread_cond_t done; /* for the caller: there is room, or the end */
	struct item *head, **tail; /* the queue */
	struct item *spare;
	size_t chunks; /* that are not spare */
	size_t queued; /* items that are not yet written */
	enum trouble trouble;
	int trouble_err;
	char *path; /* of the file being written */
	bool give_up; /* what cannot be written now is left */
	bool abandoned; /* nobody waits for the thread any more: it frees the sink */
	bool ended;
	int end_err; /* why the last bytes are missing */

	/* the thread's, looked at by the caller */
	_Atomic int failed; /* the errno for which writing has ended */
	_Atomic uint64_t written; /* of file number file */
	_Atomic unsigned file;
	_Atomic uint64_t progress; /* bytes that the system took, all in all */

	/* the thread's alone */
	int fd; /* -1: none */
	bool is_regular, is_ours;
	uint64_t synced_ns;
	z_stream z;
	bool z_open;
	uint8_t *packed;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* --- the thread: the file --------------------------------------------------------------------------------------------- */

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
static void write_data(struct ph_sink *s, const struct item *i)
{
	for (size_t at = 0; at < i->len; at += PH_SINK_CHUNK) {
		size_t n = i->len - at < PH_SINK_CHUNK ? i->len - at : PH_SINK_CHUNK;

		if (!pack(s, i->data + at, n, at + n == i->len ? Z_SYNC_FLUSH : Z_NO_FLUSH))
			return;
	}
	pthread_mutex_lock(&s->lock);
	bool more = s->head != NULL;
	pthread_mutex_unlock(&s->lock);
	if (more && now_ns() - s->synced_ns < s->opts.flush_ns)
		return;
	sync_file(s, false);
	s->synced_ns = now_ns();
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

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* 0 or a negative errno. */
static int open_file(struct ph_sink *s, const char *path)
{
	struct stat st;

	s->is_ours = !is_stdout(path);
	s->fd = s->is_ours ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
	if (s->fd < 0)
		return -errno;
	if (fstat(s->fd, &st) != 0) {
		int err = errno;

		if (s->is_ours)
			close(s->fd);
		s->fd = -1;
		return -err;
	}
	s->is_regular = S_ISREG(st.st_mode);
	s->synced_ns = now_ns();
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
	while ((err = open_file(s, s->path)) < 0) {
		set_trouble(s, CANNOT_OPEN, -err);
		in_trouble = true;
		if (!pause_for(s, RETRY_MS, -err))
			return;
	}
	if (in_trouble)
		set_trouble(s, NO_TROUBLE, 0);
}

/* --- the thread: the queue ---------------------------------------------------------------------------------------------- */

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

static void free_sink(struct ph_sink *s)
{
	if (s->z_open)
		deflateEnd(&s->z);
	free_items(s->head);
	free_items(s->spare);
	free(s->cur);
	free(s->packed);
	free(s->path);
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

static void *run(void *arg)
{
	struct ph_sink *s = arg;
	bool ended = false, abandoned;

	while (!ended) {
		struct item *i = take(s);

		if (i->kind == ITEM_DATA && still_writes(s) && !must_give_up(s, ETIMEDOUT))
			write_data(s, i);
		else if (i->kind == ITEM_NEXT_FILE && !s->failed)
			next_file(s, i);
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
		free_sink(s);
	return NULL;
}

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
	err = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
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
	if (s->wake >= 0 && s->path && init_packer(s) == 0)
		return s;
	free_sink(s);
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
	ret = open_file(s, path);
	if (ret == 0)
		ret = start_thread(s);
	if (ret < 0) {
		snprintf(err, errlen, "cannot write %s: %s", is_stdout(path) ? "standard output" : path,
			 strerror(-ret));
		if (s->fd >= 0 && s->is_ours)
			close(s->fd);
		free_sink(s);
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
	snprintf(line, sizeof line, "%s%s", is_stdout(path) ? "standard output" : path, what);
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
		 is_stdout(path) ? "standard output" : path, strerror(err), s->waits ? "waiting" : "events are dropped",
		 trouble == CANNOT_OPEN ? "it can be" : "there is");
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

/* Counts one more chunk as used; *spare is one to use again, or NULL. false: there may be none. */
static bool claim(struct ph_sink *s, bool wait, bool reserve, struct item **spare)
{
	size_t limit = reserve ? s->opts.chunks : s->opts.chunks - RESERVED;
	bool ok;

	pthread_mutex_lock(&s->lock);
	while (wait && s->chunks >= limit && !s->failed) {
		struct timespec until = in_a_second();

		if (pthread_cond_timedwait(&s->done, &s->lock, &until) == 0)
			continue;
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
	uint64_t since = now_ns(), seen = s->progress;
	bool ended;

	pthread_mutex_lock(&s->lock);
	while (!s->ended) {
		uint64_t until = since > UINT64_MAX - ns ? UINT64_MAX : since + ns, next = now_ns() + SECOND;
		struct timespec ts;

		if (until < next)
			next = until;
		ts = (struct timespec){ (time_t)(next / SECOND), (long)(next % SECOND) };
		pthread_cond_timedwait(&s->done, &s->lock, &ts);
		if (s->progress != seen) {
			seen = s->progress;
			since = now_ns();
		} else if (!s->ended && now_ns() >= until) {
			break;
		}
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

static int say_end(int err, const char *path, char *line, size_t len)
{
	if (err)
		snprintf(line, len, "cannot write %s: %s; the end of the file is missing",
			 is_stdout(path) ? "standard output" : path, strerror(err));
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
	ended = wait_ended(s, patience_ms * 1000000ull);
	if (!ended) {
		give_up(s);
		ended = wait_ended(s, LAST_GRACE_NS);
	}
	pthread_mutex_lock(&s->lock);
	ended = s->ended;
	s->abandoned = !ended;
	ret = say_end(s->end_err ? s->end_err : ended ? 0 : ETIMEDOUT, s->path, err, errlen);
	if (!ended)
		pthread_detach(s->thread);
	pthread_mutex_unlock(&s->lock);
	if (!ended)
		return ret; /* it is in the middle of a write(2) that does not return */
	pthread_join(s->thread, NULL);
	free_sink(s);
	return ret;
}
