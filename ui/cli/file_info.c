/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a trace file (--file-info), and what is said when one ends badly. Called by main.c and run.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "collector/field/text.h"
#include "collector/inspector.h"
#include "collector/trace/reader.h"
#include "ui/cli/cli.h"

#define SECOND 1000000000ull

struct info {
	struct ph_trace_machine machine;
	struct ph_containers *containers;
	char writer[64], note[200];
	unsigned major, minor, process_version;
	bool have_machine;
	uint64_t sections, tasks, processes, fds, users, groups, interfaces;
	uint64_t events, enters, exits, other, hidden, unknown;
	uint64_t gaps, lost, drops;
	uint64_t first_ns, last_ns;
	uint64_t large_code; /* the highest code of the field's own */
};

/* --- heads --- */

static void on_section(void *arg, unsigned major, unsigned minor)
{
	struct info *in = arg;

	in->sections++;
	in->major = major;
	in->minor = minor;
}

static void on_block(void *arg, const struct ph_block_info *b, uint32_t length)
{
	struct info *in = arg;

	(void)length;
	if (b->kind == PH_BK_PROCESSES)
		in->process_version = b->version;
}

static void on_machine(void *arg, const struct ph_trace_machine *m)
{
	struct info *in = arg;

	in->machine = *m;
	in->have_machine = true;
}

static void on_interface(void *arg, const struct ph_trace_interface *i)
{
	(void)i;
	((struct info *)arg)->interfaces++;
}

static void on_user(void *arg, const struct ph_user *u)
{
	(void)u;
	((struct info *)arg)->users++;
}

static void on_group(void *arg, const struct ph_group *g)
{
	(void)g;
	((struct info *)arg)->groups++;
}

static void on_task(void *arg, const struct ph_task *t)
{
	struct info *in = arg;

	in->tasks++;
	in->processes += t->tid == t->pid;
}

static void on_fd(void *arg, int64_t tid, const struct ph_fd *fd)
{
	(void)tid;
	(void)fd;
	((struct info *)arg)->fds++;
}

static void on_extra(void *arg, unsigned kind, const uint8_t *data, uint32_t len)
{
	struct info *in = arg;
	char *to = kind == PH_EXTRA_WRITER ? in->writer : in->note;
	size_t size = kind == PH_EXTRA_WRITER ? sizeof in->writer : sizeof in->note;

	if (kind != PH_EXTRA_WRITER && kind != PH_EXTRA_NOTE)
		return;
	snprintf(to, size, "%.*s", (int)(len < size ? len : size - 1), (const char *)data);
}

/* --- events --- */

static void note_container(struct info *in, const struct ph_event *ev)
{
	uint32_t len, id_len;
	const char *text;

	switch (ev->type) {
	case PH_EV_CONTAINER_JSON_E:
	case PH_EV_CONTAINER_JSON_2_E:
		text = ph_event_str(ev, 0, &len);
		break;
	case PH_EV_ASYNCEVENT_E:
		text = ph_event_str(ev, 1, &len);
		if (len != 9 || memcmp(text, "container", 9) != 0)
			return;
		text = ph_event_str(ev, 2, &len);
		break;
	case PH_EV_CONTAINER_E: {
		char id[65];

		text = ph_event_str(ev, 0, &id_len);
		snprintf(id, sizeof id, "%.*s", (int)id_len, text);
		ph_containers_add_record(in->containers, id, (unsigned)ph_event_uint(ev, 1), "", "");
		return;
	}
	default:
		return;
	}
	ph_containers_add_json(in->containers, text, len);
}

static void note_event(struct info *in, const struct ph_trace_event *te)
{
	uint16_t code = te->hdr->type;
	const struct ph_event_info *info;
	struct ph_event ev;

	in->events++;
	if (in->first_ns == 0)
		in->first_ns = te->hdr->ts_ns;
	if (te->hdr->ts_ns > in->last_ns)
		in->last_ns = te->hdr->ts_ns;
	in->hidden += te->flags & PH_BLOCK_FLAG_HIDDEN;
	if (code < PH_EV_SHADOW && code > in->large_code)
		in->large_code = code;
	info = ph_event_info(code < PH_EV_OWN_FIRST ? code & ~(unsigned)PH_EV_SHADOW : code);
	if (!info) {
		in->unknown++;
		return;
	}
	if (info->category & PH_C_SYSCALL)
		*(PH_IS_EXIT(info->code) ? &in->exits : &in->enters) += 1;
	else
		in->other++;
	if (code != PH_EV_GAP_E && code != PH_EV_DROP_E && (info->category & PH_C_SYSCALL))
		return;
	if (ph_event_decode_as(&ev, te->hdr, info, te->large) != 0)
		return;
	if (code == PH_EV_GAP_E) {
		in->gaps++;
		in->lost += ph_event_uint(&ev, 0);
	}
	in->drops += code == PH_EV_DROP_E;
	note_container(in, &ev);
}

