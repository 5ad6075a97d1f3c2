/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes reach the file in their order, whatever disks, pipes and readers do; and a live capture never waits for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include "collector/trace/sink.h"
#include "tests/unit/support/tmpdir.h"

#define PIECE 1000u
#define SECOND 1000000000u
#define QUICK_MS 2000 /* far below any patience, far above what a busy machine needs */

struct fix {
	struct tmpdir dir;
	struct ph_sink *s;
	struct ph_sink_opts opts;
	char warnings[4096], err[512];
	unsigned nwarnings;
	uint64_t put; /* bytes given to the sink */
	uint64_t now;
};

static void warned(void *arg, const char *line)
{
	struct fix *f = arg;

	f->nwarnings++;
	strncat(f->warnings, line, sizeof f->warnings - strlen(f->warnings) - 2);
	strcat(f->warnings, "\n");
}

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);

	*state = f;
	f->opts = (struct ph_sink_opts){ .size = sizeof f->opts, .chunks = 4, .warn = warned, .warn_arg = f };
	f->now = 5 * (uint64_t)SECOND;
	return f ? tmp_make(&f->dir) : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	tmp_remove(&f->dir);
	free(f);
	return 0;
}

static void open_sink(struct fix *f, const char *path)
{
	assert_int_equal(ph_sink_open(&f->s, path, &f->opts, f->err, sizeof f->err), 0);
}

static int close_sink(struct fix *f, unsigned patience_ms)
{
	return ph_sink_close(f->s, patience_ms, f->err, sizeof f->err);
}

/* What stands at a place of the stream. */
static uint8_t byte_at(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251 + at / 65536);
}

static void fill(uint8_t *to, uint64_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = byte_at(at + i);
}

static bool put(struct fix *f, size_t n, bool wait, bool reserve)
{
	uint8_t *to = ph_sink_reserve(f->s, n, wait, reserve);

	if (!to)
		return false;
	fill(to, f->put, n);
	ph_sink_commit(f->s, n);
	f->put += n;
	return true;
}

/* Pieces until there is no room; they are at most some megabytes. */
static void put_all_that_fits(struct fix *f)
{
	uint64_t began = tmp_now_ms();

	while (put(f, PIECE, false, false))
		assert_true(f->put < (64u << 20));
	assert_true(tmp_now_ms() - began < QUICK_MS);
}

static int flush(struct fix *f)
{
	int err = ph_sink_poll(f->s, f->now);

	if (err < 0)
		return err;
	f->now += 2 * (uint64_t)SECOND;
	return ph_sink_poll(f->s, f->now);
}

static void assert_stream(const uint8_t *data, size_t len, uint64_t from)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != byte_at(from + i))
			fail_msg("byte %zu is wrong", i);
}

static void assert_file(const char *path, uint64_t from, uint64_t len)
{
	size_t n;
	uint8_t *data = tmp_read(path, &n);

	assert_int_equal(n, len);
	assert_stream(data, n, from);
	free(data);
}

/* --- good times ----------------------------------------------------------------------------------------------------------- */

static void bytes_arrive_in_their_order(void **state)
{
	struct fix *f = *state;
	const char *path = tmp_path(&f->dir, "t");
	size_t n = (2u << 20) + 12345;
	uint8_t *head = malloc(n);
	uint64_t written, appended;

	open_sink(f, path);
	for (int i = 0; i < 3000; i++)
		assert_true(put(f, PIECE, true, false));
	fill(head, f->put, n); /* larger than a chunk */
	assert_int_equal(ph_sink_append(f->s, head, n), 0);
	f->put += n;
	for (int i = 0; i < 3000; i++)
		assert_true(put(f, PIECE, true, false));
	ph_sink_position(f->s, &written, &appended);
	assert_int_equal(appended, f->put);
	assert_true(written <= appended);
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(path, 0, f->put);
	assert_int_equal(f->nwarnings, 0);
	free(head);
}

static void gzip_is_one_whole_stream(void **state)
{
	struct fix *f = *state;
	const char *path = tmp_path(&f->dir, "t.gz");
	uint8_t *data;
	bool whole;
	size_t n;

	f->opts.gzip = true;
	open_sink(f, path);
	for (int i = 0; i < 3000; i++)
		assert_true(put(f, PIECE, true, false));
	assert_int_equal(close_sink(f, 5000), 0);
	data = tmp_gunzip(path, &n, &whole);
	assert_true(whole);
	assert_int_equal(n, f->put);
	assert_stream(data, n, 0);
	free(data);
}

