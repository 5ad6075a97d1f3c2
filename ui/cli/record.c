/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run writes: which events go into the trace file and how, with a filter and without. Called by run.c between the inspector
 * and the next event.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collector/filter/filter.h"
#include "collector/inspector.h"
#include "collector/trace/recorder.h"
#include "ui/cli/cli.h"

#define SECOND 1000000000ull

struct cli_record {
	const struct cli_options *o;
	struct ph_inspector *ins;
	struct ph_trace_writer *writer; /* or */
	struct ph_recorder *recorder;
	struct ph_encode_opts encode;
	/* the filter once more, for threads and containers instead of events */
	struct ph_filter *filter;
	struct ph_field_ctx ctx;
	struct ph_event nobody; /* an event that tells of its thread alone */
	uint8_t *follows; /* by row of events.def: the state depends on it */
	bool have_ctx;
	/* the last answer of container_may_pass() */
	const struct ph_container *asked;
	uint32_t asked_generation;
	bool asked_passes;
	int error; /* of what was written from a callback */
	const volatile sig_atomic_t *interrupted;
	struct ph_sink_file sources[CLI_MAX_FILES]; /* what is read */
	size_t nsources;
};

static void warn(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "porthole: %s\n", line);
}

/* --- what belongs into a filtered file --- */

static void ask_about(struct cli_record *r, const struct ph_thread *t)
{
	r->nobody.thread = (struct ph_thread *)(uintptr_t)t;
	r->nobody.tid = t->tid;
	ph_field_ctx_begin(&r->ctx, &r->nobody);
}

/* The filter lets events of its container through, as far as that can be said; what is not in one may yet come into one. */
static bool container_may_pass(struct cli_record *r, const struct ph_thread *t)
{
	const struct ph_container *c = t ? t->container : NULL;

	if (!c || !c->name[0]) /* nothing has been told of it yet */
		return true;
	if (c == r->asked && c->generation == r->asked_generation)
		return r->asked_passes;
	ask_about(r, t);
	r->asked = c;
	r->asked_generation = c->generation;
	return r->asked_passes = ph_filter_may_pass_container(r->filter, &r->ctx);
}

static bool thread_passes(struct cli_record *r, const struct ph_thread *t)
{
	ask_about(r, t);
	return ph_filter_match(r->filter, &r->ctx);
}

static bool keep_thread(void *arg, const struct ph_thread *t)
{
	struct cli_record *r = arg;

	if (r->o->strict || r->o->filter_proclist)
		return thread_passes(r, t);
	return container_may_pass(r, t);
}

struct search {
	struct cli_record *r;
	const struct ph_container *container;
	bool found;
};

static bool lives_in(void *arg, struct ph_thread *t)
{
	struct search *s = arg;

	s->found = t->container == s->container && keep_thread(s->r, t);
	return !s->found;
}

/* A container is told of when one of its threads is, or has been: then some event may name it. */
static bool keep_container(void *arg, const struct ph_container *c)
{
	struct cli_record *r = arg;
	struct ph_thread inside = { .tid = -1, .container = (struct ph_container *)(uintptr_t)c };
	struct search s = { .r = r, .container = c };

	if (!r->o->strict && !r->o->filter_proclist)
		return container_may_pass(r, &inside);
	ph_state_each_thread(ph_inspector_state(r->ins), lives_in, &s);
	return s.found;
}

static bool filtering(const struct cli_record *r)
{
	return r->filter && !r->o->display_filter && !r->o->record;
}

/* --- opening --- */

static int use_inspector(struct cli_record *r, struct ph_inspector *ins)
{
	struct ph_field_ctx_opts co = { .size = sizeof co };

	r->ins = ins;
	r->asked = NULL;
	co.state = ph_inspector_state(ins);
	co.containers = ph_inspector_containers(ins);
	if (r->have_ctx)
		ph_field_ctx_fini(&r->ctx);
	r->have_ctx = ph_field_ctx_init(&r->ctx, &co) == 0;
	for (size_t i = 0; r->follows && i < ph_event_count(); i++)
		r->follows[i] = ph_state_follows(co.state, ph_event_row(i));
	return r->have_ctx ? 0 : -1;
}

/* A piece of a file that is copied begins with the enters whose exits it has. */
static void waiting(void *arg, ph_trace_waiting_fn *each, void *each_arg)
{
	struct cli_record *r = arg;

	if (r->encode.as_read && !r->encode.exit_only && !filtering(r))
		ph_inspector_waiting(r->ins, each, each_arg);
}

