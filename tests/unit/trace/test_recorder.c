/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the files of a recorder, and when there is one. Events are openat of one process, a second apart as a rule, whose file
 * names say when they were: "/100" at second 100 of the test's time.
 */
#include <pthread.h>
#include "tests/unit/support/state_fixture.h"
#include "tests/unit/support/scaptold.h"
#include "tests/unit/support/tmpdir.h"
#include "collector/trace/reader.h"
#include "collector/trace/recorder.h"

#define SECOND 1000000000ull
#define EPOCH (1700049600 * SECOND) /* 2023-11-15 12:00:00 UTC */
#define PID 100

struct rec {
	struct fix *f;
	struct tmpdir dir;
	struct ph_trace_host host;
	struct ph_recorder_opts opts;
	struct ph_recorder *r;
	char said[4096];
	char shown[1 << 16], hidden[1 << 16]; /* names in a file, each with a blank behind it */
	unsigned sections, gaps;
	struct told heads;
};

static void says(void *arg, const char *line)
{
	struct rec *t = arg;

	snprintf(t->said + strlen(t->said), sizeof(t->said) - strlen(t->said), "%s\n", line);
}

static int setup(void **state)
{
	struct rec *t = calloc(1, sizeof(*t));

	setenv("TZ", "UTC", 1);
	*state = t;
	assert_int_equal(fix_setup((void **)&t->f), 0);
	t->f->ts = EPOCH - SECOND;
	do_process(t->f, PID, "/");
	t->host.machine.ncpus = 2;
	t->opts = (struct ph_recorder_opts){
		.size = sizeof(t->opts),
		.before_ns = 10 * SECOND,
		.after_ns = 5 * SECOND,
	};
	t->opts.file.head = (struct ph_encode_head){
		.state = t->f->st,
		.containers = t->f->cs,
		.host = &t->host,
	};
	t->opts.file.encode.exit_only = true;
	t->opts.file.warn = says;
	t->opts.file.warn_arg = t;
	return tmp_make(&t->dir);
}

static int teardown(void **state)
{
	struct rec *t = *state;

	if (t->r)
		ph_recorder_close(t->r, NULL, 0);
	tmp_remove(&t->dir);
	fix_teardown((void **)&t->f);
	free(t);
	return 0;
}

static void start(struct rec *t, const char *name)
{
	char err[512] = "";

	t->opts.file.path = tmp_path(&t->dir, name);
	if (ph_recorder_open(&t->r, &t->opts, err, sizeof(err)) < 0)
		fail_msg("%s", err);
}