static void what_waits_goes_to_the_file_when_its_time_has_come(void **state)
{
	struct fix *f = *state;
	const char *path = tmp_path(&f->dir, "t");

	open_sink(f, path);
	put(f, PIECE, false, false);
	assert_int_equal(ph_sink_poll(f->s, f->now), 0);
	assert_int_equal(ph_sink_poll(f->s, f->now + SECOND - 1), 0);
	usleep(50000);
	assert_int_equal(tmp_size(path), 0);
	assert_int_equal(ph_sink_poll(f->s, f->now + SECOND), 0);
	assert_true(tmp_wait_for(tmp_size(path) == PIECE));
	assert_int_equal(close_sink(f, 5000), 0);
}

static void a_new_file_gets_what_comes_after(void **state)
{
	struct fix *f = *state;
	char second[128];
	const char *first;
	uint64_t written, appended;

	strcpy(second, tmp_path(&f->dir, "b"));
	first = tmp_path(&f->dir, "a");
	f->opts.flush_ns = SECOND;
	open_sink(f, first);
	put(f, 3 * PIECE, false, false);
	assert_int_equal(ph_sink_next_file(f->s, second), 0);
	ph_sink_position(f->s, &written, &appended);
	assert_int_equal(appended, 0);
	put(f, PIECE, false, false);
	ph_sink_position(f->s, &written, &appended);
	assert_int_equal(appended, PIECE);
	assert_true(tmp_wait_for(tmp_size(first) == 3 * PIECE));
	assert_true(tmp_wait_for((flush(f), tmp_size(second) == PIECE)));
	ph_sink_position(f->s, &written, &appended);
	assert_int_equal(written, PIECE);
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(first, 0, 3 * PIECE);
	assert_file(second, 3 * PIECE, PIECE);
}

static void each_gzip_file_is_whole(void **state)
{
	struct fix *f = *state;
	char path[2][128];

	f->opts.gzip = true;
	strcpy(path[0], tmp_path(&f->dir, "a"));
	strcpy(path[1], tmp_path(&f->dir, "b"));
	open_sink(f, path[0]);
	put(f, PIECE, false, false);
	assert_int_equal(ph_sink_next_file(f->s, path[1]), 0);
	put(f, PIECE, false, false);
	assert_int_equal(close_sink(f, 5000), 0);
	for (unsigned i = 0; i < 2; i++) {
		bool whole;
		size_t n;
		uint8_t *data = tmp_gunzip(path[i], &n, &whole);

		assert_true(whole);
		assert_int_equal(n, PIECE);
		assert_stream(data, n, i * PIECE);
		free(data);
	}
}

/* --- a full disk ------------------------------------------------------------------------------------------------------------ */

static void a_full_disk_is_said_once_and_holds_up_nobody(void **state)
{
	struct fix *f = *state;
	uint64_t began;

	open_sink(f, "/dev/full");
	put_all_that_fits(f);
	assert_true(tmp_wait_for((ph_sink_poll(f->s, f->now), f->nwarnings > 0)));
	for (int i = 0; i < 100; i++) {
		assert_int_equal(flush(f), 0);
		assert_false(put(f, PIECE, false, false));
	}
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings,
			    "cannot write /dev/full: No space left on device; events are dropped until there is\n");
	began = tmp_now_ms();
	assert_int_equal(close_sink(f, 100), -ENOSPC);
	assert_true(tmp_now_ms() - began < QUICK_MS);
	assert_non_null(strstr(
		f->err, "cannot write /dev/full: No space left on device; the end of the file is missing, up to "));
	assert_non_null(strstr(f->err, " bytes of it"));
}

static void the_last_chunks_are_for_what_must_not_be_lost(void **state)
{
	struct fix *f = *state;
	uint64_t ordinary, all;

	open_sink(f, "/dev/full");
	put_all_that_fits(f);
	ordinary = f->put;
	while (put(f, PIECE, false, true))
		assert_true(f->put < (64u << 20));
	all = f->put;
	assert_int_equal(ordinary / PH_SINK_CHUNK, 1); /* two chunks, not quite full */
	assert_int_equal(all / PH_SINK_CHUNK, 3);
	assert_int_equal(ph_sink_append(f->s, (const uint8_t *)"head", 4), 0);
	assert_int_equal(close_sink(f, 0), -ENOSPC);
}

/* Mounts a file system of a megabyte on the test's folder; false: that may not be done here. */
static bool mount_small(struct fix *f)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return false;
	return mount("tmpfs", f->dir.path, "tmpfs", 0, "size=1m") == 0;
}

