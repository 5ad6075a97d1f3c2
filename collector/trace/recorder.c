/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder (recorder.h). Every event goes into memory (segments.h), whether a file is being written or not; while one is, a
 * cursor follows through memory and hands on to the file's sink as much as that has room for. A slow disk so only makes the cursor
 * lag; events are lost when memory is full before it has come to them.
 *
 * Who calls it: a program, with each event of a live capture.
 */
#include "collector/trace/recorder.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collector/trace/names.h"
#include "collector/trace/segments.h"
#include "collector/trace/sink.h"

#define SECOND 1000000000ull
#define DEFAULT_MEMORY (256u << 20)
#define SEGMENT_MAX (128u << 20)
#define SEGMENTS 8 /* a segment is at most such a part of memory */
#define HEAD_SHARE 50 /* a segment is so many times as long as its head takes: 2 % */
#define PUMP_MAX (4u << 20) /* bytes handed on at a time */
#define POLL_EVENTS 1024u
#define POLL_NS 50000000
#define IDLE_GRACE SECOND /* events may come so much later than they happened */
#define RETRY_NS SECOND
#define PATIENCE_MS 3000u

/* A file; when it is whole a thread of its own closes it, which may take as long as the disk does. */
struct rec_file {
	struct rec_file *next; /* of those that are being closed */
	struct ph_recorder *r;
	struct ph_sink *sink;
	char *path;
	pthread_t thread;
	bool closing, has_thread;
	_Atomic bool done;
	int err;
	char line[512]; /* why the end is missing */
	char said[512]; /* a warning of the sink while it was being closed */
};

/* What of memory is in the file. */
struct cursor {
	struct segment *seg;
	size_t i;
	uint64_t from, until; /* event time: shown from .. until */
	bool head_due; /* the segment's head stands in front of the next event */
	uint64_t lost, lost_state, lost_from, lost_to; /* that no gap record tells yet */
	bool loss_said;
};

struct ph_recorder {
	struct ph_recorder_opts opts;
	struct ph_names *names;
	char name[PATH_MAX + 32]; /* the last one */
	char name_again[PATH_MAX + 48]; /* .. with a number */
	unsigned again; /* files of that name */

	struct segments mem;
	uint64_t base_ns, segment_ns; /* how long a segment is, at least and now */
	size_t segment_max; /* bytes */
	uint64_t last_ts; /* the newest event */
	uint64_t dropped_ts; /* the newest one that was dropped for want of memory */

	struct rec_file *file; /* NULL: none is being written */
	struct cursor cur;
	struct rec_file *closing;
	uint64_t retry_ts; /* until then no file is tried again */
	bool open_failed;
	bool close_failed, wait_for_disk; /* the last file could not be finished; said once in a row */