static void stop(struct rec *t)
{
	char err[512] = "";

	if (ph_recorder_close(t->r, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	t->r = NULL;
}

static void give(struct rec *t, struct evb *b, bool trigger)
{
	begin(t->f, b);
	t->f->ev.cpu = 1;
	assert_int_equal(ph_recorder_event(t->r, &t->f->ev, trigger), 0);
	end(t->f);
}

/* An open of a file that is called after its second; fd 3 and up, so that each stays known. */
static void open_at(struct rec *t, unsigned second, bool trigger)
{
	char name[32];
	struct evb *b;

	t->f->ts = EPOCH + second * SECOND - 1000; /* event() adds 1000 */
	snprintf(name, sizeof(name), "/%u", second);
	b = open_event(t->f, PID, 3 + second, -100, name, 1);
	give(t, b, trigger);
}

static void opens(struct rec *t, unsigned from, unsigned to)
{
	for (unsigned s = from; s <= to; s++)
		open_at(t, s, false);
}

static struct ph_recorder_stats stats(const struct rec *t)
{
	struct ph_recorder_stats st;

	ph_recorder_stats(t->r, &st);
	return st;
}

static void count_section(void *arg, unsigned major, unsigned minor)
{
	struct rec *t = arg;

	t->sections++;
	told_section(&t->heads, major, minor);
}

static void tell_task(void *arg, const struct ph_task *task)
{
	told_task(&((struct rec *)arg)->heads, task);
}

static void tell_fd(void *arg, int64_t tid, const struct ph_fd *fd)
{
	told_fd(&((struct rec *)arg)->heads, tid, fd);
}

static void note_event(struct rec *t, const struct ph_trace_event *te)
{
	char *to = te->flags & PH_BLOCK_FLAG_HIDDEN ? t->hidden : t->shown;
	const struct ph_event_info *info = ph_event_info(te->hdr->type);
	struct ph_event ev;
	uint32_t len;

	assert_non_null(info);
	if (info->code == PH_EV_GAP_E) {
		t->gaps++;
		return;
	}
	assert_int_equal(ph_event_decode_as(&ev, te->hdr, info, te->large), 0);
	if (info->code == PH_EV_SYSCALL_OPENAT_2_X)
		snprintf(to + strlen(to), 40, "%s ",
			 ph_event_str(&ev, evb_index(&(struct evb){ .info = info }, "name"), &len) + 1);
	else
		snprintf(to + strlen(to), 40, "%s ", info->name);
	assert_int_equal(te->cpu, info->code == PH_EV_CONTAINER_JSON_2_E ? te->cpu : 1);
}

/* Reads a file to its end, which must be whole. */
static void read_file(struct rec *t, const char *name)
{
	static const struct ph_trace_ops ops = { .section = count_section, .task = tell_task, .fd = tell_fd };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct ph_trace_end end;
	char err[512] = "";

	t->shown[0] = t->hidden[0] = '\0';
	t->sections = t->gaps = 0;
	t->heads.len = 0;
	t->heads.text[0] = '\0';
	if (ph_trace_reader_open(&r, tmp_path(&t->dir, name), err, sizeof(err)) < 0)
		fail_msg("%s", err);
	ph_trace_reader_ops(r, &ops, t);
	while (ph_trace_reader_next(r, &ev) == 1)
		note_event(t, &ev);
	ph_trace_reader_end(r, &end);
	ph_trace_reader_close(r);
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	assert_int_equal(end.bad, 0);
}

static bool exists(struct rec *t, const char *name)
{
	return tmp_size(tmp_path(&t->dir, name)) >= 0;
}

static bool head_has(struct rec *t, const char *text)
{
	return strstr(t->heads.text, text) != NULL;
}

static void without_a_trigger_there_is_no_file(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	opens(t, 1, 30);
	assert_int_equal(stats(t).files, 0);
	stop(t);
	assert_false(exists(t, "a"));
	assert_false(exists(t, "a0"));
}

static void a_file_has_what_was_before_and_after_its_trigger(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	opens(t, 1, 49);
	open_at(t, 50, true);
	opens(t, 51, 80);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 ");
	assert_int_equal(t->sections, 1);
	assert_int_equal(t->gaps, 0);
	assert_string_equal(t->said, "");
}

static void the_head_has_the_state_of_the_moment_that_the_file_begins(void **state)
{
	struct rec *t = *state;
	unsigned first;

	start(t, "a");
	opens(t, 1, 49);
	open_at(t, 50, true);
	stop(t);
	read_file(t, "a0");
	assert_true(head_has(t, "task 100 pid=100"));
	assert_true(head_has(t, "fd 100:4 ")); /* of second 1, long before */
	/* What was opened between the head and the time shown is there too, hidden. */
	first = (unsigned)strtoul(t->hidden[0] ? t->hidden : t->shown, NULL, 10);
	for (unsigned s = 1; s <= 50; s++) {
		char fd[32];

		snprintf(fd, sizeof(fd), "fd 100:%u ", 3 + s);
		assert_int_equal(head_has(t, fd), s <= first);
	}
	assert_true(first <= 40);
}

static void state_before_the_time_shown_is_hidden_and_all_else_left_out(void **state)
{
	struct rec *t = *state;

	t->opts.before_ns = 8 * SECOND; /* segments of 2 s, the first from second 2: a cut at 51 is within one */
	start(t, "a");
	for (unsigned s = 2; s <= 59; s++) {
		open_at(t, s, s == 59);
		t->f->ts += 1000;
		give(t, call(t->f, PH_EV_SYSCALL_READ_X, PID, 1, 3 + s), false);
	}
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->hidden, "50 ");
	assert_string_equal(t->shown, "51 read 52 read 53 read 54 read 55 read 56 read 57 read 58 read 59 read ");
}

static void a_trigger_while_recording_prolongs_the_file(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	opens(t, 1, 19);
	open_at(t, 20, true);
	opens(t, 21, 22);
	open_at(t, 23, true);
	opens(t, 24, 40);
	assert_int_equal(stats(t).triggers, 2);
	assert_int_equal(stats(t).files, 1);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 ");
}

static void each_recording_is_a_file_that_stands_alone(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	opens(t, 1, 19);
	open_at(t, 20, true);
	opens(t, 21, 27);
	open_at(t, 28, true);
	opens(t, 29, 40);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 ");
	read_file(t, "a1");
	assert_string_equal(t->shown, "18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 ");
	assert_true(head_has(t, "task 100 pid=100"));
}

static void a_trigger_long_after_a_file_is_a_file_of_its_own(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	open_at(t, 20, true);
	open_at(t, 1000, true);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "20 ");
	read_file(t, "a1");
	assert_string_equal(t->shown, "1000 ");
}