static void nothing_is_missing_when_a_full_disk_has_space_again(void **state)
{
	struct fix *f = *state;
	char filler[128], block[4096] = "x";
	const char *path;
	int fd;

	if (!mount_small(f))
		skip();
	strcpy(filler, tmp_path(&f->dir, "filler"));
	path = tmp_path(&f->dir, "t");
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 248; i++) /* leaves 32 KB */
		assert_int_equal(write(fd, block, sizeof block), sizeof block);
	close(fd);
	open_sink(f, path);
	for (unsigned i = 0; i < 100; i++)
		put(f, PIECE, false, false);
	assert_int_equal(flush(f), 0);
	assert_true(tmp_wait_for((ph_sink_poll(f->s, f->now), f->nwarnings == 1)));
	unlink(filler);
	assert_true(tmp_wait_for((ph_sink_poll(f->s, f->now), f->nwarnings == 2)));
	assert_non_null(strstr(f->warnings, "/t can be written again\n"));
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(path, 0, 100 * PIECE);
	umount2(f->dir.path, MNT_DETACH);
}

static void a_file_that_cannot_be_opened_is_tried_again(void **state)
{
	struct fix *f = *state;
	char sub[128], inside[140];
	const char *first;

	strcpy(sub, tmp_path(&f->dir, "sub"));
	snprintf(inside, sizeof inside, "%s/t", sub);
	first = tmp_path(&f->dir, "t");
	open_sink(f, first);
	put(f, PIECE, false, false);
	assert_int_equal(ph_sink_next_file(f->s, inside), 0);
	put(f, PIECE, false, false);
	assert_true(tmp_wait_for((ph_sink_poll(f->s, f->now), f->nwarnings == 1)));
	assert_non_null(strstr(f->warnings, "sub/t: No such file or directory; events are dropped until it can be\n"));
	assert_int_equal(strncmp(f->warnings, "cannot open ", 12), 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_true(tmp_wait_for((ph_sink_poll(f->s, f->now), f->nwarnings == 2)));
	assert_non_null(strstr(f->warnings, "sub/t can be opened again\n"));
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(first, 0, PIECE);
	assert_file(inside, PIECE, PIECE);
}

static void a_first_file_that_cannot_be_opened_is_an_error(void **state)
{
	struct fix *f = *state;
	struct ph_sink *s;

	assert_int_equal(ph_sink_open(&s, "/nowhere/t", &f->opts, f->err, sizeof f->err), -ENOENT);
	assert_string_equal(f->err, "cannot write /nowhere/t: No such file or directory");
	assert_null(s);
}

/* Opens path for the bytes of a file that is read, and is refused. */
static void assert_refused(struct fix *f, const char *path)
{
	struct ph_sink *s;

	assert_int_not_equal(ph_sink_open(&s, path, &f->opts, f->err, sizeof f->err), 0);
	assert_null(s);
	assert_non_null(strstr(f->err, ": it is the file that is being read; choose another name"));
}

/* A file with four bytes, which is what is read. */
static const char *make_source(struct fix *f, struct ph_sink_file *id)
{
	static char path[sizeof f->dir.file]; /* tmp_path() forgets it */
	int fd = open(strcpy(path, tmp_path(&f->dir, "source")), O_WRONLY | O_CREAT, 0600);
	struct stat st;

	assert_int_equal(write(fd, "read", 4), 4);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	*id = (struct ph_sink_file){ st.st_dev, st.st_ino };
	f->opts.sources = id;
	f->opts.nsources = 1;
	return path;
}

static void assert_unharmed(const char *path)
{
	size_t n;
	uint8_t *data = tmp_read(path, &n);

	assert_int_equal(n, 4);
	assert_memory_equal(data, "read", 4);
	free(data);
}

static void the_file_that_is_read_is_not_written_over(void **state)
{
	struct fix *f = *state;
	struct ph_sink_file id;
	const char *path = make_source(f, &id);

	assert_refused(f, path);
	assert_unharmed(path);
}

static void nor_is_it_by_another_name(void **state)
{
	struct fix *f = *state;
	struct ph_sink_file id;
	const char *path = make_source(f, &id);

	assert_int_equal(link(path, tmp_path(&f->dir, "hard")), 0);
	assert_refused(f, f->dir.file);
	assert_int_equal(symlink(path, tmp_path(&f->dir, "soft")), 0);
	assert_refused(f, f->dir.file);
	assert_unharmed(path);
}

static void nor_when_its_turn_comes_in_a_rotation(void **state)
{
	struct fix *f = *state;
	struct ph_sink_file id;
	const char *path = make_source(f, &id), *first = tmp_path(&f->dir, "first");

	open_sink(f, first);
	put(f, PIECE, true, false);
	assert_int_equal(ph_sink_next_file(f->s, path), 0);
	while (put(f, PIECE, true, false)) /* ends, since no file takes it any more */
		;
	assert_int_not_equal(close_sink(f, 5000), 0);
	assert_non_null(strstr(f->err, "it is the file that is being read"));
	assert_unharmed(path);
	assert_file(first, 0, PIECE);
}

static void a_file_becomes_empty_before_it_is_written(void **state)
{
	struct fix *f = *state;
	struct ph_sink_file id;
	const char *path = make_source(f, &id);

	f->opts.nsources = 0;
	open_sink(f, path);
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(path, 0, 0);
}

static void two_do_not_write_one_file(void **state)
{
	struct fix *f = *state;
	static char path[sizeof f->dir.file];
	struct ph_sink *other;

	open_sink(f, strcpy(path, tmp_path(&f->dir, "one")));
	assert_int_not_equal(ph_sink_open(&other, path, &f->opts, f->err, sizeof f->err), 0);
	assert_non_null(strstr(f->err, ": another program is writing it; choose another name"));
	assert_true(put(f, PIECE, true, false));
	assert_int_equal(close_sink(f, 5000), 0);
	assert_file(path, 0, PIECE);
}

/* A ring's old files are worth more than what finds no room. */
static void when_writing_is_given_up_no_further_file_is_emptied(void **state)
{
	struct fix *f = *state;
	static char old[sizeof f->dir.file];
	int fd = open(strcpy(old, tmp_path(&f->dir, "old")), O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "worth", 5), 5);
	close(fd);
	open_sink(f, "/dev/full");
	assert_true(put(f, PIECE, true, false));
	assert_int_equal(ph_sink_next_file(f->s, old), 0);
	assert_true(put(f, PIECE, true, false));
	assert_int_not_equal(close_sink(f, 300), 0);
	assert_int_equal(tmp_size(old), 5);
}

