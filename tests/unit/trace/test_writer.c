/* SPDX-License-Identifier: Apache-2.0 */
/* Files as the writer makes them: each stands alone, ends where it should, and says what is missing in it. */
#include <pthread.h>
#include "tests/unit/support/state_fixture.h"
#include "tests/unit/support/scapblocks.h"
#include "tests/unit/support/tmpdir.h"
#include "collector/trace/writer.h"

#define SECOND 1000000000u
#define HEAD_BLOCKS 7 /* section, machine, interfaces, users, processes, descriptors of one process, extras */

struct world {
	struct fix *f;
	struct ph_trace_host host;
	struct tmpdir dir;
	struct ph_trace_writer_opts opts;
	struct ph_trace_writer *w;
	char path[128], err[512];
	unsigned nwarnings;
};

static void warned(void *arg, const char *line)
{
	struct world *w = arg;

	(void)line;
	w->nwarnings++;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	void *f = NULL;

	if (!w || fix_setup(&f) != 0 || tmp_make(&w->dir) != 0)
		return -1;
	w->f = f;
	strcpy(w->path, tmp_path(&w->dir, "t"));
	w->opts = (struct ph_trace_writer_opts){
		.size = sizeof w->opts,
		.path = w->path,
		.live = true,
		.head = { .state = w->f->st, .containers = w->f->cs, .host = &w->host },
		.warn = warned,
		.warn_arg = w,
	};
	do_process(w->f, 200, "/");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *f = w->f;

	tmp_remove(&w->dir);
	free(w);
	return fix_teardown(&f);
}

static void open_writer(struct world *w)
{
	if (ph_trace_writer_open(&w->w, &w->opts, w->err, sizeof w->err) != 0)
		fail_msg("%s", w->err);
}

static void close_writer(struct world *w)
{
	if (ph_trace_writer_close(w->w, w->err, sizeof w->err) != 0)
		fail_msg("%s", w->err);
}

/* A write(2) of thread 200; its pair of blocks is 120 bytes and the data long. */
static const struct ph_event *write_event(uint64_t ts, uint32_t data)
{
	static struct ph_event ev;
	struct evb *e = evb_new(PH_EV_SYSCALL_WRITE_X, 200, ts);

	evb_num(e, "res", data);
	evb_num(e, "fd", 1);
	evb_num(e, "size", data);
	e->p[1].len = data;
	memset(e->p[1].data, 'd', data);
	memset(&ev, 0, sizeof ev);
	assert_int_equal(ph_event_decode(&ev, evb_block(e)), 0);
	ev.syscall = PH_SC_write;
	return &ev;
}

static void put(struct world *w, uint64_t ts)
{
	assert_int_equal(ph_trace_writer_event(w->w, write_event(ts, 4), false), 0);
}

/* What a file holds. */
struct seen {
	unsigned sections, head_blocks, containers, exits, enters, gaps;
	uint64_t container_ts, first_exit, last_exit;
	struct blk gap;
};

static void count(struct seen *s, const struct blk *b)
{
	if (b->code == PH_BLOCK_SECTION)
		s->sections++;
	if (!b->hdr.len) {
		s->head_blocks++;
	} else if (b->hdr.type == PH_EV_CONTAINER_JSON_2_E) {
		s->containers++;
		s->container_ts = b->hdr.ts_ns;
	} else if (b->hdr.type == PH_EV_GAP_E) {
		s->gaps++;
		s->gap = *b;
	} else if (PH_IS_EXIT(b->hdr.type)) {
		s->last_exit = b->hdr.ts_ns;
		if (s->exits++ == 0)
			s->first_exit = b->hdr.ts_ns;
	} else {
		s->enters++;
	}
}

/* Takes data, which the gap's parameters lie in until the next look. */
static struct seen look_at(uint8_t *data, size_t len)
{
	static uint8_t *last;
	struct blocks s = { data, data + len };
	struct seen seen = { 0 };
	struct blk b;