static void files_are_named_after_the_time_of_their_trigger(void **state)
{
	struct rec *t = *state;

	start(t, "a-%H%M.scap");
	open_at(t, 61, true);
	open_at(t, 90, true);
	open_at(t, 150, true);
	stop(t);
	read_file(t, "a-1201.scap");
	assert_string_equal(t->shown, "61 ");
	read_file(t, "a-1201.scap.1");
	assert_string_equal(t->shown, "90 ");
	read_file(t, "a-1202.scap");
	assert_string_equal(t->shown, "150 ");
}

static void a_ring_keeps_its_newest_files(void **state)
{
	struct rec *t = *state;

	t->opts.file.ring = 2;
	start(t, "a");
	for (unsigned s = 100; s <= 300; s += 100)
		open_at(t, s, true);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "300 ");
	read_file(t, "a1");
	assert_string_equal(t->shown, "200 ");
	assert_false(exists(t, "a2"));
}

static void packed_files_are_whole(void **state)
{
	struct rec *t = *state;

	t->opts.file.gzip = true;
	start(t, "a");
	opens(t, 1, 19);
	open_at(t, 20, true);
	opens(t, 21, 40);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 ");
}

static void a_recording_is_whole_on_disk_before_the_next(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	open_at(t, 20, true);
	open_at(t, 40, false);
	assert_true(tmp_wait_for((ph_recorder_poll(t->r), tmp_size(tmp_path(&t->dir, "a0")) > 0)));
	read_file(t, "a0");
	assert_string_equal(t->shown, "20 ");
}

static void a_file_ends_without_events_too(void **state)
{
	struct rec *t = *state;
	struct tmpdir *d = &t->dir;

	t->opts.after_ns = SECOND / 10;
	t->opts.file.gzip = true;
	start(t, "a");
	open_at(t, 20, true);
	assert_true(tmp_wait_for(({
		bool whole = false;
		size_t len;

		ph_recorder_poll(t->r);
		free(tmp_gunzip(tmp_path(d, "a0"), &len, &whole));
		whole;
	})));
	read_file(t, "a0");
	assert_string_equal(t->shown, "20 ");
}

static void little_memory_shortens_the_time_before_and_says_so(void **state)
{
	struct rec *t = *state;

	t->opts.memory_bytes = 100000;
	t->opts.before_ns = 1000 * SECOND;
	start(t, "a");
	for (unsigned s = 1; s <= 400; s++) {
		char data[1000] = "";
		struct evb *b;

		t->f->ts = EPOCH + s * SECOND;
		b = call(t->f, PH_EV_SYSCALL_READ_X, PID, sizeof(data), 3);
		evb_bytes(b, "data", data, sizeof(data));
		give(t, b, false);
		assert_true(stats(t).bytes_kept <= t->opts.memory_bytes);
	}
	open_at(t, 401, true);
	assert_int_equal(stats(t).shortened, 1);
	assert_int_equal(stats(t).lost, 0);
	stop(t);
	assert_non_null(strstr(t->said, "a0 begins "));
	assert_non_null(strstr(t->said, "has no room in 0 MB of memory"));
	read_file(t, "a0");
	assert_int_equal(t->sections, 1);
	assert_true(strlen(t->shown) / strlen("read ") > 30);
	assert_non_null(strstr(t->shown, "401 "));
}