/* --- the text --- */

/* What the file says goes to a terminal: nothing in it may drive that, or look like a line of ours. */
static void put_clean(const char *s)
{
	char buf[1024];
	struct ph_text t = { .buf = buf, .cap = sizeof buf, .utf8 = cli_utf8() };

	ph_text_clean(&t, s, strlen(s));
	fwrite(t.buf, 1, t.len, stdout);
}

static void put_row(const char *label, const char *s)
{
	fputs(label, stdout);
	put_clean(s);
	putchar('\n');
}

static void clock_text(uint64_t ts, char *buf, size_t size)
{
	time_t sec = (time_t)(ts / SECOND);
	struct tm tm;
	size_t n = gmtime_r(&sec, &tm) ? strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm) : 0;

	snprintf(buf + n, size - n, ".%03uZ", (unsigned)(ts % SECOND / 1000000));
}

/* Other writers do not say who they are; their newest event tells about when. Codes: the field's releases. */
static const char *guess_writer(const struct info *in)
{
	static const struct {
		unsigned up_to;
		const char *who;
	} releases[] = {
		{ 335, "sysdig 0.26 to 0.29, or falcosecurity libraries before 0.7" },
		{ 367, "falcosecurity libraries 0.7 or later" },
		{ 377, "falcosecurity libraries 0.9 or later" },
		{ 403, "falcosecurity libraries 0.11 or later" },
		{ 417, "falcosecurity libraries 0.12 or later" },
		{ 429, "falcosecurity libraries 0.15 or later" },
		{ 0xffff, "falcosecurity libraries 0.24 or later" },
	};

	if (in->writer[0])
		return in->writer;
	if (in->process_version && in->process_version < 9)
		return "sysdig before 0.26";
	for (size_t i = 0;; i++)
		if (in->large_code <= releases[i].up_to)
			return releases[i].who;
}

static bool print_container(void *arg, struct ph_container *c)
{
	(void)arg;
	char id[64];

	snprintf(id, sizeof id, "  %-12s ", c->id);
	put_clean(id);
	put_clean(c->name[0] ? c->name : "-");
	if (c->image[0]) {
		fputs("  (", stdout);
		put_clean(c->image);
		putchar(')');
	}
	putchar('\n');
	return true;
}

static bool count_container(void *arg, struct ph_container *c)
{
	(void)c;
	++*(size_t *)arg;
	return true;
}

static void print_how_whole(const struct ph_trace_end *end)
{
	switch (end->state) {
	case PH_TRACE_CUT:
		printf("ending:      cut: %s at byte %" PRIu64 "\n", end->what, end->offset);
		break;
	case PH_TRACE_DAMAGED:
	case PH_TRACE_FAILED:
		printf("ending:      damaged: %s at byte %" PRIu64 "\n", end->what, end->offset);
		break;
	default:
		puts("ending:      whole");
	}
	if (end->bad)
		printf("damaged:     %" PRIu64 " blocks inside\n", end->bad);
	if (end->skipped)
		printf("unknown:     %" PRIu64 " blocks of kinds that this version does not know\n", end->skipped);
}