	free(last);
	last = data;
	while (blk_next(&s, &b))
		count(&seen, &b);
	return seen;
}

static struct seen look(struct world *w, const char *name)
{
	size_t len;
	uint8_t *data = tmp_read(tmp_path(&w->dir, name), &len);

	if (!data)
		fail_msg("there is no %s", name);
	return look_at(data, len);
}

static bool is_there(struct world *w, const char *name)
{
	return access(tmp_path(&w->dir, name), F_OK) == 0;
}

#define assert_file(w, name, first, nexits)                       \
	do {                                                      \
		struct seen seen_ = look(w, name);                \
		assert_int_equal(seen_.sections, 1);              \
		assert_int_equal(seen_.head_blocks, HEAD_BLOCKS); \
		assert_int_equal(seen_.exits, nexits);            \
		assert_int_equal(seen_.enters, nexits);           \
		assert_int_equal(seen_.first_exit, first);        \
	} while (0)

/* --- one file --------------------------------------------------------------------------------------------------------------- */

static void a_file_is_a_head_and_the_events(void **state)
{
	struct world *w = *state;
	struct ph_trace_writer_stats st;

	open_writer(w);
	for (unsigned i = 0; i < 5; i++)
		put(w, 100 + i);
	assert_int_equal(ph_trace_writer_event(w->w, write_event(105, 4), true), 0);
	ph_trace_writer_stats(w->w, &st);
	assert_int_equal(st.events, 5);
	assert_int_equal(st.hidden, 1);
	assert_int_equal(st.lost, 0);
	assert_int_equal(st.files, 1);
	close_writer(w);
	assert_file(w, "t", 100, 6);
	assert_int_equal(st.bytes, tmp_size(w->path));
}

static void a_capture_without_events_is_a_head(void **state)
{
	struct world *w = *state;

	open_writer(w);
	close_writer(w);
	assert_file(w, "t", 0, 0);
}

static void idle_time_brings_the_head_to_the_disk(void **state)
{
	struct world *w = *state;

	w->opts.flush_ns = 1;
	open_writer(w);
	assert_true(tmp_wait_for((ph_trace_writer_poll(w->w), tmp_size(w->path) > 28)));
	close_writer(w);
	assert_file(w, "t", 0, 0);
}

static void a_new_section_has_a_head_of_its_own(void **state)
{
	struct world *w = *state;
	struct seen s;

	open_writer(w);
	put(w, 100);
	assert_int_equal(ph_trace_writer_section(w->w), 0);
	put(w, 200);
	assert_int_equal(ph_trace_writer_use(w->w, &w->opts.head), 0);
	put(w, 300);
	close_writer(w);
	s = look(w, "t");
	assert_int_equal(s.sections, 3);
	assert_int_equal(s.head_blocks, 3 * HEAD_BLOCKS);
	assert_int_equal(s.exits, 3);
}

static struct ph_container *add_container(struct world *w)
{
	static const char json[] = "{\"id\":\"0123456789ab\",\"type\":0,\"name\":\"web\",\"image\":\"nginx\"}";

	assert_int_equal(ph_containers_add_json(w->f->cs, json, sizeof json - 1), 0);
	return ph_containers_by_id(w->f->cs, "0123456789ab");
}

static void a_container_is_in_the_head_or_at_its_place_in_the_stream(void **state)
{
	struct world *w = *state;
	struct ph_container *c;
	struct seen s;

	open_writer(w);
	c = add_container(w);
	assert_non_null(c);
	assert_int_equal(ph_trace_writer_container(w->w, c), 0); /* the head is still to come */
	put(w, 100);
	put(w, 101);
	assert_int_equal(ph_trace_writer_container(w->w, c), 0);
	close_writer(w);
	s = look(w, "t");
	assert_int_equal(s.containers, 2);
	assert_int_equal(s.container_ts, 101);
}

