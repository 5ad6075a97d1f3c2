/* SPDX-License-Identifier: Apache-2.0 */
/* Run by the script of the same name: what filters of 1, 5 and 10 terms cost an event, over decoded events in memory. */
#include <time.h>
#include "tests/unit/support/scene.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define EVENTS 512
#define ROUNDS 400
#define RUNS 5

struct row {
	const char *what, *filter;
	struct ph_filter *compiled;
	double ns[RUNS];
	size_t passed;
};

static struct row rows[] = {
	{ .what = "1 term, event type", .filter = "evt.type=openat" },
	{ .what = "1 term, thread", .filter = "proc.name=nosuch" },
	{ .what = "1 term, text made", .filter = "proc.cmdline contains nosuch" },
	{ .what = "5 terms, dear ones first",
	  .filter = "evt.args contains secret and proc.cmdline contains http and fd.name startswith /etc and "
		    "proc.name=worker and evt.type=open" },
	{ .what = "5 terms, any of them",
	  .filter = "proc.cmdline contains nosuch or fd.name=nosuch or proc.name=curl or proc.pid=7 or evt.type=open" },
	{ .what = "5 terms, all true",
	  .filter = "evt.rawres>=-100 and proc.pid=200 and user.uid=1000 and proc.vpid=200 and proc.exepath!=x" },
	{ .what = "10 terms, dear ones first",
	  .filter =
		  "evt.args contains secret and proc.cmdline regex '.*http.*' and proc.aname=systemd and "
		  "fd.name glob '/etc/*' and evt.arg.size=512 and fd.num=3 and proc.name=worker and user.uid=1000 and "
		  "evt.failed=false and evt.type in (read, write, pread, pwrite)" },
	{ .what = "10 terms, any of them",
	  .filter =
		  "evt.args contains nosuch or proc.cmdline regex nosuch or proc.aname=nosuch or fd.name glob '/x/*' or "
		  "fd.directory=/tmp or fd.num=99 or proc.name=nosuch or proc.name=curl or evt.cpu=7 or evt.type=close" },
	{ .what = "10 terms, all true",
	  .filter = "proc.name!=a and proc.pid=200 and user.uid=1000 and evt.rawres>=-100 and evt.cpu<4 and "
		    "proc.name!=b and proc.vpid>1 and proc.exepath!=x and thread.tid>=200 and proc.ppid!=7" },
	{ .what = "10 terms, none true",
	  .filter = "proc.name=a or proc.pid=201 or user.uid=1 or evt.rawres<-100 or evt.cpu>4 or proc.name=b or "
		    "proc.vpid<1 or proc.exepath=x or thread.tid<200 or proc.ppid=7" },
};

static void numbers(struct evb *b, int64_t fd, int64_t size)
{
	evb_num(b, "fd", fd);
	evb_num(b, "size", size);
}

static struct evb *build(size_t i)
{
	static const char data[] = "GET /index.html HTTP/1.1\r\nHost: example.org\r\n";
	static const unsigned types[] = { PH_EV_SYSCALL_READ_X, PH_EV_SYSCALL_WRITE_X, PH_EV_SYSCALL_OPEN_X,
					  PH_EV_SYSCALL_READ_X };
	unsigned type = types[i % COUNT(types)];
	struct evb *b = evb_new(type, 200 + (int64_t)(i / 4 % 2), SCENE_TS + i * 1000);

	if (type == PH_EV_SYSCALL_OPEN_X) {
		/* one that failed changes no state: what the events point to stays */
		evb_num(b, "fd", -2);
		evb_str(b, "name", "/etc/nosuch.conf");
		evb_num(b, "flags", 1);
		evb_num(b, "mode", 0);
		return b;
	}
	evb_num(b, "res", (int64_t)sizeof data - 1);
	evb_bytes(b, "data", data, sizeof data - 1);
	numbers(b, 3 + (int64_t)(i % 6), 512);
	return b;
}

static void fill(struct scene *sc, struct ph_event *events)
{
	for (size_t i = 0; i < EVENTS; i++) {
		const struct ph_evt_hdr *hdr = evb_block(build(i));
		void *copy = malloc(hdr->len);

		if (!copy)
			exit(1);
		memcpy(copy, hdr, hdr->len);
		if (ph_event_decode(&events[i], copy) != 0)
			exit(1);
		events[i].num = i + 1;
		events[i].syscall = PH_SC_COUNT;
		events[i].fdnum = PH_FD_NONE;
		ph_state_begin(sc->st, &events[i]);
	}
}

static void measure(struct scene *sc, const struct ph_event *events, struct row *row, size_t run)
{
	struct timespec a, b;

	row->passed = 0;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < EVENTS; i++) {
			ph_field_ctx_begin(&sc->ctx, &events[i]);
			row->passed += ph_filter_match(row->compiled, &sc->ctx);
		}
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	row->ns[run] = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (ROUNDS * EVENTS);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	static struct ph_event events[EVENTS];
	struct ph_parse_error err;
	void *state = NULL;

	if (scene_setup(&state) != 0)
		return 1;
	fill(state, events);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (ph_filter_compile(&rows[i].compiled, rows[i].filter, NULL, &err) != 0) {
			fprintf(stderr, "%s: at %zu: %s\n", rows[i].filter, err.pos, err.message);
			return 1;
		}
	}
	for (size_t run = 0; run < RUNS; run++)
		for (size_t i = 0; i < COUNT(rows); i++)
			measure(state, events, &rows[i], run);
	printf("%-28s %-26s %s\n", "", "ns an event", "events that pass");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct row *r = &rows[i];
		char text[64];

		qsort(r->ns, RUNS, sizeof r->ns[0], by_value);
		snprintf(text, sizeof text, "%.1f (%.1f .. %.1f)", r->ns[RUNS / 2], r->ns[0], r->ns[RUNS - 1]);
		printf("%-28s %-26s %zu %%\n", r->what, text, r->passed * 100 / (EVENTS * ROUNDS));
		ph_filter_free(r->compiled);
	}
	for (size_t i = 0; i < EVENTS; i++)
		free((void *)(uintptr_t)events[i].hdr);
	((struct scene *)state)->ev.hdr = NULL;
	scene_teardown(&state);
	return 0;
}