	uint64_t idle_since; /* monotonic; 0: there have been events since the last poll */
	uint64_t polled_ts;
	unsigned unpolled;
	struct ph_recorder_stats stats;
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void warn(struct ph_recorder *r, const char *line)
{
	if (r->opts.file.warn)
		r->opts.file.warn(r->opts.file.warn_arg, line);
}

/* --- files -------------------------------------------------------------------------------------------------------------- */

/* The sink's warnings; those while it is closed come from another thread and wait. */
static void sink_warns(void *arg, const char *line)
{
	struct rec_file *f = arg;

	if (f->closing)
		snprintf(f->said, sizeof(f->said), "%s", line);
	else
		warn(f->r, line);
}

static void free_file(struct rec_file *f)
{
	free(f->path);
	free(f);
}

static int file_open(struct ph_recorder *r, const char *path, char *err, size_t errlen)
{
	struct ph_sink_opts so = { .size = sizeof(so), .gzip = r->opts.file.gzip, .flush_ns = r->opts.file.flush_ns };
	struct rec_file *f = calloc(1, sizeof(*f));
	int ret;

	if (f)
		f->path = strdup(path);
	if (!f || !f->path) {
		free(f);
		snprintf(err, errlen, "cannot write a recording: out of memory");
		return -ENOMEM;
	}
	f->r = r;
	/* All of memory may be on its way to the disk: that is no reason to speak of a slow one. */
	so.chunks = r->opts.memory_bytes / PH_SINK_CHUNK + 32;
	so.warn = sink_warns;
	so.warn_arg = f;
	ret = ph_sink_open(&f->sink, path, &so, err, errlen);
	if (ret < 0) {
		free_file(f);
		return ret;
	}
	r->file = f;
	r->stats.files++;
	return 0;
}

static void *close_sink(void *arg)
{
	struct rec_file *f = arg;

	f->err = ph_sink_close(f->sink, PATIENCE_MS, f->line, sizeof(f->line));
	f->done = true;
	return NULL;
}

/* The file is whole. */
static void file_end(struct ph_recorder *r)
{
	struct rec_file *f = r->file;

	r->file = NULL;
	f->closing = true;
	f->next = r->closing;
	r->closing = f;
	f->has_thread = pthread_create(&f->thread, NULL, close_sink, f) == 0;
	if (!f->has_thread)
		close_sink(f);
}

/* A recording that found no room at all is of no use. */
static void remove_if_empty(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		unlink(path);
}

/* Takes leave of files that are closed: all, those of a name, or those that need no waiting for. Returns the first error. */
static int file_reap(struct ph_recorder *r, bool all, const char *path, char *err, size_t errlen)
{
	int ret = 0;

	for (struct rec_file **at = &r->closing, *f; (f = *at);) {
		if (!all && !f->done && !(path && strcmp(f->path, path) == 0)) {
			at = &f->next;
			continue;
		}
		if (f->has_thread)
			pthread_join(f->thread, NULL);
		*at = f->next;
		if (f->said[0] && !r->close_failed)
			warn(r, f->said);
		if (f->err < 0)
			remove_if_empty(f->path);
		if (f->err < 0 && ret == 0 && err) {
			ret = f->err;
			snprintf(err, errlen, "%s", f->line);
		} else if (f->err < 0 && !r->close_failed) {
			warn(r, f->line);
		}
		r->close_failed = f->err < 0;
		r->wait_for_disk |= f->err < 0;
		free_file(f);
	}
	return ret;
}

/* A template may give a name twice; each recording is a file of its own all the same. */
static const char *next_name(struct ph_recorder *r, uint64_t ts)
{
	const char *name = ph_names_next(r->names, ts);

	if (name) {
		snprintf(r->name, sizeof(r->name), "%s", name);
		if (ph_names_retired(r->names))
			unlink(ph_names_retired(r->names));
		r->again = 0;
		return r->name;
	}
	snprintf(r->name_again, sizeof(r->name_again), "%s.%u", r->name, ++r->again);
	return r->name_again;
}

/* --- memory to file ------------------------------------------------------------------------------------------------------- */

static int write_gap(struct ph_recorder *r)
{
	struct ph_bytes b = { 0 };
	struct cursor *c = &r->cur;
	int err = ph_encode_gap(&b, c->lost, c->lost_state, c->lost_from, c->lost_to);

	if (err == 0)
		err = ph_sink_append(r->file->sink, b.data, b.len);
	if (err == 0)
		c->lost = c->lost_state = 0;
	ph_bytes_fini(&b);
	return err;
}

/* What stands in front of an event: of a loss, and the state, at the beginning or behind the loss. */
static int write_head(struct ph_recorder *r)
{
	struct cursor *c = &r->cur;
	int err = c->lost ? write_gap(r) : 0;

	if (err == 0)
		err = ph_sink_append(r->file->sink, c->seg->head.data, c->seg->head.len);
	if (err == 0)
		c->head_due = false;
	return err;
}

enum pumped { PUMPED, NO_ROOM };

/* Events of runtimes and files may be larger than a chunk. */
static enum pumped pump_large(struct ph_recorder *r, const struct seg_event *e, const uint8_t *from, bool hide)
{
	size_t max = seg_hidden_max(e->len);
	uint8_t *copy = hide ? malloc(max) : NULL;
	int err = hide && !copy ? -ENOMEM : 0;