static void gzip_files_are_whole(void **state)
{
	struct world *w = *state;
	uint8_t *data;
	struct seen s;
	bool whole;
	size_t len;

	w->opts.gzip = true;
	open_writer(w);
	put(w, 100);
	close_writer(w);
	data = tmp_gunzip(w->path, &len, &whole);
	s = look_at(data, len);
	assert_true(whole);
	assert_int_equal(s.exits, 1);
}

static void events_larger_than_a_chunk_are_written(void **state)
{
	struct world *w = *state;
	uint32_t text = 3u << 20;
	struct ph_evt_hdr hdr = { .ts_ns = 5, .tid = -1, .type = PH_EV_CONTAINER_JSON_2_E, .nparams = 1 };
	uint8_t *block = calloc(1, sizeof hdr + 4 + text);
	struct ph_event ev = { 0 };

	hdr.len = (uint32_t)sizeof hdr + 4 + text;
	memcpy(block, &hdr, sizeof hdr);
	memcpy(block + sizeof hdr, &text, 4);
	memset(block + sizeof hdr + 4, 'j', text - 1);
	assert_int_equal(ph_event_decode(&ev, (const struct ph_evt_hdr *)(const void *)block), 0);
	w->opts.encode.as_read = true;
	w->opts.live = false;
	open_writer(w);
	assert_int_equal(ph_trace_writer_event(w->w, &ev, false), 0);
	close_writer(w);
	assert_int_equal(look(w, "t").container_ts, 5);
	assert_true(tmp_size(w->path) > text);
	free(block);
}

/* --- several files ------------------------------------------------------------------------------------------------------------ */

static void files_end_after_so_many_events(void **state)
{
	struct world *w = *state;
	struct ph_trace_writer_stats st;

	w->opts.rotate_events = 2;
	open_writer(w);
	for (unsigned i = 0; i < 5; i++)
		put(w, 100 + i);
	ph_trace_writer_stats(w->w, &st);
	assert_int_equal(st.files, 3);
	close_writer(w);
	assert_file(w, "t0", 100, 2);
	assert_file(w, "t1", 102, 2);
	assert_file(w, "t2", 104, 1);
	assert_false(is_there(w, "t3"));
}

static void files_end_at_a_size_but_never_without_an_event(void **state)
{
	struct world *w = *state;

	w->opts.rotate_bytes = 1;
	open_writer(w);
	for (unsigned i = 0; i < 3; i++)
		put(w, 100 + i);
	close_writer(w);
	for (unsigned i = 0; i < 3; i++) {
		char name[] = { 't', (char)('0' + i), '\0' };

		assert_file(w, name, 100 + i, 1);
	}
	assert_false(is_there(w, "t3"));
}

static void the_size_is_that_of_the_file(void **state)
{
	struct world *w = *state;

	w->opts.rotate_bytes = 20000;
	open_writer(w);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(ph_trace_writer_event(w->w, write_event(100 + i, 1000), false), 0);
	close_writer(w);
	assert_in_range(tmp_size(tmp_path(&w->dir, "t0")), 20000, 21500);
	assert_true(is_there(w, "t1") && is_there(w, "t2") && !is_there(w, "t3"));
}

static void files_end_after_so_much_event_time(void **state)
{
	struct world *w = *state;

	w->opts.rotate_ns = 10ull * SECOND;
	open_writer(w);
	put(w, 100ull * SECOND);
	put(w, 109ull * SECOND);
	put(w, 108ull * SECOND); /* a little late */
	put(w, 110ull * SECOND);
	put(w, 111ull * SECOND);
	close_writer(w);
	assert_file(w, "t0", 100ull * SECOND, 3);
	assert_file(w, "t1", 110ull * SECOND, 2);
	assert_false(is_there(w, "t2"));
}

