/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace writer (writer.h): when a file begins, what stands in it, and what is said of events that found no room.
 *
 * Who calls it: a program, with each event.
 */
#include "collector/trace/writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "collector/trace/names.h"

#define GAP_MAX 128u /* bytes of a gap record, at most */
#define POLL_EVENTS 1024u /* the clock is looked at after so many events at the latest .. */
#define POLL_NS 50000000 /* .. and after so much of event time */
#define CLOSE_PATIENCE_MS 3000u

struct ph_trace_writer {
	struct ph_trace_writer_opts opts;
	struct ph_names *names;
	struct ph_sink *sink; /* NULL: the first file's name is not known yet */
	bool rotates;
	bool head_due; /* a head stands in front of the next event */
	int error; /* for which there is no sink */
	char err_line[512];

	/* of this file */
	uint64_t file_events, file_bytes, file_ts;

	/* what found no room and is not in a gap record yet */
	uint64_t gap, gap_state, gap_from, gap_to;

	uint64_t last_ts; /* of an event; 0: none */
	uint64_t polled_ts;
	unsigned unpolled;
	struct ph_bytes scratch;
	struct ph_trace_writer_stats stats;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* --- files -------------------------------------------------------------------------------------------------------------- */

static void warn(void *arg, const char *line)
{
	struct ph_trace_writer *w = arg;

	if (w->opts.warn)
		w->opts.warn(w->opts.warn_arg, line);
}

/* Whether the first file's name can only be made when an event has come. */
static bool is_timed(const struct ph_trace_writer_opts *o)
{
	return o->rotate_ns && strchr(o->path, '%');
}

static void begin_file(struct ph_trace_writer *w, uint64_t ts)
{
	w->file_events = w->file_bytes = 0;
	w->file_ts = ts;
	w->head_due = true;
	w->stats.files++;
}

static int open_first(struct ph_trace_writer *w, uint64_t ts)
{
	const struct ph_sink_opts so = {
		.size = sizeof so,
		.gzip = w->opts.gzip,
		.flush_ns = w->opts.flush_ns,
		.warn = warn,
		.warn_arg = w,
		.sources = w->opts.sources,
		.nsources = w->opts.nsources,
		.hurry = w->opts.hurry,
		.hurry_ms = CLOSE_PATIENCE_MS,
	};
	const char *path = w->names ? ph_names_next(w->names, ts) : w->opts.path;
	int err = -EINVAL;

	if (path)
		err = ph_sink_open(&w->sink, path, &so, w->err_line, sizeof w->err_line);
	else
		snprintf(w->err_line, sizeof w->err_line, "%s: makes no file name", w->opts.path);
	if (err < 0)
		return w->error = err;
	begin_file(w, ts);
	return 0;
}

/* Where appended bytes count: the head, container and gap records. */
static int append(struct ph_trace_writer *w)
{
	int err = w->scratch.failed ? -ENOMEM : ph_sink_append(w->sink, w->scratch.data, w->scratch.len);

	if (err == 0) {
		w->file_bytes += w->scratch.len;
		w->stats.bytes += w->scratch.len;
	}
	return err;
}

static void scratch_clear(struct ph_trace_writer *w)
{
	w->scratch.len = 0;
	w->scratch.failed = false;
}

static void add_waiting(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu)
{
	struct ph_trace_writer *w = arg;
	size_t max = ph_encode_enter_max(enter);
	uint8_t *to = ph_bytes_grow(&w->scratch, max);

	if (to)
		w->scratch.len -= max - ph_encode_enter(to, enter, cpu, &w->opts.encode);
}

static int write_head(struct ph_trace_writer *w, uint64_t ts)
{
	struct ph_encode_head head = w->opts.head;
	int err;

	head.ts_ns = ts;
	head.redact = w->opts.encode.redact;
	head.modern = w->opts.encode.exit_only;
	scratch_clear(w);
	err = ph_encode_head(&w->scratch, &head);
	/* in the first file they came as events, if they came at all */
	if (err == 0 && w->opts.waiting && w->stats.files > 1)
		w->opts.waiting(w->opts.waiting_arg, add_waiting, w);
	if (err == 0)
		err = append(w);
	if (err == 0)
		w->head_due = false;
	ph_bytes_fini(&w->scratch); /* a head is far larger than what else goes through it */
	return err;
}

static int write_gap(struct ph_trace_writer *w)
{
	int err;

	scratch_clear(w);
	err = ph_encode_gap(&w->scratch, w->gap, w->gap_state, w->gap_from, w->gap_to);
	if (err == 0)
		err = append(w);
	if (err == 0)
		w->gap = w->gap_state = 0;
	return err;
}

static uint64_t file_size(const struct ph_trace_writer *w)
{
	uint64_t written, appended;

	if (!w->opts.gzip)
		return w->file_bytes;
	ph_sink_position(w->sink, &written, &appended);
	return written;
}

static bool is_due(const struct ph_trace_writer *w, uint64_t ts)
{
	const struct ph_trace_writer_opts *o = &w->opts;

	/* While there is no room a new file would have none either, and its head would only wait with the others. */
	if (w->file_events == 0 || w->gap)
		return false;
	return (o->rotate_events && w->file_events >= o->rotate_events) ||
	       (o->rotate_bytes && file_size(w) >= o->rotate_bytes) ||
	       (o->rotate_ns && ts >= w->file_ts && ts - w->file_ts >= o->rotate_ns);
}

static int rotate(struct ph_trace_writer *w, uint64_t ts)
{
	const char *path = ph_names_next(w->names, ts);
	int err;

	if (!path) { /* the same one goes on */
		w->file_events = 0;
		w->file_ts = ts;
		return 0;
	}
	err = ph_sink_next_file(w->sink, path);
	if (ph_names_retired(w->names))
		unlink(ph_names_retired(w->names));
	if (err == 0)
		begin_file(w, ts);
	return err;
}

/* --- opening -------------------------------------------------------------------------------------------------------------- */

static int make_names(struct ph_trace_writer *w, char *err, size_t errlen)
{
	const struct ph_trace_writer_opts *o = &w->opts;
	const struct ph_names_opts no = {
		.base = o->path,
		.timed = is_timed(o),
		.numbered = o->rotate_bytes || o->rotate_events || o->ring || (o->rotate_ns && !is_timed(o)),
		.ring = o->ring,
	};
	int failed;

	w->rotates = o->rotate_bytes || o->rotate_ns || o->rotate_events;
	if (!w->rotates)
		return 0;
	if (strcmp(o->path, "-") == 0) {
		snprintf(err, errlen, "standard output is one file: -C, -G, -e and -W need a name");
		return -EINVAL;
	}
	w->names = ph_names_new(&no);
	if (w->names)
		return 0;
	failed = errno;
	snprintf(err, errlen, "cannot write %s: %s", o->path, strerror(failed));
	return -failed;
}

static void free_writer(struct ph_trace_writer *w)
{
	ph_names_free(w->names);
	ph_bytes_fini(&w->scratch);
	free((char *)(uintptr_t)w->opts.path);
	free(w);
}

int ph_trace_writer_open(struct ph_trace_writer **out, const struct ph_trace_writer_opts *opts, char *err,
			 size_t errlen)
{
	struct ph_trace_writer *w = calloc(1, sizeof *w);
	char *path = strdup(opts->path);
	int ret;

	*out = NULL;
	if (!w || !path) {
		free(w);
		free(path);
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	w->opts = *opts;
	w->opts.path = path;
	ret = make_names(w, err, errlen);
	if (ret == 0 && !is_timed(opts) && (ret = open_first(w, 0)) < 0)
		snprintf(err, errlen, "%s", w->err_line);
	if (ret < 0) {
		free_writer(w);
		return ret;
	}
	*out = w;
	return 0;
}

/* --- events ----------------------------------------------------------------------------------------------------------------- */

static int poll_sink(struct ph_trace_writer *w, uint64_t ts)
{
	w->unpolled = 0;
	w->polled_ts = ts;
	return ph_sink_poll(w->sink, clock_ns(CLOCK_MONOTONIC));
}

/* What is rare: the first event of a file or section, and the end of a loss. */
static int before_event(struct ph_trace_writer *w, uint64_t ts)
{
	int err = w->sink ? 0 : w->error ? w->error : open_first(w, ts);

	if (err == 0 && w->head_due) {
		if (!w->file_ts)
			w->file_ts = ts;
		err = write_head(w, ts);
	}
	return err;
}

static void count_loss(struct ph_trace_writer *w, const struct ph_event *ev)
{
	bool is_state = ev->info->flags & PH_EF_MODIFIES_STATE;

	if (w->gap == 0)
		w->gap_from = ev->ts;
	w->gap_to = ev->ts;
	w->gap++;
	w->gap_state += is_state;
	w->stats.lost++;
	w->stats.lost_state += is_state;
}

static void count_event(struct ph_trace_writer *w, size_t n, bool hidden)
{
	w->file_bytes += n;
	w->stats.bytes += n;
	if (hidden) {
		w->stats.hidden++;
		return;
	}
	w->stats.events++;
	w->file_events++;
}

/* Events of files may be larger than a chunk. */
static int write_large(struct ph_trace_writer *w, const struct ph_event *ev, bool hidden)
{
	uint8_t *to;
	int err;

	scratch_clear(w);
	to = ph_bytes_grow(&w->scratch, ph_encode_event_max(ev));
	if (!to)
		return -ENOMEM;
	w->scratch.len = ph_encode_event(to, ev, hidden, &w->opts.encode);
	err = ph_sink_append(w->sink, w->scratch.data, w->scratch.len);
	if (err == 0 && w->scratch.len)
		count_event(w, w->scratch.len, hidden);
	ph_bytes_fini(&w->scratch);
	return err;
}

static int write_event(struct ph_trace_writer *w, const struct ph_event *ev, bool hidden)
{
	size_t max = ph_encode_event_max(ev), n;
	uint8_t *to;

	if (__builtin_expect(max + GAP_MAX > PH_SINK_CHUNK, 0))
		return write_large(w, ev, hidden);
	to = ph_sink_reserve(w->sink, max + GAP_MAX, !w->opts.live, ev->info->flags & PH_EF_MODIFIES_STATE);
	if (__builtin_expect(!to, 0)) {
		count_loss(w, ev);
		return 0;
	}
	if (__builtin_expect(w->gap != 0, 0)) {
		int err = write_gap(w); /* into the same chunk: there is room for both */

		if (err < 0)
			return err;
		to = ph_sink_reserve(w->sink, max, false, true);
		if (!to)
			return -ENOMEM;
	}
	n = ph_encode_event(to, ev, hidden, &w->opts.encode);
	if (n == 0)
		return 0;
	ph_sink_commit(w->sink, n);
	count_event(w, n, hidden);
	return 0;
}

int ph_trace_writer_event(struct ph_trace_writer *w, const struct ph_event *ev, bool hidden)
{
	int err;

	/* an exit stays in the file that has its enter */
	if (__builtin_expect(w->rotates, 0) && w->sink && !((ev->block & PH_EB_RAW) && PH_IS_EXIT(ev->type)) &&
	    is_due(w, ev->ts)) {
		err = rotate(w, ev->ts);
		if (err < 0)
			return err;
	}
	if (__builtin_expect(w->head_due || !w->sink, 0)) {
		err = before_event(w, ev->enter_ts && ev->enter_ts < ev->ts ? ev->enter_ts : ev->ts);
		if (err < 0)
			return err;
	}
	if (__builtin_expect(!w->file_ts, 0))
		w->file_ts = ev->ts;
	w->last_ts = ev->ts;
	err = write_event(w, ev, hidden);
	if (err < 0)
		return err;
	if (++w->unpolled < POLL_EVENTS && (int64_t)(ev->ts - w->polled_ts) < POLL_NS)
		return 0;
	return poll_sink(w, ev->ts);
}

int ph_trace_writer_block(struct ph_trace_writer *w, const struct ph_evt_hdr *hdr, uint16_t cpu, uint32_t flags,
			  bool large)
{
	size_t n;
	int err = w->sink && w->head_due ? write_head(w, hdr->ts_ns) : w->error;
	uint8_t *to;

	if (err < 0 || !w->sink)
		return err;
	scratch_clear(w);
	to = ph_bytes_grow(&w->scratch, ph_encode_block_max(hdr));
	if (!to)
		return -ENOMEM;
	n = ph_encode_block(to, hdr, cpu, flags, large);
	w->scratch.len = n;
	err = append(w);
	ph_bytes_fini(&w->scratch);
	return err;
}

/* The time of what has none: the last event's. */
static uint64_t stream_ts(const struct ph_trace_writer *w)
{
	return w->last_ts ? w->last_ts : clock_ns(CLOCK_REALTIME);
}

int ph_trace_writer_container(struct ph_trace_writer *w, const struct ph_container *c)
{
	const struct ph_encode_head *head = &w->opts.head;
	int err;

	if (!w->sink || w->head_due) /* the head will have it */
		return w->error;
	if (head->keep_container && !head->keep_container(head->keep_arg, c))
		return 0;
	scratch_clear(w);
	err = ph_encode_container(&w->scratch, c, stream_ts(w), w->opts.encode.redact);
	return err == 0 ? append(w) : err;
}

int ph_trace_writer_use(struct ph_trace_writer *w, const struct ph_encode_head *head)
{
	w->opts.head = *head;
	return ph_trace_writer_section(w);
}

int ph_trace_writer_section(struct ph_trace_writer *w)
{
	if (w->sink && w->gap) {
		int err = write_gap(w);

		if (err < 0)
			return err;
	}
	w->head_due = true;
	return w->error;
}

int ph_trace_writer_head(struct ph_trace_writer *w)
{
	return w->sink && w->head_due ? write_head(w, 0) : w->error;
}

int ph_trace_writer_poll(struct ph_trace_writer *w)
{
	if (!w->sink)
		return w->error;
	if (w->head_due) {
		int err = before_event(w, stream_ts(w));

		if (err < 0)
			return err;
	}
	return poll_sink(w, w->polled_ts);
}

void ph_trace_writer_stats(const struct ph_trace_writer *w, struct ph_trace_writer_stats *st)
{
	*st = w->stats;
}

/* What is still to be said before the file ends. A timed name without an event leaves no file. */
static int finish(struct ph_trace_writer *w)
{
	int err = 0;

	if (w->head_due)
		err = write_head(w, stream_ts(w));
	if (err == 0 && w->gap)
		err = write_gap(w);
	return err;
}

int ph_trace_writer_close(struct ph_trace_writer *w, char *err, size_t errlen)
{
	int ret, end;

	if (!w)
		return 0;
	ret = w->error;
	if (ret < 0)
		snprintf(err, errlen, "%s", w->err_line);
	if (w->sink) {
		ret = finish(w);
		if (ret < 0)
			snprintf(err, errlen, "%s: %s", w->opts.path, strerror(-ret));
		end = ph_sink_close(w->sink, w->opts.live ? CLOSE_PATIENCE_MS : UINT_MAX, err, errlen);
		if (end < 0)
			ret = end;
	}
	free_writer(w);
	return ret;
}
