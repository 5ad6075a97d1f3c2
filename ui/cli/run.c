/* SPDX-License-Identifier: Apache-2.0 */
/* The run: from the inspector through the filter to the lines that are printed, until a limit, a signal or an error ends it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "collector/filter/filter.h"
#include "collector/inspector.h"
#include "collector/output/output.h"
#include "ui/cli/cli.h"

#define SECOND 1000000000ull
#define LOOK_EVENTS 10000 /* of a file, after which progress is told */
#define IDLE_MS 100 /* how long a written line may wait in the buffer, whether or not other events follow */

/*
 * Set by the handler. A second signal ends the program at once, but not one that comes with the first: timeout(1) and shells
 * send the same signal to a process and to its group.
 */
static volatile sig_atomic_t interrupted;
static struct timespec interrupted_at;
#define SAME_SIGNAL_NS 300000000

struct run {
	const struct cli_options *o;
	struct ph_inspector *ins;
	struct ph_filter *filter;
	struct ph_format *format;
	struct ph_field_ctx ctx;
	struct ph_writer out;
	struct cli_summary *summary;
	struct cli_record *record; /* -w; NULL: none */
	const char *path; /* of the file that is read; NULL: live */
	bool color;
	bool silent; /* no lines are printed: -q, -w */
	bool pairs; /* enter events are handed out */
	bool copying; /* a file is written on as it is */
	bool over; /* by a limit, a signal, or because nothing can be written: no further file is opened */
	uint64_t passed, printed; /* events that passed the filter, lines */
	uint64_t first_ts;
	uint64_t containers; /* records of containers that were there before, in this file */
	uint64_t flushed_ts; /* event time of the last flush by the clock */
	struct timespec began;
	/* gaps that have not been told yet */
	uint64_t gap_lost, gap_from, gap_to, gap_told_ns;
};

static uint64_t ns_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(now.tv_sec - then->tv_sec) * SECOND + (uint64_t)now.tv_nsec - (uint64_t)then->tv_nsec;
}

static void on_signal(int sig)
{
	if (!interrupted) {
		clock_gettime(CLOCK_MONOTONIC, &interrupted_at);
		interrupted = 1;
	} else if (ns_since(&interrupted_at) > SAME_SIGNAL_NS) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
}

static uint64_t elapsed_ns(const struct run *r)
{
	return ns_since(&r->began);
}

static void warn(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "porthole: %s\n", line);
}

/* --- opening ---------------------------------------------------------------------------------------------------------- */

static int parse_error(const char *what, const struct ph_parse_error *err, const char *text)
{
	char buf[1024];

	ph_parse_error_text(err, text, buf, sizeof buf);
	fprintf(stderr, "porthole: %s: %s\n", what, buf);
	return -1;
}

/* -r a b: the shell's idea of several files becomes a filter. */
static void tell_of_file(const struct cli_options *o)
{
	char *word = o->nfiles ? strndup(o->filter, strcspn(o->filter, " ")) : NULL;

	if (word && access(word, R_OK) == 0)
		fprintf(stderr, "porthole: %s is a file: give each file a -r of its own\n", word);
	free(word);
}

static int compile(struct run *r)
{
	const struct cli_options *o = r->o;
	struct ph_filter_opts fo = { .size = sizeof fo, .macros = o->macros };
	const char *text = o->format;
	struct ph_parse_error err = { 0 };

	if (o->filter && ph_filter_compile(&r->filter, o->filter, &fo, &err) != 0) {
		parse_error("filter", &err, o->filter);
		tell_of_file(o);
		return -1;
	}
	r->color = cli_colored(o);
	if (!text)
		text = ph_format_default(&(struct ph_format_style){ .names = o->names, .color = r->color });
	if (ph_format_compile(&r->format, text, &err) != 0)
		return parse_error("-p", &err, text);
	return 0;
}

static uint32_t needs(const struct run *r)
{
	const struct cli_options *o = r->o;
	uint32_t n = (o->switches ? PH_NEED_SWITCHES : 0u) | (o->page_faults ? PH_NEED_PAGE_FAULTS : 0u);

	if (!r->silent)
		n |= ph_format_needs(r->format, o->time_mode);
	if (o->enter_events)
		n |= PH_NEED_ENTER_EVENTS;
	if (r->record || (o->write && !o->exit_only) || (n & PH_NEED_ENTER_EVENTS))
		n |= PH_NEED_ENTER_TIME;
	return n | (r->filter ? ph_filter_needs(r->filter) : 0);
}