static void a_template_is_filled_with_event_time(void **state)
{
	struct world *w = *state;
	char path[160];

	setenv("TZ", "UTC", 1);
	snprintf(path, sizeof path, "%s/%%H%%M%%S", w->dir.path);
	w->opts.path = path;
	w->opts.rotate_ns = 60ull * SECOND;
	open_writer(w);
	put(w, 3661ull * SECOND);
	put(w, 3722ull * SECOND);
	close_writer(w);
	assert_file(w, "010101", 3661ull * SECOND, 1);
	assert_file(w, "010202", 3722ull * SECOND, 1);
	w->opts.rotate_ns = SECOND;
	open_writer(w); /* and without an event there is no name, and no file */
	close_writer(w);
}

static void a_ring_goes_over_its_oldest_file(void **state)
{
	struct world *w = *state;

	w->opts.rotate_events = 1;
	w->opts.ring = 2;
	open_writer(w);
	for (unsigned i = 0; i < 3; i++)
		put(w, 100 + i);
	close_writer(w);
	assert_file(w, "t0", 102, 1);
	assert_file(w, "t1", 101, 1);
	assert_false(is_there(w, "t2"));
}

/* The descriptors in a file's head. */
static bool head_names(struct world *w, const char *file, const char *name)
{
	size_t len;
	uint8_t *data = tmp_read(tmp_path(&w->dir, file), &len);
	bool found = data && memmem(data, len, name, strlen(name));

	free(data);
	return found;
}

static void every_files_head_is_the_state_of_its_beginning(void **state)
{
	struct world *w = *state;

	w->opts.rotate_events = 1;
	open_writer(w);
	put(w, 100);
	do_open(w->f, 200, 5, "/opened/meanwhile");
	put(w, 101);
	close_writer(w);
	assert_false(head_names(w, "t0", "/opened/meanwhile"));
	assert_true(head_names(w, "t1", "/opened/meanwhile"));
}

static void standard_output_cannot_be_several_files(void **state)
{
	struct world *w = *state;

	w->opts.path = "-";
	w->opts.rotate_events = 1;
	assert_int_equal(ph_trace_writer_open(&w->w, &w->opts, w->err, sizeof w->err), -EINVAL);
	assert_non_null(strstr(w->err, "standard output is one file"));
	assert_null(w->w);
}

/* --- losses -------------------------------------------------------------------------------------------------------------------- */

/* The other end of a pipe, which reads when it is told to. */
struct reader {
	pthread_t thread;
	int fd;
	uint8_t *data;
	size_t len, cap;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	ssize_t n;

	fcntl(r->fd, F_SETFL, 0);
	while (r->len < r->cap && (n = read(r->fd, r->data + r->len, r->cap - r->len)) > 0)
		r->len += (size_t)n;
	return NULL;
}

/* Until an event has found room again. Returns the time of the last that has not. */
static uint64_t put_until_room(struct world *w, uint64_t ts)
{
	struct ph_trace_writer_stats before, now;
	uint64_t until = tmp_now_ms() + 20000;

	ph_trace_writer_stats(w->w, &before);
	do {
		usleep(1000);
		put(w, ts++);
		ph_trace_writer_stats(w->w, &now);
	} while (now.events == before.events && tmp_now_ms() < until);
	assert_int_equal(now.events, before.events + 1);
	return ts - 2;
}