static struct ph_encode_head head_of(struct cli_record *r)
{
	struct ph_encode_head h = {
		.state = ph_inspector_state(r->ins),
		.containers = ph_inspector_containers(r->ins),
		.host = ph_inspector_host(r->ins),
		.keep_arg = r,
	};

	if (filtering(r)) {
		h.keep = keep_thread;
		h.keep_container = keep_container;
		h.note = r->o->strict ? "filtered strictly: nothing of what does not pass, state included" : "filtered";
	}
	return h;
}

static int open_output(struct cli_record *r, char *err, size_t errlen)
{
	const struct cli_options *o = r->o;
	const struct ph_trace_writer_opts wo = {
		.size = sizeof wo,
		.path = o->write,
		.live = ph_inspector_is_live(r->ins),
		.gzip = o->compress,
		.encode = r->encode,
		.rotate_bytes = o->rotate_mb * 1000000u,
		.rotate_ns = o->rotate_seconds * SECOND,
		.rotate_events = o->rotate_events,
		.ring = (uint32_t)o->ring_files,
		.flush_ns = o->flush_ms * 1000000u,
		.head = head_of(r),
		.waiting = waiting,
		.waiting_arg = r,
		.warn = warn,
		.sources = r->sources,
		.nsources = r->nsources,
		.hurry = r->interrupted,
	};
	const struct ph_recorder_opts ro = {
		.size = sizeof ro,
		.file = wo,
		.before_ns = o->before * SECOND,
		.after_ns = o->after * SECOND,
		.memory_bytes = o->record_mb << 20,
	};

	return o->record ? ph_recorder_open(&r->recorder, &ro, err, errlen) :
			   ph_trace_writer_open(&r->writer, &wo, err, errlen);
}