static void print_info(const char *path, const struct info *in, const struct ph_trace_reader *reader,
		       const struct ph_trace_end *end)
{
	char from[40], to[40];
	uint64_t done, size;
	size_t ncontainers = 0;

	ph_trace_reader_progress(reader, &done, &size);
	put_row("file:        ", path);
	printf("size:        %" PRIu64 " bytes%s\n", size ? size : done,
	       ph_trace_reader_compressed(reader) ? ", compressed" : "");
	printf("format:      %u.%u", in->major, in->minor);
	if (in->process_version)
		printf(", process list version %u", in->process_version);
	putchar('\n');
	put_row("writer:      ", guess_writer(in));
	if (in->note[0])
		put_row("note:        ", in->note);
	if (in->sections > 1)
		printf("sections:    %" PRIu64 "\n", in->sections);
	if (in->have_machine) {
		fputs("machine:     ", stdout);
		put_clean(in->machine.hostname[0] ? in->machine.hostname : "(no name)");
		printf(", %u CPUs", in->machine.ncpus);
		if (in->machine.memory_bytes)
			printf(", %" PRIu64 " MB", in->machine.memory_bytes / 1000000);
		putchar('\n');
	}
	if (in->events) {
		clock_text(in->first_ns, from, sizeof from);
		clock_text(in->last_ns, to, sizeof to);
		printf("time:        %s to %s (%.3f s)\n", from, to,
		       in->last_ns > in->first_ns ? (double)(in->last_ns - in->first_ns) / 1e9 : 0.0);
	}
	printf("events:      %" PRIu64 " (%" PRIu64 " enter, %" PRIu64 " exit, %" PRIu64 " other", in->events,
	       in->enters, in->exits, in->other);
	if (in->unknown)
		printf(", %" PRIu64 " unknown", in->unknown);
	puts(")");
	if (in->hidden)
		printf("hidden:      %" PRIu64 " of them are kept for the state alone\n", in->hidden);
	printf("processes:   %" PRIu64 " at the beginning, with %" PRIu64 " threads and %" PRIu64 " descriptors\n",
	       in->processes, in->tasks, in->fds);
	printf("users:       %" PRIu64 ", groups: %" PRIu64 ", network addresses: %" PRIu64 "\n", in->users, in->groups,
	       in->interfaces);
	if (in->gaps)
		printf("gaps:        %" PRIu64 ", with %" PRIu64 " events lost\n", in->gaps, in->lost);
	else
		puts("gaps:        none told");
	if (in->drops)
		printf("sampled:     %" PRIu64 " stretches in which events were dropped by intent\n", in->drops);
	print_how_whole(end);
	ph_containers_each(in->containers, count_container, &ncontainers);
	printf("containers:  %zu\n", ncontainers);
	ph_containers_each(in->containers, print_container, NULL);
}

static int file_info(const char *path)
{
	static const struct ph_trace_ops ops = { .section = on_section,
						 .machine = on_machine,
						 .interface = on_interface,
						 .user = on_user,
						 .group = on_group,
						 .task = on_task,
						 .fd = on_fd,
						 .extra = on_extra,
						 .block = on_block };
	const struct ph_containers_opts co = { .size = sizeof co };
	struct info in = { .containers = ph_containers_new(&co) };
	struct ph_trace_reader *reader = NULL;
	struct ph_trace_event te;
	struct ph_trace_end end;
	char err[512] = "out of memory";
	int n;

	if (!in.containers || ph_trace_reader_open(&reader, path, err, sizeof err) != 0) {
		fprintf(stderr, "porthole: %s\n", err);
		ph_containers_free(in.containers);
		return 1;
	}
	ph_trace_reader_ops(reader, &ops, &in);
	while ((n = ph_trace_reader_next(reader, &te)) == 1)
		note_event(&in, &te);
	ph_trace_reader_end(reader, &end);
	print_info(path, &in, reader, &end);
	ph_trace_reader_close(reader);
	ph_containers_free(in.containers);
	return end.state == PH_TRACE_DAMAGED || end.state == PH_TRACE_FAILED || end.bad ? 1 : 0;
}

int cli_file_info(const struct cli_options *o)
{
	int status = 0;

	for (size_t i = 0; i < o->nfiles; i++) {
		if (i > 0)
			putchar('\n');
		status |= file_info(o->files[i]);
	}
	return status;
}

int cli_file_ended(const char *path, const struct ph_inspector *ins)
{
	struct ph_trace_end end;

	ph_inspector_file_end(ins, &end);
	if (end.state == PH_TRACE_CUT)
		fprintf(stderr, "porthole: %s is cut off: %s at byte %" PRIu64 ", after %" PRIu64 " events\n", path,
			end.what, end.offset, end.events);
	if (end.state == PH_TRACE_DAMAGED || end.state == PH_TRACE_FAILED)
		fprintf(stderr, "porthole: %s %s: %s at byte %" PRIu64 ", after %" PRIu64 " events\n", path,
			end.state == PH_TRACE_DAMAGED ? "is damaged" : "cannot be read on", end.what, end.offset,
			end.events);
	if (end.bad)
		fprintf(stderr, "porthole: %s: %" PRIu64 " damaged blocks have been left out\n", path, end.bad);
	if (end.state == PH_TRACE_WHOLE && end.events == 0)
		fprintf(stderr, "porthole: %s has no events\n", path);
	return end.state == PH_TRACE_DAMAGED || end.state == PH_TRACE_FAILED || end.bad ? 1 : 0;
}