/* Kinds of events of a file that need not be looked at. */
static bool wanted(void *arg, const struct ph_event_info *info)
{
	struct run *r = arg;

	if (!r->filter || (r->o->write && r->o->display_filter))
		return true;
	if (info->code > PH_EV_GENERIC_X)
		return ph_filter_may_pass(r->filter, info, PH_SC_COUNT);
	for (unsigned row = 0; row < PH_SC_COUNT; row++)
		if (ph_syscall_row(row)->event == PH_EV_GENERIC_X && ph_filter_may_pass(r->filter, info, row))
			return true;
	return ph_filter_may_pass(r->filter, info, PH_SC_COUNT);
}

/* What the filter says of the kind, thread and descriptor alone. */
static bool rejects(void *arg, const struct ph_event *ev)
{
	struct run *r = arg;

	ph_field_ctx_begin(&r->ctx, ev);
	return !ph_filter_match(r->filter, &r->ctx);
}

static void container_changed(void *arg, const struct ph_container *c)
{
	struct run *r = arg;

	if (r->record)
		cli_record_container(r->record, c);
}

static void unknown_event(void *arg, const struct ph_trace_event *block)
{
	struct run *r = arg;

	if (r->record)
		cli_record_unknown(r->record, block);
}

static void new_section(void *arg)
{
	struct run *r = arg;

	if (r->record)
		cli_record_section(r->record);
}

static int open_inspector(struct run *r)
{
	const struct cli_options *o = r->o;
	struct ph_inspector_opts io = {
		.size = sizeof io,
		.needs = needs(r),
		.snaplen = (uint32_t)o->snaplen,
		.ring_bytes = o->ring_mb << 20,
		.own_events = o->debug,
		.no_users = o->no_users,
		.suppress = o->nsuppress ? o->suppress : NULL,
		.docker_root = o->docker_root,
		.docker_socket = o->docker_socket,
		.warn = warn,
		.wanted = wanted,
		.wanted_arg = r,
		.unknown = unknown_event,
		.container_changed = container_changed,
		.section = new_section,
		.change_arg = r,
	};
	char err[512] = "";
	int rc;

	/* a file that is written on as it is keeps its enter events at their places */
	r->copying = r->path && o->write && !o->exit_only && (!r->filter || o->display_filter);
	r->pairs = (io.needs & PH_NEED_ENTER_EVENTS) || r->copying;
	if (r->path && r->filter && ph_filter_is_lasting(r->filter) && !(o->write && o->display_filter)) {
		io.rejects = rejects;
		io.rejects_arg = r;
	}
	io.lean = r->silent && !r->filter;
	io.enter_events = r->pairs;
	io.hidden_events = o->write != NULL;
	if (r->path && o->snaplen)
		fputs("porthole: -s is for live captures: the data of a file stays as long as it is\n", stderr);
	rc = r->path ? ph_inspector_open_file(&r->ins, r->path, &io, err, sizeof err) :
		       ph_inspector_open_live(&r->ins, &io, err, sizeof err);
	if (rc == 0)
		return 0;
	if (r->path)
		fprintf(stderr, "porthole: %s\n", err);
	else if ((rc == -EPERM || rc == -EACCES) && geteuid() != 0)
		fputs("porthole: cannot capture: only root may load the probe; run it as root, for example with sudo\n",
		      stderr);
	else
		fprintf(stderr, "porthole: cannot capture: %s\n", err[0] ? err : strerror(-rc));
	return -1;
}

static int open_run(struct run *r)
{
	const struct cli_options *o = r->o;

	r->silent = o->quiet || o->write;
	if (compile(r))
		return -1;
	if (ph_writer_init(&r->out, STDOUT_FILENO, o->unbuffered || isatty(STDOUT_FILENO)) != 0 ||
	    (o->summary && !(r->summary = cli_summary_new()))) {
		fputs("porthole: out of memory\n", stderr);
		return -1;
	}
	r->out.hurry = &interrupted;
	catch_signals();
	return 0;
}