	if (err == 0 && r->cur.head_due)
		err = write_head(r);
	if (err == 0)
		err = hide ? ph_sink_append(r->file->sink, copy, seg_hide(copy, from, e->len)) :
			     ph_sink_append(r->file->sink, from, e->len);
	free(copy);
	return err == 0 ? PUMPED : NO_ROOM;
}

static enum pumped pump_event(struct ph_recorder *r, const struct seg_event *e)
{
	const uint8_t *from = r->cur.seg->bytes.data + e->at;
	bool hide = e->ts < r->cur.from && e->kind != SEG_RECORD;
	size_t n = hide ? seg_hidden_max(e->len) : e->len;
	uint8_t *to;

	if (hide && e->kind == SEG_SHOWN)
		return PUMPED;
	if (n > PH_SINK_CHUNK)
		return pump_large(r, e, from, hide);
	to = ph_sink_reserve(r->file->sink, n, false, e->kind != SEG_SHOWN);
	if (to && r->cur.head_due)
		to = write_head(r) == 0 ? ph_sink_reserve(r->file->sink, n, false, true) : NULL;
	if (!to)
		return NO_ROOM;
	if (hide) {
		ph_sink_commit(r->file->sink, seg_hide(to, from, e->len));
		return PUMPED;
	}
	memcpy(to, from, n);
	ph_sink_commit(r->file->sink, n);
	return PUMPED;
}

/*
 * Hands on what has room, at most max bytes; ends the file behind its last event. true: there was nothing more to be handed on.
 */
static bool pump(struct ph_recorder *r, size_t max)
{
	struct cursor *c = &r->cur;

	for (size_t n = 0; r->file && n < max;) {
		const struct seg_event *e;

		if (c->i == c->seg->n) {
			if (!c->seg->next)
				return true;
			c->seg = c->seg->next;
			c->i = 0;
			continue;
		}
		e = &c->seg->events[c->i];
		if (e->ts > c->until) {
			file_end(r);
			return true;
		}
		if (pump_event(r, e) == NO_ROOM)
			return false;
		n += e->len;
		c->i++;
	}
	return !r->file;
}

/* --- memory -------------------------------------------------------------------------------------------------------------- */

/* The first segment goes before the cursor has come to its end. */
static void lose_rest(struct ph_recorder *r)
{
	struct cursor *c = &r->cur;
	char line[PATH_MAX + 128];

	for (; c->i < c->seg->n; c->i++) {
		const struct seg_event *e = &c->seg->events[c->i];

		if (e->ts > c->until || (e->ts < c->from && e->kind == SEG_SHOWN))
			continue;
		if (c->lost++ == 0)
			c->lost_from = e->ts;
		c->lost_to = e->ts;
		c->lost_state += e->kind != SEG_SHOWN;
		r->stats.lost++;
	}
	c->seg = c->seg->next;
	c->i = 0;
	c->head_due = true;
	if (c->lost == 0 || c->loss_said)
		return;
	c->loss_said = true;
	snprintf(line, sizeof(line), "%s is written too slowly for %zu MB of memory; events are missing in it",
		 r->file->path, r->opts.memory_bytes >> 20);
	warn(r, line);
}

static void drop_for_memory(struct ph_recorder *r)
{
	const struct segment *s = r->mem.first;

	if (s->n)
		r->dropped_ts = s->events[s->n - 1].ts;
	if (r->file && r->cur.seg == s)
		lose_rest(r);
	seg_drop_first(&r->mem);
}

static void drop_old(struct ph_recorder *r)
{
	struct segments *m = &r->mem;

	while (m->first != m->last && add(m->first->next->from_ts, r->opts.before_ns) <= r->last_ts &&
	       !(r->file && r->cur.seg == m->first))
		seg_drop_first(m);
	while (m->first != m->last && m->size > r->opts.memory_bytes)
		drop_for_memory(r);
}

static bool segment_is_over(const struct ph_recorder *r, uint64_t ts)
{
	const struct segment *s = r->mem.last;

	return !s || (s->n > 0 && ts > s->from_ts && ts - s->from_ts >= r->segment_ns) ||
	       s->bytes.len >= r->segment_max;
}

static int begin_segment(struct ph_recorder *r, uint64_t ts)
{
	struct ph_encode_head head = r->opts.file.head;
	uint64_t began = clock_ns(), took;
	int err;

	head.ts_ns = ts;
	head.redact = r->opts.file.encode.redact;
	head.modern = r->opts.file.encode.exit_only;
	err = seg_begin(&r->mem, &head);
	took = (clock_ns() - began) * HEAD_SHARE;
	r->segment_ns = took > r->base_ns ? took : r->base_ns;
	return err;
}

/* --- triggers ------------------------------------------------------------------------------------------------------------- */

static void say_shortened(struct ph_recorder *r, uint64_t ts)
{
	uint64_t have = ts - r->mem.first->from_ts;
	char line[PATH_MAX + 160];

	if (r->dropped_ts == 0 || r->dropped_ts < r->cur.from)
		return;
	r->stats.shortened++;
	snprintf(line, sizeof(line),
		 "%s begins %llu.%llu s before what it is about: more has no room in %zu MB of memory", r->file->path,
		 (unsigned long long)(have / SECOND), (unsigned long long)(have % SECOND / (SECOND / 10)),
		 r->opts.memory_bytes >> 20);
	warn(r, line);
}

static void begin_file(struct ph_recorder *r, uint64_t ts)
{
	struct segment *s = r->mem.first;
	const char *path;
	char err[512];

	if (ts < r->retry_ts)
		return;
	file_reap(r, false, NULL, NULL, 0);
	if (r->wait_for_disk) { /* the last recording could not be finished: the next one could not either */
		r->wait_for_disk = false;
		r->retry_ts = add(ts, RETRY_NS);
		return;
	}
	path = next_name(r, ts);
	file_reap(r, false, path, NULL, 0);
	if (file_open(r, path, err, sizeof(err)) < 0) {
		if (!r->open_failed)
			warn(r, err);
		r->open_failed = true;
		r->retry_ts = add(ts, RETRY_NS);
		return;
	}
	r->open_failed = false;
	r->cur = (struct cursor){ .until = add(ts, r->opts.after_ns), .head_due = true };
	r->cur.from = ts > r->opts.before_ns ? ts - r->opts.before_ns : 0;
	while (s->next && s->next->from_ts <= r->cur.from)
		s = s->next;
	r->cur.seg = s;
	say_shortened(r, ts);
}

static void trigger(struct ph_recorder *r, uint64_t ts)
{
	uint64_t until = add(ts, r->opts.after_ns);

	r->stats.triggers++;
	if (!r->file)
		begin_file(r, ts);
	else if (until > r->cur.until)
		r->cur.until = until;
}

/* --- the interface --------------------------------------------------------------------------------------------------------- */

static int check_path(const char *path, char *err, size_t errlen)
{
	char copy[PATH_MAX];
	const char *folder;
	int failed;

	if (strcmp(path, "-") == 0) {
		snprintf(err, errlen,
			 "recordings are files of their own: standard output cannot take them, -w needs a name");
		return -EINVAL;
	}
	if (strlen(path) >= sizeof(copy)) {
		snprintf(err, errlen, "cannot write %s: %s", path, strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	strcpy(copy, path);
	folder = dirname(copy);
	/* The first file may come days later: who starts a recorder wants to know now. */
	if (strchr(folder, '%') || access(folder, W_OK | X_OK) == 0)
		return 0;
	failed = errno;
	snprintf(err, errlen, "cannot write files in %s: %s", folder, strerror(failed));
	return -failed;
}

static int init(struct ph_recorder *r, const struct ph_recorder_opts *opts)
{
	struct ph_names_opts names = { .base = opts->file.path, .timed = strchr(opts->file.path, '%') != NULL };

	r->opts = *opts;
	r->opts.file.path = NULL; /* names have it */
	if (!r->opts.memory_bytes)
		r->opts.memory_bytes = DEFAULT_MEMORY;
	r->segment_max = r->opts.memory_bytes / SEGMENTS < SEGMENT_MAX ? r->opts.memory_bytes / SEGMENTS : SEGMENT_MAX;
	r->base_ns = opts->before_ns / 4 > SECOND ? opts->before_ns / 4 : SECOND;
	names.ring = opts->file.ring;
	names.numbered = !names.timed || names.ring;
	r->names = ph_names_new(&names);
	return r->names ? 0 : -errno;
}

int ph_recorder_open(struct ph_recorder **out, const struct ph_recorder_opts *opts, char *err, size_t errlen)
{
	struct ph_recorder *r;
	int ret = check_path(opts->file.path, err, errlen);

	*out = NULL;
	if (ret < 0)
		return ret;
	r = calloc(1, sizeof(*r));
	ret = r ? init(r, opts) : -ENOMEM;
	if (ret < 0) {
		snprintf(err, errlen, "cannot write %s: %s", opts->file.path, strerror(-ret));
		free(r);
		return ret;
	}
	*out = r;
	return 0;
}

/* A sink that has failed has said why, or says it when it is closed. */
static void poll_sink(struct ph_recorder *r)
{
	r->unpolled = 0;
	r->polled_ts = r->last_ts;
	file_reap(r, false, NULL, NULL, 0);
	if (r->file && ph_sink_poll(r->file->sink, clock_ns()) < 0)
		file_end(r);
}

int ph_recorder_event(struct ph_recorder *r, const struct ph_event *ev, bool is_trigger)
{
	enum seg_kind kind = ph_state_follows(r->opts.file.head.state, ev->info) ? SEG_STATE : SEG_SHOWN;

	r->idle_since = 0;
	if (ev->ts > r->last_ts)
		r->last_ts = ev->ts;
	if (segment_is_over(r, ev->ts) && begin_segment(r, ev->ts) < 0 && !r->mem.last) {
		r->stats.lost++;
		return -ENOMEM;
	}
	if (seg_add_event(&r->mem, ev, kind, &r->opts.file.encode) < 0)
		r->stats.lost++;
	drop_old(r);
	pump(r, PUMP_MAX); /* the file may end in front of this event */
	if (is_trigger) {
		trigger(r, ev->ts);
		pump(r, PUMP_MAX);
	}
	if (++r->unpolled >= POLL_EVENTS || (int64_t)(ev->ts - r->polled_ts) >= POLL_NS)
		poll_sink(r);
	return 0;
}

int ph_recorder_container(struct ph_recorder *r, const struct ph_container *c)
{
	const struct ph_encode_head *head = &r->opts.file.head;

	if (!r->mem.last) /* the head will have it */
		return 0;
	if (head->keep_container && !head->keep_container(head->keep_arg, c))
		return 0;
	return seg_add_container(&r->mem, c, r->last_ts, r->opts.file.encode.redact);
}

/* Without events time passes too: the end of a file must not wait for the next one. */
static bool is_past_the_end(struct ph_recorder *r)
{
	uint64_t now = clock_ns();

	if (!r->idle_since) {
		r->idle_since = now;
		return false;
	}
	return add(r->last_ts, now - r->idle_since) > add(r->cur.until, IDLE_GRACE);
}

int ph_recorder_poll(struct ph_recorder *r)
{
	bool past = is_past_the_end(r);

	if (r->file && pump(r, PUMP_MAX) && r->file && past)
		file_end(r);
	poll_sink(r);
	return 0;
}

void ph_recorder_stats(const struct ph_recorder *r, struct ph_recorder_stats *st)
{
	*st = r->stats;
	st->bytes_kept = r->mem.size;
}

/* What is in memory of the file, as long as the disk takes anything. */
static void drain(struct ph_recorder *r)
{
	uint64_t until = clock_ns() + PATIENCE_MS * 1000000ull;
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct cursor at;

	while (r->file) {
		at = r->cur;
		if (pump(r, SIZE_MAX))
			return;
		if (at.seg != r->cur.seg || at.i != r->cur.i)
			until = clock_ns() + PATIENCE_MS * 1000000ull;
		else if (clock_ns() >= until)
			return;
		poll_sink(r);
		nanosleep(&pause, NULL);
	}
}

int ph_recorder_close(struct ph_recorder *r, char *err, size_t errlen)
{
	int ret;

	if (!r)
		return 0;
	drain(r);
	if (r->file)
		file_end(r);
	ret = file_reap(r, true, NULL, err, errlen);
	while (r->mem.first)
		seg_drop_first(&r->mem);
	ph_names_free(r->names);
	free(r);
	return ret;
}