static void a_capture_younger_than_the_time_before_is_not_shortened(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	opens(t, 1, 3);
	open_at(t, 4, true);
	assert_int_equal(stats(t).shortened, 0);
	stop(t);
	read_file(t, "a0");
	assert_string_equal(t->shown, "1 2 3 4 ");
	assert_string_equal(t->said, "");
}

static void pairs_are_hidden_as_pairs(void **state)
{
	struct rec *t = *state;

	t->opts.file.encode.exit_only = false;
	t->opts.before_ns = 8 * SECOND;
	start(t, "a");
	for (unsigned s = 2; s <= 59; s++)
		open_at(t, s, s == 59);
	stop(t);
	read_file(t, "a0");
	assert_non_null(strstr(t->hidden, "openat 50 "));
	assert_null(strstr(t->shown, "50 "));
	assert_non_null(strstr(t->shown, "openat 51 "));
}

static void secrets_are_masked_in_heads_and_events(void **state)
{
	struct rec *t = *state;
	size_t len;
	uint8_t *data;
	struct evb *b;

	t->opts.file.encode.redact = true;
	start(t, "a");
	b = exec_event(t->f, PID, "/bin/x", "x");
	evb_bytes(b, "env", "A_TOKEN=hunter2", 16);
	give(t, b, false);
	opens(t, 10, 29);
	open_at(t, 30, true);
	stop(t);
	data = tmp_read(tmp_path(&t->dir, "a0"), &len);
	assert_non_null(memmem(data, len, "A_TOKEN=*******", 15));
	assert_null(memmem(data, len, "hunter2", 7));
	free(data);
}

static void a_record_of_a_container_stays_where_it_came(void **state)
{
	struct rec *t = *state;
	static const char json[] = "{\"container\":{\"id\":\"0123456789ab\",\"name\":\"web\",\"type\":0}}";

	t->opts.before_ns = 8 * SECOND;
	start(t, "a");
	opens(t, 2, 50);
	assert_int_equal(ph_containers_add_json(t->f->cs, json, sizeof(json) - 1), 0);
	assert_int_equal(ph_recorder_container(t->r, ph_containers_by_id(t->f->cs, "0123456789ab")), 0);
	opens(t, 51, 58);
	open_at(t, 59, true);
	stop(t);
	read_file(t, "a0");
	/* Before the time shown, in front of 51: it says who is who. */
	assert_string_equal(t->hidden, "50 ");
	assert_int_equal(strncmp(t->shown, "container 51 52 ", 16), 0);
}

static void standard_output_and_folders_that_are_not_there_are_refused(void **state)
{
	struct rec *t = *state;
	char err[512] = "";

	t->opts.file.path = "-";
	assert_int_equal(ph_recorder_open(&t->r, &t->opts, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "-w needs a name"));
	assert_null(t->r);
	t->opts.file.path = tmp_path(&t->dir, "no/a");
	assert_int_equal(ph_recorder_open(&t->r, &t->opts, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "cannot write files in "));
	assert_null(t->r);
}

static void a_file_that_cannot_be_opened_is_said_once_and_tried_again(void **state)
{
	struct rec *t = *state;

	start(t, "a");
	assert_int_equal(mkdir(tmp_path(&t->dir, "a0"), 0700), 0);
	assert_int_equal(mkdir(tmp_path(&t->dir, "a1"), 0700), 0);
	open_at(t, 20, true);
	assert_non_null(strstr(t->said, "cannot write "));
	t->said[0] = '\0';
	open_at(t, 30, true);
	assert_string_equal(t->said, "");
	open_at(t, 40, true);
	assert_int_equal(stats(t).files, 1);
	stop(t);
	read_file(t, "a2");
	assert_string_equal(t->shown, "30 40 ");
}