/* --- pipes -------------------------------------------------------------------------------------------------------------------- */

/* A pipe with a name whose other end is the test's. */
static int open_pipe(struct fix *f)
{
	const char *path = tmp_path(&f->dir, "pipe");
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	open_sink(f, path);
	return fd;
}

static void a_reader_that_went_away_ends_it(void **state)
{
	struct fix *f = *state;

	close(open_pipe(f));
	put(f, PIECE, false, false);
	assert_int_equal(flush(f), 0);
	assert_true(tmp_wait_for(ph_sink_poll(f->s, f->now) == -EPIPE));
	assert_int_equal(ph_sink_append(f->s, (const uint8_t *)"x", 1), -EPIPE);
	while (put(f, PIECE, true, false)) /* not even who would wait waits */
		;
	assert_int_equal(close_sink(f, 5000), -EPIPE);
	assert_non_null(strstr(f->err, "/pipe: Broken pipe; the end of the file is missing"));
}

static void a_reader_that_does_not_read_holds_up_nobody(void **state)
{
	struct fix *f = *state;
	int fd = open_pipe(f);
	uint64_t began;

	put_all_that_fits(f);
	for (int i = 0; i < 10; i++)
		assert_int_equal(flush(f), 0);
	assert_int_equal(f->nwarnings, 1);
	assert_non_null(
		strstr(f->warnings, "/pipe is written too slowly; events are dropped until it has caught up\n"));
	began = tmp_now_ms();
	assert_int_equal(close_sink(f, 100), -ETIMEDOUT);
	assert_true(tmp_now_ms() - began < QUICK_MS);
	close(fd);
}

struct reader {
	int fd;
	uint64_t got;
	bool wrong;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	uint8_t buf[5000];
	ssize_t n;