/* One source: the live capture or one of the files. */
static int open_source(struct run *r)
{
	const struct cli_options *o = r->o;
	struct ph_field_ctx_opts co = {
		.size = sizeof co,
		.time_mode = o->time_mode,
		.buffers = o->buffers,
		.whole_buffers = o->verbose || o->json,
		.utf8 = cli_utf8(),
		.resolve_ports = o->resolve_ports,
	};

	uint64_t seq = r->ctx.seq; /* goes on, since filter and format remember it */

	if (open_inspector(r))
		return -1;
	co.resolve_names = ph_inspector_is_live(r->ins);
	co.state = ph_inspector_state(r->ins);
	co.containers = ph_inspector_containers(r->ins);
	if (ph_field_ctx_init(&r->ctx, &co) != 0) {
		fputs("porthole: out of memory\n", stderr);
		return -1;
	}
	r->ctx.seq = seq;
	if (r->began.tv_sec == 0 && r->began.tv_nsec == 0)
		clock_gettime(CLOCK_MONOTONIC, &r->began); /* what opening took is no part of -M's time */
	if (o->write &&
	    (r->record ? cli_record_goes_on(r->record, r->ins) : cli_record_open(&r->record, o, r->ins, &interrupted)))
		return -1;
	return 0;
}

static void close_source(struct run *r)
{
	uint64_t seq = r->ctx.seq;

	ph_inspector_close(r->ins);
	r->ins = NULL;
	ph_field_ctx_fini(&r->ctx);
	r->ctx = (struct ph_field_ctx){ .seq = seq };
}

static void close_run(struct run *r)
{
	ph_writer_fini(&r->out);
	ph_filter_free(r->filter);
	ph_format_free(r->format);
	cli_summary_free(r->summary);
}

/* --- losses ----------------------------------------------------------------------------------------------------------- */

static void clock_text(uint64_t ts, char *buf, size_t size)
{
	time_t sec = (time_t)(ts / SECOND);
	struct tm tm;
	size_t n = localtime_r(&sec, &tm) ? strftime(buf, size, "%H:%M:%S", &tm) : 0;

	snprintf(buf + n, size - n, ".%03u", (unsigned)(ts % SECOND / 1000000));
}

static void tell_gaps(struct run *r)
{
	char from[24], to[24];

	clock_text(r->gap_from, from, sizeof from);
	clock_text(r->gap_to, to, sizeof to);
	fprintf(stderr, "porthole: %" PRIu64 " events lost from %s to %s\n", r->gap_lost, from, to);
	r->gap_lost = 0;
}

/* At most one line a second, however many gaps there are. */
static void note_gap(struct run *r, const struct ph_event *ev)
{
	uint64_t now = elapsed_ns(r);

	/* lost, lost_state, from, to, cpu; the CPUs' gaps overlap */
	if (r->gap_lost == 0 || ph_event_uint(ev, 2) < r->gap_from)
		r->gap_from = ph_event_uint(ev, 2);
	if (r->gap_lost == 0 || ph_event_uint(ev, 3) > r->gap_to)
		r->gap_to = ph_event_uint(ev, 3);
	r->gap_lost += ph_event_uint(ev, 0);
	if (r->gap_told_ns && now - r->gap_told_ns < SECOND)
		return;
	r->gap_told_ns = now;
	tell_gaps(r);
}

/* --- events ----------------------------------------------------------------------------------------------------------- */

/* 0, or negative when nothing more can be written. */
static int show(struct run *r)
{
	struct ph_text line;

	if (r->silent)
		return 0;
	line = ph_writer_open(&r->out);
	if (!(r->o->json ? ph_format_json_line : ph_format_line)(r->format, &r->ctx, &line))
		return 0;
	r->printed++;
	ph_field_ctx_shown(&r->ctx);
	return ph_writer_close(&r->out, &line);
}

static bool is_enter(const struct ph_event *ev)
{
	return (ev->info->category & PH_C_SYSCALL) && !PH_IS_EXIT(ev->type);
}

/* false: nothing more can be written. */
static bool write_event(struct run *r, const struct ph_event *ev, bool passed)
{
	return !r->record || cli_record_event(r->record, ev, passed) >= 0;
}

/* What belongs to the capture itself; not shown, but written always. */
static bool take_internal(struct run *r, const struct ph_event *ev)
{
	if (r->summary && !r->filter)
		cli_summary_count(r->summary, ev);
	r->containers += strcmp(ev->info->name, "container") == 0;
	return write_event(r, ev, true);
}

/* How many events -n has counted: of calls in pairs all that have a number, shown or not, but for the containers of before. */
static uint64_t counted(const struct run *r, const struct ph_event *ev)
{
	bool pairs = r->o->enter_events && r->path && !r->filter && !r->copying;

	return pairs && ev->num > r->containers ? ev->num - r->containers : r->passed;
}