static void what_finds_no_room_is_counted_and_a_gap_stands_in_its_place(void **state)
{
	struct world *w = *state;
	struct reader r = { .cap = 64u << 20 };
	struct ph_trace_writer_stats st;
	uint64_t ts = 1000, first_lost, last_lost;
	struct seen s;

	assert_int_equal(mkfifo(w->path, 0600), 0);
	r.fd = open(w->path, O_RDONLY | O_NONBLOCK);
	r.data = malloc(r.cap);
	open_writer(w);
	do { /* nobody reads; this returns at once all the same */
		assert_int_equal(ph_trace_writer_event(w->w, write_event(ts++, 60000), false), 0);
		ph_trace_writer_stats(w->w, &st);
	} while (st.lost == 0 && ts < 3000);
	assert_int_equal(st.lost, 1);
	first_lost = ts - 1;
	for (int i = 0; i < 9; i++)
		put(w, ts++);
	assert_int_equal(ph_trace_writer_poll(w->w), 0);
	assert_int_equal(w->nwarnings, 1);
	pthread_create(&r.thread, NULL, read_all, &r);
	last_lost = put_until_room(w, ts);
	ph_trace_writer_stats(w->w, &st);
	close_writer(w);
	pthread_join(r.thread, NULL);
	s = look_at(r.data, r.len);
	assert_int_equal(s.gaps, 1);
	assert_int_equal(s.exits, st.events);
	assert_int_equal(blk_num(&s.gap, 0), st.lost);
	assert_int_equal(st.lost, last_lost - first_lost + 1);
	assert_int_equal(blk_num(&s.gap, 1), 0);
	assert_int_equal(blk_num(&s.gap, 2), first_lost);
	assert_int_equal(blk_num(&s.gap, 3), last_lost);
	assert_int_equal(s.last_exit, last_lost + 1);
	close(r.fd);
}

/* A file as source takes the time that its reader takes. */
static void nothing_is_lost_that_can_wait(void **state)
{
	struct world *w = *state;
	struct reader r = { .cap = 64u << 20 };
	struct ph_trace_writer_stats st;
	struct seen s;

	assert_int_equal(mkfifo(w->path, 0600), 0);
	r.fd = open(w->path, O_RDONLY | O_NONBLOCK);
	r.data = malloc(r.cap);
	w->opts.live = false;
	open_writer(w);
	pthread_create(&r.thread, NULL, read_all, &r);
	for (unsigned i = 0; i < 800; i++)
		assert_int_equal(ph_trace_writer_event(w->w, write_event(1000 + i, 60000), false), 0);
	ph_trace_writer_stats(w->w, &st);
	assert_int_equal(st.lost, 0);
	close_writer(w);
	pthread_join(r.thread, NULL);
	s = look_at(r.data, r.len);
	assert_int_equal(s.exits, 800);
	assert_int_equal(s.gaps, 0);
	close(r.fd);
}

static void a_reader_that_went_away_is_an_error(void **state)
{
	struct world *w = *state;
	int fd, err = 0;

	assert_int_equal(mkfifo(w->path, 0600), 0);
	fd = open(w->path, O_RDONLY | O_NONBLOCK);
	w->opts.flush_ns = 1;
	open_writer(w);
	close(fd);
	for (uint64_t ts = 1000; err == 0 && ts < 2000; ts++) {
		usleep(1000);
		err = ph_trace_writer_event(w->w, write_event(ts, 4), false);
		if (err == 0)
			err = ph_trace_writer_poll(w->w);
	}
	assert_int_equal(err, -EPIPE);
	assert_int_equal(ph_trace_writer_close(w->w, w->err, sizeof w->err), -EPIPE);
	assert_non_null(strstr(w->err, "Broken pipe"));
}

#define writer_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		writer_test(a_file_is_a_head_and_the_events),
		writer_test(a_capture_without_events_is_a_head),
		writer_test(idle_time_brings_the_head_to_the_disk),
		writer_test(a_new_section_has_a_head_of_its_own),
		writer_test(a_container_is_in_the_head_or_at_its_place_in_the_stream),
		writer_test(gzip_files_are_whole),
		writer_test(events_larger_than_a_chunk_are_written),
		writer_test(files_end_after_so_many_events),
		writer_test(files_end_at_a_size_but_never_without_an_event),
		writer_test(the_size_is_that_of_the_file),
		writer_test(files_end_after_so_much_event_time),
		writer_test(a_template_is_filled_with_event_time),
		writer_test(a_ring_goes_over_its_oldest_file),
		writer_test(every_files_head_is_the_state_of_its_beginning),
		writer_test(standard_output_cannot_be_several_files),
		writer_test(what_finds_no_room_is_counted_and_a_gap_stands_in_its_place),
		writer_test(nothing_is_lost_that_can_wait),
		writer_test(a_reader_that_went_away_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