	usleep(50000);
	fcntl(r->fd, F_SETFL, 0);
	while ((n = read(r->fd, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++)
			r->wrong |= buf[i] != byte_at(r->got++);
	return NULL;
}

static void a_reader_that_comes_back_gets_everything_that_was_taken(void **state)
{
	struct fix *f = *state;
	struct reader r = { .fd = open_pipe(f) };
	pthread_t thread;

	put_all_that_fits(f);
	pthread_create(&thread, NULL, read_all, &r);
	assert_true(tmp_wait_for((flush(f), f->nwarnings == 2)));
	assert_non_null(strstr(f->warnings, "/pipe is written fast enough again\n"));
	assert_true(put(f, PIECE, false, false));
	assert_int_equal(close_sink(f, 5000), 0);
	pthread_join(thread, NULL);
	assert_int_equal(r.got, f->put);
	assert_false(r.wrong);
	close(r.fd);
}

static void who_reads_a_file_waits_for_a_slow_reader(void **state)
{
	struct fix *f = *state;
	struct reader r = { .fd = open_pipe(f) };
	pthread_t thread;

	pthread_create(&thread, NULL, read_all, &r);
	for (int i = 0; i < 10000; i++)
		assert_true(put(f, PIECE, true, false));
	assert_int_equal(close_sink(f, 5000), 0);
	pthread_join(thread, NULL);
	assert_int_equal(r.got, 10000u * PIECE);
	assert_false(r.wrong);
	assert_int_equal(f->nwarnings, 0);
	close(r.fd);
}

static void in_a_hurry_a_reader_that_does_not_read_is_left(void **state)
{
	struct fix *f = *state;
	volatile sig_atomic_t hurry = 0;
	uint64_t began;
	int fd;

	f->opts.hurry = &hurry;
	f->opts.hurry_ms = 100;
	fd = open_pipe(f);
	put_all_that_fits(f);
	hurry = 1;
	began = tmp_now_ms();
	assert_false(put(f, PIECE, true, false));
	assert_int_equal(close_sink(f, UINT_MAX), -ETIMEDOUT);
	assert_true(tmp_now_ms() - began < 2 * QUICK_MS);
	assert_non_null(strstr(f->err, "/pipe: it takes nothing any more; the end of the file is missing"));
	close(fd);
}

static void in_a_hurry_a_slow_reader_gets_everything_all_the_same(void **state)
{
	struct fix *f = *state;
	volatile sig_atomic_t hurry = 1;
	struct reader r;
	pthread_t thread;

	f->opts.hurry = &hurry;
	f->opts.hurry_ms = 2000;
	r = (struct reader){ .fd = open_pipe(f) };
	pthread_create(&thread, NULL, read_all, &r);
	for (int i = 0; i < 10000; i++)
		assert_true(put(f, PIECE, true, false));
	assert_int_equal(close_sink(f, UINT_MAX), 0);
	pthread_join(thread, NULL);
	assert_int_equal(r.got, 10000u * PIECE);
	close(r.fd);
}

/* --- sudden ends ---------------------------------------------------------------------------------------------------------------- */

static void what_was_flushed_can_be_read_after_a_kill(void **state)
{
	struct fix *f = *state;
	const char *path = tmp_path(&f->dir, "t.gz");
	uint8_t *data;
	bool whole;
	size_t n;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		f->opts.gzip = true;
		open_sink(f, path);
		for (int i = 0; i < 700; i++)
			put(f, PIECE, false, false);
		flush(f);
		for (uint64_t written = 0, appended; written < 50;) { /* behind the header of gzip */
			usleep(1000);
			ph_sink_position(f->s, &written, &appended);
		}
		usleep(200000);
		put(f, PIECE, false, false); /* lost, as it may be */
		kill(getpid(), SIGKILL);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	data = tmp_gunzip(path, &n, &whole);
	assert_false(whole);
	assert_int_equal(n, 700 * PIECE);
	assert_stream(data, n, 0);
	free(data);
}

#define sink_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sink_test(bytes_arrive_in_their_order),
		sink_test(gzip_is_one_whole_stream),
		sink_test(what_waits_goes_to_the_file_when_its_time_has_come),
		sink_test(a_new_file_gets_what_comes_after),
		sink_test(each_gzip_file_is_whole),
		sink_test(a_full_disk_is_said_once_and_holds_up_nobody),
		sink_test(the_last_chunks_are_for_what_must_not_be_lost),
		sink_test(nothing_is_missing_when_a_full_disk_has_space_again),
		sink_test(a_file_that_cannot_be_opened_is_tried_again),
		sink_test(a_first_file_that_cannot_be_opened_is_an_error),
		sink_test(the_file_that_is_read_is_not_written_over),
		sink_test(nor_is_it_by_another_name),
		sink_test(nor_when_its_turn_comes_in_a_rotation),
		sink_test(a_file_becomes_empty_before_it_is_written),
		sink_test(two_do_not_write_one_file),
		sink_test(when_writing_is_given_up_no_further_file_is_emptied),
		sink_test(a_reader_that_went_away_ends_it),
		sink_test(a_reader_that_does_not_read_holds_up_nobody),
		sink_test(a_reader_that_comes_back_gets_everything_that_was_taken),
		sink_test(who_reads_a_file_waits_for_a_slow_reader),
		sink_test(in_a_hurry_a_reader_that_does_not_read_is_left),
		sink_test(in_a_hurry_a_slow_reader_gets_everything_all_the_same),
		sink_test(what_was_flushed_can_be_read_after_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