static void note_sources(struct cli_record *r)
{
	for (size_t i = 0; i < r->o->nfiles; i++) {
		const char *path = r->o->files[i];
		struct stat st;

		if ((strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0)
			r->sources[r->nsources++] = (struct ph_sink_file){ st.st_dev, st.st_ino };
	}
}

static void free_record(struct cli_record *r)
{
	if (r->have_ctx)
		ph_field_ctx_fini(&r->ctx);
	ph_filter_free(r->filter);
	free(r->follows);
	free(r);
}

/*
 * A file's state before its first event is its head's. With a filter the head waits for the first event that is written: a file tells of
 * its containers behind its head, and what the filter says of processes depends on them.
 */
static int head_of_file(struct cli_record *r)
{
	return filtering(r) ? 0 : ph_trace_writer_head(r->writer);
}

int cli_record_open(struct cli_record **out, const struct cli_options *o, struct ph_inspector *ins,
		    const volatile sig_atomic_t *interrupted)
{
	struct cli_record *r = calloc(1, sizeof *r);
	const struct ph_filter_opts fo = { .size = sizeof fo, .macros = o->macros };
	struct ph_parse_error perr = { 0 };
	char err[512] = "out of memory";

	*out = NULL;
	if (!r)
		goto failed;
	r->o = o;
	r->interrupted = interrupted;
	note_sources(r);
	r->follows = calloc(ph_event_count(), 1);
	/* hidden state events and PROCINFO's row serve as well as any: nothing but the thread is looked at */
	r->nobody.info = ph_event_info(PH_EV_PROCINFO_E);
	r->nobody.type = PH_EV_PROCINFO_E;
	r->nobody.syscall = PH_SC_COUNT;
	r->nobody.fdnum = PH_FD_NONE;
	r->encode = (struct ph_encode_opts){
		.exit_only = o->exit_only,
		.as_read = !ph_inspector_is_live(ins),
		.no_payload = o->no_payload,
		.redact = o->redact,
	};
	if (!r->follows || use_inspector(r, ins) != 0 ||
	    (o->filter && ph_filter_compile(&r->filter, o->filter, &fo, &perr) != 0) ||
	    open_output(r, err, sizeof err) != 0)
		goto failed;
	if (r->writer && r->encode.as_read)
		r->error = head_of_file(r);
	*out = r;
	return 0;
failed:
	fprintf(stderr, "porthole: -w: %s\n", err);
	if (r)
		free_record(r);
	return -1;
}

/* --- events --- */

/* Container records of a file are written anew where a filter chooses among them. */
static bool is_container_record(const struct ph_event *ev)
{
	return ev->type == PH_EV_CONTAINER_E || ev->type == PH_EV_CONTAINER_JSON_E ||
	       ev->type == PH_EV_CONTAINER_JSON_2_E || ev->type == PH_EV_ASYNCEVENT_E;
}

int cli_record_event(struct cli_record *r, const struct ph_event *ev, bool passed)
{
	bool hidden = ev->block & PH_EB_HIDDEN;

	if (r->error)
		return r->error;
	if (r->recorder)
		return ph_recorder_event(r->recorder, ev, passed);
	if (!filtering(r))
		return ph_trace_writer_event(r->writer, ev, hidden);
	if (is_container_record(ev))
		return 0;
	if (passed && !hidden)
		return ph_trace_writer_event(r->writer, ev, false);
	if (ev->type == PH_EV_GAP_E) /* what is missing is missing here too */
		return ph_trace_writer_event(r->writer, ev, false);
	if (r->o->strict || !r->follows[ev->info - ph_event_row(0)] || !container_may_pass(r, ev->thread))
		return 0;
	return ph_trace_writer_event(r->writer, ev, true);
}

int cli_record_idle(struct cli_record *r)
{
	if (r->error)
		return r->error;
	return r->recorder ? ph_recorder_poll(r->recorder) : ph_trace_writer_poll(r->writer);
}

void cli_record_container(struct cli_record *r, const struct ph_container *c)
{
	int err;

	/* an unfiltered file's own records are copied; before the head is written, it has them */
	if (r->encode.as_read && !filtering(r))
		return;
	if (filtering(r) && !keep_container(r, c))
		return;
	err = r->recorder ? ph_recorder_container(r->recorder, c) : ph_trace_writer_container(r->writer, c);
	if (err && !r->error)
		r->error = err;
}

/* Nobody can say what is in it: where something is to be left out, it is. */
void cli_record_unknown(struct cli_record *r, const struct ph_trace_event *block)
{
	int err;

	if (r->error || !r->writer || filtering(r) || r->o->redact || r->o->no_payload || r->o->exit_only)
		return;
	err = ph_trace_writer_block(r->writer, block->hdr, block->cpu, block->flags, block->large);
	if (err)
		r->error = err;
}

void cli_record_section(struct cli_record *r)
{
	int err;

	r->asked = NULL;
	err = r->writer ? ph_trace_writer_section(r->writer) : 0;
	if (!err && r->writer)
		err = head_of_file(r);
	if (err && !r->error)
		r->error = err;
}

int cli_record_goes_on(struct cli_record *r, struct ph_inspector *ins)
{
	struct ph_encode_head head;

	if (use_inspector(r, ins) != 0)
		return -1;
	head = head_of(r);
	if (ph_trace_writer_use(r->writer, &head) != 0)
		return -1;
	return head_of_file(r);
}

/* --- the end --- */

static uint64_t tell_stats(const struct cli_record *r)
{
	struct ph_trace_writer_stats w = { 0 };
	struct ph_recorder_stats rec = { 0 };

	if (r->writer) {
		ph_trace_writer_stats(r->writer, &w);
		if (w.lost)
			fprintf(stderr,
				"porthole: -w: %" PRIu64
				" events are missing in the file: the disk was too slow or full (%" PRIu64
				" of them change what is known of processes and files)\n",
				w.lost, w.lost_state);
		if (r->o->verbose)
			fprintf(stderr,
				"Written: %" PRIu64 " events, %" PRIu64 " for state alone, %" PRIu64 " files, %" PRIu64
				" bytes before compression\n",
				w.events, w.hidden, w.files, w.bytes);
		return w.lost;
	}
	ph_recorder_stats(r->recorder, &rec);
	fprintf(stderr, "porthole: recorder: %" PRIu64 " matches, %" PRIu64 " files%s\n", rec.triggers, rec.files,
		rec.shortened ? "; some begin late, because --record-memory was used up" : "");
	if (rec.lost)
		fprintf(stderr, "porthole: recorder: %" PRIu64 " events are missing: the disk was too slow or full\n",
			rec.lost);
	return rec.lost;
}

int cli_record_close(struct cli_record *r)
{
	char err[512] = "";
	uint64_t lost;
	int ret;

	if (!r)
		return 0;
	lost = tell_stats(r);
	ret = r->recorder ? ph_recorder_close(r->recorder, err, sizeof err) :
			    ph_trace_writer_close(r->writer, err, sizeof err);
	if (ret < 0)
		fprintf(stderr, "porthole: -w: %s\n", err[0] ? err : strerror(-ret));
	free_record(r);
	return ret < 0 || lost ? 1 : 0;
}