/* A pipe as the first file: the sink takes what its queue holds, then memory fills. Returns its reading end. */
static int start_blocked(struct rec *t)
{
	static char data[60000];
	int fd;

	t->opts.memory_bytes = 4u << 20;
	t->opts.after_ns = 100000 * SECOND;
	start(t, "a");
	assert_int_equal(mkfifo(tmp_path(&t->dir, "a0"), 0600), 0);
	fd = open(tmp_path(&t->dir, "a0"), O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	open_at(t, 1, true);
	for (unsigned s = 2; s <= 900; s++) {
		struct evb *b;

		t->f->ts = EPOCH + s * SECOND;
		b = call(t->f, PH_EV_SYSCALL_READ_X, PID, sizeof(data), 3);
		evb_bytes(b, "data", data, sizeof(data));
		give(t, b, false);
		assert_true(stats(t).bytes_kept <= t->opts.memory_bytes);
	}
	return fd;
}

static void a_file_that_takes_nothing_loses_events_and_says_so(void **state)
{
	struct rec *t = *state;
	int fd = start_blocked(t);
	char err[512];

	assert_true(stats(t).lost > 50);
	assert_non_null(strstr(t->said, "events are missing in it"));
	assert_int_equal(ph_recorder_close(t->r, err, sizeof(err)), -ETIMEDOUT);
	assert_non_null(strstr(err, "the end of the file is missing"));
	t->r = NULL;
	close(fd);
}

struct copy {
	int from;
	char to[128];
};

static void *copy_all(void *arg)
{
	static char buf[1 << 16];
	struct copy *c = arg;
	int to = open(c->to, O_CREAT | O_WRONLY, 0600);
	ssize_t n;

	fcntl(c->from, F_SETFL, 0);
	while ((n = read(c->from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			abort();
	close(to);
	return NULL;
}

static void behind_a_loss_stand_a_gap_and_a_new_head(void **state)
{
	struct rec *t = *state;
	struct copy c = { .from = start_blocked(t) };
	uint64_t lost = stats(t).lost;
	unsigned reads = 0;
	pthread_t thread;

	strcpy(c.to, tmp_path(&t->dir, "copy"));
	assert_int_equal(pthread_create(&thread, NULL, copy_all, &c), 0);
	stop(t);
	pthread_join(thread, NULL);
	close(c.from);
	read_file(t, "copy");
	assert_int_equal(t->gaps, 1);
	assert_int_equal(t->sections, 2);
	for (const char *p = t->shown; (p = strstr(p, "read ")); p++)
		reads++;
	assert_int_equal(reads + lost, 899);
	assert_int_equal(strncmp(t->shown, "1 read ", 7), 0);
}

#define rec_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		rec_test(without_a_trigger_there_is_no_file),
		rec_test(a_file_has_what_was_before_and_after_its_trigger),
		rec_test(the_head_has_the_state_of_the_moment_that_the_file_begins),
		rec_test(state_before_the_time_shown_is_hidden_and_all_else_left_out),
		rec_test(a_trigger_while_recording_prolongs_the_file),
		rec_test(each_recording_is_a_file_that_stands_alone),
		rec_test(a_trigger_long_after_a_file_is_a_file_of_its_own),
		rec_test(files_are_named_after_the_time_of_their_trigger),
		rec_test(a_ring_keeps_its_newest_files),
		rec_test(packed_files_are_whole),
		rec_test(a_recording_is_whole_on_disk_before_the_next),
		rec_test(a_file_ends_without_events_too),
		rec_test(little_memory_shortens_the_time_before_and_says_so),
		rec_test(a_capture_younger_than_the_time_before_is_not_shortened),
		rec_test(pairs_are_hidden_as_pairs),
		rec_test(secrets_are_masked_in_heads_and_events),
		rec_test(a_record_of_a_container_stays_where_it_came),
		rec_test(standard_output_and_folders_that_are_not_there_are_refused),
		rec_test(a_file_that_cannot_be_opened_is_said_once_and_tried_again),
		rec_test(a_file_that_takes_nothing_loses_events_and_says_so),
		rec_test(behind_a_loss_stand_a_gap_and_a_new_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