/* false: the run is over. */
static bool take_event(struct run *r, const struct ph_event *ev)
{
	const struct cli_options *o = r->o;
	bool passes;

	if (ev->type == PH_EV_GAP_E)
		note_gap(r, ev);
	if (!r->first_ts)
		r->first_ts = ev->ts;
	if (o->count && counted(r, ev) > o->count)
		return false;
	if (o->seconds && ev->ts > r->first_ts + o->seconds * SECOND)
		return false;
	if ((ev->block & PH_EB_HIDDEN) || (ph_event_is_internal(ev->info) && !o->debug && o->record))
		return write_event(r, ev, false);
	if (ph_event_is_internal(ev->info) && !o->debug)
		return take_internal(r, ev);
	r->ctx.first_ts = ph_inspector_first_ns(r->ins);
	ph_field_ctx_begin(&r->ctx, ev);
	passes = !r->filter || ph_filter_match(r->filter, &r->ctx);
	if (!write_event(r, ev, passes))
		return false;
	if (!passes)
		return true;
	r->passed += !r->copying || !is_enter(ev);
	if (r->summary)
		cli_summary_count(r->summary, ev);
	if (show(r) < 0)
		return false;
	return !o->count || counted(r, ev) < o->count;
}

static void tell_progress(struct run *r, bool last)
{
	uint64_t done, size;

	ph_inspector_file_progress(r->ins, &done, &size);
	if (size)
		fprintf(stderr, "\r%.2f%% of %.1f MB, %" PRIu64 " events", 100.0 * (double)done / (double)size,
			(double)size / 1e6, r->passed);
	else
		fprintf(stderr, "\r%.1f MB, %" PRIu64 " events", (double)done / 1e6, r->passed);
	fputs(last ? "\n" : "", stderr);
	fflush(stderr);
}

/* What is done now and then, and when no event comes. false: the run is over. */
static bool look_after(struct run *r, bool idle)
{
	if (ph_writer_flush(&r->out) < 0)
		return false;
	if (r->o->progress)
		tell_progress(r, false);
	return !idle || !r->record || cli_record_idle(r->record) >= 0;
}

/* 0, or a negative errno of the source. */
static int pump(struct run *r)
{
	unsigned events = 0;
	bool stopped = false;

	for (;;) {
		struct ph_event *ev;
		int rc = ph_inspector_next(r->ins, &ev, IDLE_MS);

		if (rc == -ENODATA)
			return 0;
		if (rc < 0 && rc != -EINTR)
			return rc;
		if (rc == 1 && !take_event(r, ev))
			break;
		if (rc == 0 && !look_after(r, true))
			break;
		/* by event time, which costs no look at the clock; a file's goes faster */
		if (rc == 1 && (ev->ts - r->flushed_ts > IDLE_MS * (SECOND / 1000) || ++events == LOOK_EVENTS)) {
			r->flushed_ts = ev->ts;
			if (r->path ? events == LOOK_EVENTS && !look_after(r, false) : !look_after(r, false))
				break;
			if (events == LOOK_EVENTS)
				events = 0;
		}
		if (stopped)
			continue;
		/* the clock is looked at when there is time to: under load event time ends the run */
		if (interrupted || (rc != 1 && !r->path && r->o->seconds && elapsed_ns(r) >= r->o->seconds * SECOND)) {
			ph_inspector_stop(r->ins);
			stopped = r->over = true;
		}
	}
	r->over = true;
	return 0;
}

/* --- the end ---------------------------------------------------------------------------------------------------------- */

static void print_losses(const struct ph_inspector_stats *s)
{
	static const char *const names[PH_C_MAX] = {
		[PH_C_OTHER] = "other",	   [PH_C_FILE] = "file",
		[PH_C_NET] = "net",	   [PH_C_IPC] = "ipc",
		[PH_C_MEMORY] = "memory",  [PH_C_PROCESS] = "process",
		[PH_C_SLEEP] = "sleep",	   [PH_C_SYSTEM] = "system",
		[PH_C_SIGNAL] = "signal",  [PH_C_USER] = "user",
		[PH_C_TIME] = "time",	   [PH_C_IO_READ] = "read",
		[PH_C_IO_WRITE] = "write", [PH_C_IO_OTHER] = "io",
		[PH_C_WAIT] = "wait",	   [PH_C_SCHEDULER] = "scheduler",
	};
	const char *sep = " (";

	for (unsigned i = 0; i < PH_C_MAX; i++) {
		if (!s->lost_by_category[i])
			continue;
		fprintf(stderr, "%s%s %" PRIu64, sep, names[i] ? names[i] : "unknown", s->lost_by_category[i]);
		sep = ", ";
	}
	if (sep[0] != ',')
		return;
	sep = "; on CPU ";
	for (unsigned cpu = 0; cpu < PH_MAX_CPUS; cpu++) {
		if (!s->lost_by_cpu[cpu])
			continue;
		fprintf(stderr, "%s%u %" PRIu64, sep, cpu, s->lost_by_cpu[cpu]);
		sep = ", ";
	}
	fputc(')', stderr);
}

static void print_stats(const struct run *r, const struct ph_inspector_stats *stats)
{
	struct ph_inspector_stats s = *stats;
	double seconds = (double)elapsed_ns(r) / 1e9;

	if (r->o->verbose)
		fprintf(stderr,
			"Driver Events:%" PRIu64 "\nDriver Drops:%" PRIu64 "\nSuppressed by Comm:%" PRIu64
			"\nElapsed time: %.3f, Captured Events: %" PRIu64 ", %.2f eps\n",
			s.events + s.suppressed, s.lost, s.suppressed, seconds, r->passed,
			seconds > 0 ? (double)r->passed / seconds : 0);
	if (r->path || (!interrupted && !s.lost && !r->o->verbose && !r->o->write))
		return;
	fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " lost", s.events, s.lost);
	print_losses(&s);
	fputc('\n', stderr);
}

/* A reader that went away is no error. */
static int finish_output(struct run *r)
{
	if (r->color && !r->silent && !r->out.error) {
		struct ph_text t = ph_writer_open(&r->out);

		ph_text_str(&t, "\033[00m");
		r->out.len += t.len;
	}
	ph_writer_flush(&r->out);
	if (r->summary && !r->out.error) {
		cli_summary_print(r->summary, stdout);
		if (fflush(stdout) != 0)
			r->out.error = errno;
	}
	if (!r->out.error || r->out.error == EPIPE)
		return 0;
	if (r->out.error == ETIMEDOUT) {
		fputs("porthole: nobody takes the output any more; what came after is not in it\n", stderr);
		return 1;
	}
	fprintf(stderr, "porthole: cannot write the output: %s; what came after is not in it\n",
		strerror(r->out.error));
	return 1;
}

/* Reads one source to its end; the exit status. */
static int run_source(struct run *r, struct ph_inspector_stats *stats)
{
	int rc, status = 1;

	if (open_source(r) == 0) {
		rc = pump(r);
		if (r->path && r->o->progress)
			tell_progress(r, true);
		ph_inspector_stats(r->ins, stats);
		status = r->path && !r->over ? cli_file_ended(r->path, r->ins) : 0;
		if (rc < 0) {
			fprintf(stderr, "porthole: the capture ended: %s\n", strerror(-rc));
			status = 1;
		}
	} else {
		r->over = true;
	}
	return status;
}

/* The lines, the files, and what is to be said of them. The exit status. */
static int finish_run(struct run *r, const struct ph_inspector_stats *stats)
{
	int status = finish_output(r);

	if (r->gap_lost)
		tell_gaps(r);
	if (r->passed && !r->printed && !r->silent && !r->out.error)
		fprintf(stderr,
			"porthole: %" PRIu64
			" events passed and none was printed, since each lacks a field of the format; "
			"begin the format with * to see them\n",
			r->passed);
	print_stats(r, stats);
	return status;
}

int cli_run(const struct cli_options *o)
{
	struct run r = { .o = o };
	struct ph_inspector_stats stats = { 0 };
	int status = 1;

	if (open_run(&r) == 0) {
		status = 0;
		for (size_t i = 0; i < (o->nfiles ? o->nfiles : 1) && !r.over; i++) {
			if (r.ins)
				close_source(&r);
			r.path = o->nfiles ? o->files[i] : NULL;
			r.containers = 0;
			status |= run_source(&r, &stats);
		}
		if (r.ins && r.ctx.scratch) /* something was opened */
			status |= finish_run(&r, &stats);
		status |= cli_record_close(r.record);
	}
	close_source(&r);
	close_run(&r);
	return status;
}
