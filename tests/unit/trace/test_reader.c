/* SPDX-License-Identifier: Apache-2.0 */
/* The trace reader on files as they should be and as they should not: from disk, gzip, pipes; cut, damaged, of old versions. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "collector/trace/input.h"
#include "tests/unit/support/evbuild.h"
#include "tests/unit/support/scapbuild.h"
#include "tests/unit/support/scaptold.h"

#define TS 1700000000000000000ull
#define EVENTS 6 /* in small() */

static struct told told;

static const struct ph_evt_hdr *close_exit(uint64_t ts, int64_t res)
{
	struct evb *e = evb_new(PH_EV_SYSCALL_CLOSE_X, 7, ts);

	evb_num(e, "res", res);
	evb_num(e, "fd", 3);
	return evb_block(e);
}

static const struct ph_evt_hdr *open_exit(const char *name)
{
	struct evb *e = evb_new(PH_EV_SYSCALL_OPEN_X, 7, TS);

	evb_num(e, "fd", 3);
	evb_str(e, "name", name);
	return evb_block(e);
}

static void group(struct scapb *b, const char *name)
{
	scapb_begin(b, PH_BC_USERS);
	scapb_entry(b);
	scapb_num(b, 1, 1);
	scapb_num(b, 4, 100);
	scapb_str(b, name);
	scapb_entry_end(b, 4);
	scapb_end(b);
}

/* A file with something of each: heads, EVENTS events of all block kinds, a block that nobody knows. ends: where each block ends. */
static struct scapb small(size_t *ends, size_t *blocks)
{
	struct scapb b = { 0 };
	size_t n = 0;

#define END() (ends ? (void)(ends[n++] = b.len) : (void)n)
	scapb_section(&b, 1, 2);
	END();
	group(&b, "users");
	END();
	scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	END();
	scapb_event(&b, PH_BC_EVENT_FLAGS, 2, PH_BLOCK_FLAG_HIDDEN, open_exit("/etc/hosts"));
	END();
	scapb_begin(&b, 0x12345);
	scapb_num(&b, 7, 0);
	scapb_end(&b);
	END();
	scapb_event_v1(&b, 0x204, 3, 0, close_exit(TS + 2, -9));
	END();
	scapb_event_v1(&b, 0x208, 3, 2, open_exit("/"));
	END();
	scapb_section(&b, 1, 2);
	END();
	scapb_event_v1(&b, 0x8010abcd, 4, 0, close_exit(TS + 4, 0));
	END();
	scapb_event(&b, PH_BC_EVENT, 5, 0, open_exit("/tmp"));
	END();
#undef END
	if (blocks)
		*blocks = n;
	return b;
}

/* What kind of block stands in front of each of the ends of small(): 'E' event, 'S' section, 'U' unknown, 'H' head. */
static const char small_kinds[] = "SHEEUEESEE";

static struct ph_trace_reader *open_bytes(const void *data, size_t len, size_t chunk)
{
	struct ph_trace_reader *r;
	char err[200] = "";

	if (ph_trace_reader_open_memory(&r, "test", data, len, chunk, err, sizeof err) < 0)
		fail_msg("%s", err);
	return r;
}

/* Reads to the end and closes. Every event is looked at, so that one out of bounds is seen. */
static struct ph_trace_end drain(struct ph_trace_reader *r)
{
	static char what[200];
	struct ph_trace_event ev;
	struct ph_trace_end end;
	uint64_t n = 0;
	int rc;

	told.len = 0;
	told.text[0] = '\0';
	ph_trace_reader_ops(r, &told_ops, &told);
	while ((rc = ph_trace_reader_next(r, &ev)) == 1) {
		struct ph_event decoded;
		const struct ph_event_info *info = ph_event_info(ev.hdr->type);
		volatile uint8_t sum = 0;

		for (uint32_t i = 0; i < ev.hdr->len; i++)
			sum = (uint8_t)(sum + ((const uint8_t *)ev.hdr)[i]);
		if (info)
			ph_event_decode_as(&decoded, ev.hdr, info, ev.large);
		n++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(ph_trace_reader_next(r, &ev), 0);
	ph_trace_reader_end(r, &end);
	assert_int_equal(end.events, n);
	assert_int_not_equal(end.state, PH_TRACE_READING);
	assert_true((end.what != NULL) == (end.state != PH_TRACE_WHOLE));
	if (end.what) {
		snprintf(what, sizeof what, "%s", end.what);
		end.what = what; /* outlives the reader */
	}
	ph_trace_reader_close(r);
	return end;
}

static struct ph_trace_end read_bytes(const void *data, size_t len)
{
	uint8_t *exact = malloc(len + !len); /* so that a read past the end is seen */
	struct ph_trace_end end;

	assert_non_null(exact);
	memcpy(exact, data, len);
	end = drain(open_bytes(exact, len, 0));
	free(exact);
	return end;
}

static struct ph_trace_end read_and_free(struct scapb *b)
{
	struct ph_trace_end end = read_bytes(b->data, b->len);

	scapb_fini(b);
	return end;
}

static void temp_file(char path[64], const void *data, size_t len)
{
	int fd;

	strcpy(path, "/tmp/porthole-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static struct ph_trace_reader *open_path(const char *path)
{
	struct ph_trace_reader *r;
	char err[200] = "";

	if (ph_trace_reader_open(&r, path, err, sizeof err) < 0)
		fail_msg("%s", err);
	return r;
}

/* --- how files come ------------------------------------------------------------------------------------------------------- */

static void assert_small(struct ph_trace_end end)
{
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	assert_int_equal(end.events, EVENTS);
	assert_int_equal(end.sections, 2);
	assert_int_equal(end.skipped, 1);
	assert_int_equal(end.bad, 0);
	assert_null(end.what);
	assert_string_equal(told.text, "section 1.2\ngroup 100 users\nsection 1.2\n");
}

static void a_plain_file_is_read_in_place(void **state)
{
	struct scapb b = small(NULL, NULL);
	struct ph_trace_event one, two;
	struct ph_trace_reader *r;
	uint64_t done, size;
	char path[64];

	(void)state;
	temp_file(path, b.data, b.len);
	r = open_path(path);
	assert_false(ph_trace_reader_compressed(r));
	assert_int_equal(ph_trace_reader_next(r, &one), 1);
	assert_int_equal(ph_trace_reader_next(r, &two), 1);
	assert_true(one.stable && two.stable);
	assert_ptr_equal((const uint8_t *)two.hdr - 14 - two.offset, (const uint8_t *)one.hdr - 10 - one.offset);
	assert_memory_equal(one.hdr, b.data + one.offset + 10, one.hdr->len);
	ph_trace_reader_progress(r, &done, &size);
	assert_int_equal(size, b.len);
	assert_true(done > two.offset && done < size);
	ph_trace_reader_close(r);
	assert_small(drain(open_path(path)));
	unlink(path);
	scapb_fini(&b);
}

static void an_event_has_what_its_block_says(void **state)
{
	struct scapb b = { 0 };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct evb *e;
	size_t flagged, large, both;

	(void)state;
	scapb_section(&b, 1, 2);
	scapb_event(&b, PH_BC_EVENT, 0x1234, 0, close_exit(TS, -2));
	flagged = b.len;
	scapb_event(&b, PH_BC_EVENT_FLAGS, 7, 0xa5a5a5a5, close_exit(TS + 1, -3));
	large = b.len;
	e = evb_new(PH_EV_CONTAINER_JSON_2_E, -1, TS);
	evb_str(e, "json", "{}");
	scapb_event(&b, PH_BC_EVENT_LARGE, 8, 0, evb_block(e));
	both = b.len;
	scapb_event(&b, PH_BC_EVENT_FLAGS_LARGE, 9, 1, evb_block(e));
	r = open_bytes(b.data, b.len, 0);

	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.offset, 28);
	assert_int_equal(ev.cpu, 0x1234);
	assert_int_equal(ev.flags, 0);
	assert_false(ev.large);
	assert_memory_equal(ev.hdr, close_exit(TS, -2), ev.hdr->len);

	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.offset, flagged);
	assert_int_equal(ev.cpu, 7);
	assert_int_equal(ev.flags, 0xa5a5a5a5);
	assert_false(ev.large);
	assert_memory_equal(ev.hdr, close_exit(TS + 1, -3), ev.hdr->len);

	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.offset, large);
	assert_int_equal(ev.flags, 0);
	assert_true(ev.large);
	e = evb_new(PH_EV_CONTAINER_JSON_2_E, -1, TS);
	evb_str(e, "json", "{}");
	assert_memory_equal(ev.hdr, evb_block(e), ev.hdr->len);

	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.offset, both);
	assert_int_equal(ev.cpu, 9);
	assert_int_equal(ev.flags, 1);
	assert_true(ev.large);
	assert_int_equal(ph_trace_reader_next(r, &ev), 0);
	ph_trace_reader_close(r);
	scapb_fini(&b);
}

static void heads_can_be_read_before_the_first_event(void **state)
{
	struct scapb b = small(NULL, NULL);
	struct ph_trace_reader *r = open_bytes(b.data, b.len, 0);
	struct ph_trace_event ev;
	struct ph_trace_end end;

	(void)state;
	told.len = 0;
	ph_trace_reader_ops(r, &told_ops, &told);
	assert_int_equal(ph_trace_reader_heads(r), 0);
	assert_string_equal(told.text, "section 1.2\ngroup 100 users\n");
	assert_int_equal(ph_trace_reader_heads(r), 0);
	ph_trace_reader_end(r, &end);
	assert_int_equal(end.state, PH_TRACE_READING);
	assert_int_equal(end.events, 0);
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.cpu, 1);
	assert_int_equal(ev.offset, end.offset);
	ph_trace_reader_close(r);
	scapb_fini(&b);
}

static void a_gzip_file_is_read_through(void **state)
{
	size_t ends[16], blocks;
	struct scapb b = small(ends, &blocks), z = { 0 };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	uint64_t done, size;
	char path[64];

	(void)state;
	scapb_gzip(&z, b.data, b.len);
	temp_file(path, z.data, z.len);
	r = open_path(path);
	assert_true(ph_trace_reader_compressed(r));
	while (ph_trace_reader_next(r, &ev) == 1)
		continue;
	assert_int_equal(ev.offset, ends[blocks - 2]);
	ph_trace_reader_progress(r, &done, &size);
	assert_int_equal(done, z.len);
	assert_int_equal(size, z.len);
	ph_trace_reader_close(r);
	assert_small(drain(open_path(path)));
	unlink(path);
	scapb_fini(&b);
	scapb_fini(&z);
}

static void gzip_members_and_a_plain_tail_are_one_file(void **state)
{
	struct scapb b = small(NULL, NULL), z = { 0 };
	struct ph_trace_end end;

	(void)state;
	/* The border is in the middle of a block. */
	scapb_gzip(&z, b.data, 101);
	scapb_gzip(&z, b.data + 101, 0);
	scapb_gzip(&z, b.data + 101, 99);
	assert_int_equal(read_bytes(z.data, z.len).state, PH_TRACE_CUT);
	scapb_bytes(&z, b.data + 200, b.len - 200);
	assert_small(read_bytes(z.data, z.len));
	for (size_t chunk = 1; chunk < 40; chunk++) {
		end = drain(open_bytes(z.data, z.len, chunk));
		assert_small(end);
		assert_int_equal(end.offset, b.len);
	}
	scapb_fini(&b);
	scapb_fini(&z);
}

static void a_gzip_file_of_many_windows_gives_every_event(void **state)
{
	struct scapb b = { 0 }, z = { 0 };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	const uint64_t count = 30000;

	(void)state;
	scapb_section(&b, 1, 2);
	for (uint64_t i = 0; i < count; i++) {
		if (i % 2)
			scapb_event_v1(&b, 0x204, (unsigned)(i % 8), 0, close_exit(TS + i, 0));
		else
			scapb_event(&b, PH_BC_EVENT, (unsigned)(i % 8), 0, close_exit(TS + i, 0));
		if (i % 5000 == 0)
			group(&b, "x");
	}
	scapb_gzip(&z, b.data, b.len);
	r = open_bytes(z.data, z.len, 4099);
	for (uint64_t i = 0; i < count; i++) {
		assert_int_equal(ph_trace_reader_next(r, &ev), 1);
		assert_int_equal(ev.hdr->ts_ns, TS + i);
		assert_int_equal(ev.cpu, i % 8);
		assert_memory_equal(ev.hdr, b.data + ev.offset + 10,
				    22 - 6); /* time and thread: the offset is the block's */
	}
	assert_int_equal(ph_trace_reader_next(r, &ev), 0);
	ph_trace_reader_close(r);
	scapb_fini(&b);
	scapb_fini(&z);
}

static void a_block_larger_than_the_window_is_read_from_a_pipe(void **state)
{
	struct evb *e = evb_new(PH_EV_CONTAINER_JSON_2_E, -1, TS);
	struct scapb b = { 0 };
	static char junk[3 << 20];

	(void)state;
	scapb_section(&b, 1, 2);
	scapb_begin(&b, PH_BC_EXTRA);
	scapb_entry(&b);
	scapb_num(&b, 1, 9);
	scapb_bytes(&b, junk, 1 << 20);
	scapb_entry_end(&b, 4);
	scapb_end(&b);
	scapb_begin(&b, 0x99);
	scapb_bytes(&b, junk, sizeof junk);
	scapb_end(&b);
	evb_str(e, "json", "{}");
	scapb_event(&b, PH_BC_EVENT_LARGE, 0, 0, evb_block(e));
	for (size_t chunk = 0; chunk < 100000; chunk += 33333) {
		struct ph_trace_end end = drain(open_bytes(b.data, b.len, chunk));

		assert_int_equal(end.state, PH_TRACE_WHOLE);
		assert_int_equal(end.events, 1);
		assert_int_equal(end.skipped, 1);
		assert_int_equal(end.offset, b.len);
	}
	scapb_fini(&b);
}

/* Runs with data as standard input through a pipe that gives it in pieces. */
static struct ph_trace_end read_stdin(const struct scapb *b, size_t piece)
{
	struct ph_trace_end end;
	int fds[2], saved = dup(STDIN_FILENO);
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		for (size_t at = 0; at < b->len; at += piece)
			if (write(fds[1], b->data + at, piece < b->len - at ? piece : b->len - at) < 0)
				_exit(1);
		_exit(0);
	}
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	close(fds[1]);
	end = drain(open_path("-"));
	dup2(saved, STDIN_FILENO);
	close(saved);
	waitpid(pid, NULL, 0);
	return end;
}

static void standard_input_is_read_plain_and_packed(void **state)
{
	struct scapb b = small(NULL, NULL), z = { 0 };

	(void)state;
	scapb_gzip(&z, b.data, b.len);
	assert_small(read_stdin(&b, 1));
	assert_small(read_stdin(&b, 1000));
	assert_small(read_stdin(&z, 1));
	assert_small(read_stdin(&z, 1000));
	scapb_fini(&b);
	scapb_fini(&z);
}

static void a_file_as_standard_input_is_read_from_where_it_stands(void **state)
{
	struct scapb b = { 0 }, rest = small(NULL, NULL);
	int saved = dup(STDIN_FILENO), fd;
	struct ph_trace_end end;
	char path[64];

	(void)state;
	scapb_bytes(&b, "no trace", 8);
	scapb_bytes(&b, rest.data, rest.len);
	temp_file(path, b.data, b.len);
	fd = open(path, O_RDONLY);
	assert_int_equal(lseek(fd, 8, SEEK_SET), 8);
	dup2(fd, STDIN_FILENO);
	end = drain(open_path("-"));
	dup2(saved, STDIN_FILENO);
	assert_small(end);
	assert_int_equal(end.offset, rest.len);
	close(fd);
	close(saved);
	unlink(path);
	scapb_fini(&b);
	scapb_fini(&rest);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void a_signal_ends_the_wait_for_a_pipe_and_reading_can_go_on(void **state)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct scapb b = small(NULL, NULL);
	int fds[2], saved = dup(STDIN_FILENO);
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct ph_trace_end end;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[0], STDIN_FILENO);
	assert_int_equal(write(fds[1], b.data, 100), 100);
	r = open_path("-");
	dup2(saved, STDIN_FILENO);
	dup2(fds[0], STDIN_FILENO);
	sigaction(SIGALRM, &act, &old);
	ualarm(20000, 20000);
	while (ph_trace_reader_next(r, &ev) == 1)
		continue;
	assert_int_equal(ph_trace_reader_next(r, &ev), -EINTR);
	ualarm(0, 0);
	assert_int_equal(write(fds[1], b.data + 100, b.len - 100), (ssize_t)(b.len - 100));
	close(fds[1]);
	while (ph_trace_reader_next(r, &ev) == 1)
		continue;
	ph_trace_reader_end(r, &end);
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	assert_int_equal(end.events, EVENTS);
	ph_trace_reader_close(r);
	sigaction(SIGALRM, &old, NULL);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fds[0]);
	scapb_fini(&b);
}

/* --- cut and damaged ---------------------------------------------------------------------------------------------------------- */

/* What a prefix of small() holds. */
static uint64_t whole_events(const size_t *ends, size_t blocks, size_t len, bool *border)
{
	uint64_t n = 0;

	*border = false;
	for (size_t i = 0; i < blocks && ends[i] <= len; i++) {
		n += small_kinds[i] == 'E';
		*border = ends[i] == len;
	}
	return n;
}

static void a_file_cut_at_any_byte_gives_all_events_before_the_cut(void **state)
{
	size_t ends[16], blocks;
	struct scapb b = small(ends, &blocks);

	(void)state;
	assert_int_equal(blocks, sizeof small_kinds - 1);
	for (size_t len = 28; len <= b.len; len++) {
		for (size_t chunk = 0; chunk <= 8; chunk += 4) {
			bool border;
			uint64_t n = whole_events(ends, blocks, len, &border);
			struct ph_trace_end end =
				chunk ? drain(open_bytes(b.data, len, chunk)) : read_bytes(b.data, len);

			assert_int_equal(end.events, n);
			assert_int_equal(end.state, border ? PH_TRACE_WHOLE : PH_TRACE_CUT);
			assert_int_equal(end.bad, 0);
			if (border)
				assert_int_equal(end.offset, len);
			else
				assert_true(end.offset < len);
		}
	}
	scapb_fini(&b);
}

static void a_gzip_file_cut_at_any_byte_is_cut(void **state)
{
	struct scapb b = small(NULL, NULL), z = { 0 };
	uint64_t most = 0;

	(void)state;
	scapb_gzip(&z, b.data, b.len);
	for (size_t len = 0; len < z.len; len++) {
		struct ph_trace_reader *r;
		struct ph_trace_end end;
		char err[200];

		if (ph_trace_reader_open_memory(&r, "test", z.data, len, 0, err, sizeof err) < 0)
			continue;
		end = drain(r);
		assert_int_equal(end.state, PH_TRACE_CUT);
		assert_string_equal(end.what, "the gzip stream ends early");
		assert_true(end.events >= most);
		most = end.events;
	}
	/* Only the trailer of the stream was missing. */
	assert_int_equal(most, EVENTS);
	scapb_fini(&b);
	scapb_fini(&z);
}

static void a_damaged_gzip_stream_gives_what_could_be_unpacked(void **state)
{
	struct scapb b = small(NULL, NULL), z = { 0 };
	struct ph_trace_end end;

	(void)state;
	scapb_gzip(&z, b.data, b.len);
	z.data[z.len - 6] ^= 1; /* the checksum */
	end = read_bytes(z.data, z.len);
	assert_int_equal(end.state, PH_TRACE_DAMAGED);
	assert_string_equal(end.what, "the gzip stream is damaged");
	assert_int_equal(end.events, EVENTS);
	scapb_fini(&b);
	scapb_fini(&z);
}

static void a_gzip_file_with_any_byte_changed_is_survived(void **state)
{
	struct scapb b = small(NULL, NULL), z = { 0 };

	(void)state;
	scapb_gzip(&z, b.data, b.len);
	for (size_t i = 0; i < z.len; i++) {
		struct ph_trace_reader *r;
		char err[200];

		z.data[i] ^= 0x55;
		if (ph_trace_reader_open_memory(&r, "test", z.data, z.len, 0, err, sizeof err) == 0)
			drain(r);
		z.data[i] ^= 0x55;
	}
	scapb_fini(&b);
	scapb_fini(&z);
}

static void any_byte_of_a_file_may_be_anything(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct scapb b = small(NULL, NULL);

	(void)state;
	for (size_t i = 28; i < b.len; i++) {
		uint8_t was = b.data[i];

		for (size_t v = 0; v < sizeof values; v++) {
			b.data[i] = values[v];
			assert_true(read_bytes(b.data, b.len).events <= EVENTS);
			drain(open_bytes(b.data, b.len, 13));
		}
		b.data[i] = was;
	}
	scapb_fini(&b);
}

static void zeros_at_the_end_are_a_cut(void **state)
{
	static const uint8_t zeros[5000];
	size_t ends[16], blocks;
	struct scapb b = small(ends, &blocks);

	(void)state;
	/* At every place where the file may have been cut before it was filled up. */
	for (size_t len = 28; len <= b.len; len++) {
		struct scapb filled = { 0 };
		struct ph_trace_end end;

		scapb_bytes(&filled, b.data, len);
		scapb_bytes(&filled, zeros, sizeof zeros - len % 4);
		end = read_bytes(filled.data, filled.len);
		assert_int_equal(end.state, PH_TRACE_CUT);
		end = drain(open_bytes(filled.data, filled.len, 700));
		assert_int_equal(end.state, PH_TRACE_CUT);
		scapb_fini(&filled);
	}
	scapb_bytes(&b, zeros, 4096);
	assert_string_equal(read_bytes(b.data, b.len).what, "it ends in zeros");
	assert_int_equal(read_bytes(b.data, b.len).events, EVENTS);
	assert_int_equal(read_bytes(b.data, b.len).offset, b.len - 4096);
	assert_int_equal(read_bytes(b.data, b.len - 4096 + 8).state, PH_TRACE_CUT);
	b.data[b.len - 1] = 1;
	assert_int_equal(read_bytes(b.data, b.len).state, PH_TRACE_DAMAGED);
	scapb_fini(&b);
}

/* A section, an event, then eight bytes that begin a block, and n more. */
static struct ph_trace_end read_block(uint32_t type, uint32_t len, size_t n, size_t chunk)
{
	struct scapb b = { 0 };
	struct ph_trace_end end;

	scapb_section(&b, 1, 2);
	scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	scapb_num(&b, 4, type);
	scapb_num(&b, 4, len);
	for (size_t i = 0; i < n; i++)
		scapb_num(&b, 1, 0xee);
	end = drain(open_bytes(b.data, b.len, chunk));
	assert_int_equal(end.events, 1);
	scapb_fini(&b);
	return end;
}

static void what_is_no_block_is_damage(void **state)
{
	static const struct {
		uint32_t type, len;
		enum ph_trace_state state;
	} cases[] = {
		{ 0x99, 12, PH_TRACE_DAMAGED }, /* good in itself; what follows is none */
		{ 0x99, 11, PH_TRACE_DAMAGED },
		{ 0x99, 8, PH_TRACE_DAMAGED },
		{ 0x99, 4, PH_TRACE_DAMAGED },
		{ 0x99, 0, PH_TRACE_DAMAGED },
		{ 0x99, 29, PH_TRACE_DAMAGED },
		{ 0x99, 30, PH_TRACE_DAMAGED },
		{ PH_BC_EVENT, 8, PH_TRACE_DAMAGED },
		{ PH_BC_EVENT, 43, PH_TRACE_DAMAGED },
		{ PH_BC_PROCESSES, 0, PH_TRACE_DAMAGED },
		{ 0x99, 0xfffffffc, PH_TRACE_DAMAGED },
		{ 0x99, 256u << 20, PH_TRACE_DAMAGED },
		{ 0x99, (256u << 20) - 4, PH_TRACE_CUT },
		{ PH_BC_EVENT, 0xfffffffc, PH_TRACE_CUT },
		{ PH_BC_EVENT, 256u << 20, PH_TRACE_CUT },
		{ PH_BC_PROCESSES, 0xfffffffc, PH_TRACE_CUT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t chunk = 0; chunk <= 50; chunk += 50) {
			struct ph_trace_end end = read_block(cases[i].type, cases[i].len, 100, chunk);

			assert_int_equal(end.state, cases[i].state);
			assert_int_equal(end.offset, 28 + 60 + (i == 0 ? 12 : 0));
			assert_int_equal(end.bad, 0);
			assert_int_equal(end.skipped, i == 0);
		}
	}
	assert_string_equal(read_block(0x99, 7, 4, 0).what, "no block begins there (type 0x99, length 7)");
}

static void an_event_that_does_not_fit_into_its_block_is_passed_over(void **state)
{
	static const uint32_t lens[] = { 0, 21, 22, 25, 47, 48, 49, 0x7fffffff, 0xfffffff0, 0xffffffff };
	static const uint32_t codes[] = {
		PH_BC_EVENT, PH_BC_EVENT_FLAGS, PH_BC_EVENT_LARGE, PH_BC_EVENT_FLAGS_LARGE, 0x204, 0x208
	};

	(void)state;
	for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
		for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
			struct scapb b = { 0 };
			struct ph_trace_end end;
			size_t at;

			scapb_section(&b, 1, 2);
			at = b.len + 10 + (c % 4 == 1 || c == 3 || c == 5 ? 4 : 0) + 16;
			/* 46 bytes; 42 in version 1 */
			if (c < 4)
				scapb_event(&b, codes[c], 1, 0, close_exit(TS, 0));
			else
				scapb_event_v1(&b, codes[c], 1, 0, close_exit(TS, 0));
			scapb_set32(&b, at, lens[i]);
			scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
			end = read_and_free(&b);
			assert_int_equal(end.state, PH_TRACE_WHOLE);
			assert_int_equal(end.events + end.bad, 2);
			if (lens[i] < (c < 4 ? 26 : 22) || lens[i] > 49)
				assert_int_equal(end.bad, 1);
		}
	}
}

static void an_event_block_too_small_for_its_header_is_passed_over(void **state)
{
	static const uint32_t codes[] = {
		PH_BC_EVENT, PH_BC_EVENT_FLAGS, PH_BC_EVENT_LARGE, PH_BC_EVENT_FLAGS_LARGE, 0x204, 0x208, 0x8010abcd
	};

	(void)state;
	for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
		for (size_t n = 0; n <= 28; n += 4) {
			struct scapb b = { 0 };
			struct ph_trace_end end;

			scapb_section(&b, 1, 2);
			scapb_begin(&b, codes[c]);
			for (size_t i = 0; i < n; i++)
				scapb_num(&b, 1, i == 18 || i == 22 ? 26 : 0);
			scapb_end(&b);
			end = read_and_free(&b);
			assert_int_equal(end.state, PH_TRACE_WHOLE);
			assert_int_equal(end.events + end.bad, 1);
			if (n < 24)
				assert_int_equal(end.bad, 1);
		}
	}
}

static void a_trailing_length_is_not_believed(void **state)
{
	struct scapb b = { 0 };

	(void)state;
	scapb_section(&b, 1, 2);
	scapb_set32(&b, b.len - 4, 0);
	scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	scapb_set32(&b, b.len - 4, 0xffffffff);
	group(&b, "x");
	scapb_set32(&b, b.len - 4, 1);
	scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	assert_int_equal(read_bytes(b.data, b.len).state, PH_TRACE_WHOLE);
	assert_int_equal(read_bytes(b.data, b.len).events, 2);
	scapb_fini(&b);
}

static void a_file_that_becomes_shorter_while_it_is_read_is_a_cut(void **state)
{
	struct scapb b = { 0 };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct ph_trace_end end;
	char path[64];

	(void)state;
	scapb_section(&b, 1, 2);
	while (b.len < 4 << 20)
		scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	temp_file(path, b.data, b.len);
	r = open_path(path);
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(truncate(path, 3000001), 0);
	while (ph_trace_reader_next(r, &ev) == 1)
		assert_int_equal(ev.hdr->ts_ns, TS);
	ph_trace_reader_end(r, &end);
	assert_int_equal(end.state, PH_TRACE_CUT);
	assert_true(end.offset <= 3000001 && end.offset > 3000001 - 100);
	ph_trace_reader_close(r);
	unlink(path);
	scapb_fini(&b);
}

/* --- sections ------------------------------------------------------------------------------------------------------------------ */

static void a_section_header_may_have_options(void **state)
{
	struct scapb b = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		scapb_begin(&b, PH_BLOCK_SECTION);
		scapb_num(&b, 4, PH_SECTION_MAGIC);
		scapb_num(&b, 2, 1);
		scapb_num(&b, 2, 0);
		scapb_num(&b, 8, UINT64_MAX);
		scapb_num(&b, 2, 1); /* a comment */
		scapb_num(&b, 2, 5);
		scapb_bytes(&b, "hello\0\0\0", 8);
		scapb_num(&b, 4, 0);
		scapb_end(&b);
		scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	}
	assert_int_equal(read_and_free(&b).events, 2);
	assert_string_equal(told.text, "section 1.0\nsection 1.0\n");
}

static void a_later_section_that_cannot_be_read_ends_the_file(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *what;
	} cases[] = {
		{ 8, 0x11223344, "its section header has the wrong magic number 0x11223344" },
		{ 8, 0x4d3c2b1a, "it was written on a big-endian machine, which cannot be read here" },
		{ 12, 2, "its format is version 2.0, which needs a newer reader" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scapb b = { 0 };
		struct ph_trace_end end;

		scapb_section(&b, 1, 2);
		scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
		scapb_section(&b, 1, 2);
		scapb_set32(&b, b.len - 28 + cases[i].at, cases[i].value);
		scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
		end = drain(open_bytes(b.data, b.len, 0));
		assert_int_equal(end.state, PH_TRACE_DAMAGED);
		assert_string_equal(end.what, cases[i].what);
		assert_int_equal(end.events, 1);
		assert_int_equal(end.sections, 1);
		assert_int_equal(end.offset, 28 + 60);
		scapb_fini(&b);
	}
}

static void a_file_of_nothing_but_a_head_has_no_events(void **state)
{
	struct scapb b = { 0 };
	struct ph_trace_end end;

	(void)state;
	scapb_section(&b, 1, 2);
	group(&b, "users");
	end = read_and_free(&b);
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	assert_int_equal(end.events, 0);
	assert_string_equal(told.text, "section 1.2\ngroup 100 users\n");
}

static void heads_in_the_middle_are_told_where_they_stand(void **state)
{
	struct scapb b = { 0 };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;

	(void)state;
	scapb_section(&b, 1, 2);
	scapb_event(&b, PH_BC_EVENT, 1, 0, close_exit(TS, 0));
	group(&b, "late");
	scapb_event(&b, PH_BC_EVENT, 2, 0, close_exit(TS, 0));
	r = open_bytes(b.data, b.len, 0);
	told.len = 0;
	ph_trace_reader_ops(r, &told_ops, &told);
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_string_equal(told.text, "section 1.2\n");
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_string_equal(told.text, "section 1.2\ngroup 100 late\n");
	ph_trace_reader_close(r);
	scapb_fini(&b);
}

/* --- files that are none --------------------------------------------------------------------------------------------------------- */

static void assert_refused(const void *data, size_t len, const char *line)
{
	struct ph_trace_reader *r = (void *)1;
	char err[200] = "";

	assert_int_equal(ph_trace_reader_open_memory(&r, "F", data, len, 0, err, sizeof err), -EBADMSG);
	assert_string_equal(err, line);
	assert_null(r);
}

static void what_is_no_trace_file_is_refused_with_the_reason(void **state)
{
	struct scapb b = { 0 }, z = { 0 };

	(void)state;
	scapb_section(&b, 1, 2);
	assert_refused("", 0, "F is empty");
	assert_refused("#!/bin/sh\nexit 0\n", 17, "F is no trace file: it does not begin with a section header");
	assert_refused("abc", 3, "F is no trace file: it does not begin with a section header");
	for (size_t len = 4; len < 28; len++)
		assert_refused(b.data, len, "F is no trace file: it ends in its section header");
	scapb_set32(&b, 12, 2);
	assert_refused(b.data, b.len, "F is no trace file: its format is version 2.0, which needs a newer reader");
	scapb_set32(&b, 12, 1);
	scapb_set32(&b, 8, 0x4d3c2b1a);
	assert_refused(b.data, b.len,
		       "F is no trace file: it was written on a big-endian machine, which cannot be read here");
	scapb_set32(&b, 8, 0xa1b2c3d4);
	assert_refused(b.data, b.len, "F is no trace file: its section header has the wrong magic number 0xa1b2c3d4");
	scapb_set32(&b, 8, PH_SECTION_MAGIC);
	scapb_set32(&b, 4, 24);
	assert_refused(b.data, b.len, "F is no trace file: its section header is too short");
	scapb_gzip(&z, "text", 4);
	assert_refused(z.data, z.len, "F is no trace file: it does not begin with a section header");
	assert_refused("\x1f\x8bthis is no gzip", 17, "F is no trace file: the gzip stream is damaged");
	assert_refused("\x1f\x8b\x08", 3, "F is no trace file: the gzip stream ends early");
	scapb_fini(&b);
	scapb_fini(&z);
}

static void paths_that_cannot_be_opened_are_refused_with_the_reason(void **state)
{
	struct ph_trace_reader *r;
	char err[200], path[64], line[200];

	(void)state;
	assert_int_equal(ph_trace_reader_open(&r, "/nowhere/x.scap", err, sizeof err), -ENOENT);
	assert_string_equal(err, "cannot open /nowhere/x.scap: No such file or directory");
	assert_int_equal(ph_trace_reader_open(&r, "/usr", err, sizeof err), -EISDIR);
	assert_string_equal(err, "/usr is a directory, not a trace file");
	temp_file(path, "", 0);
	assert_int_equal(ph_trace_reader_open(&r, path, err, sizeof err), -EBADMSG);
	snprintf(line, sizeof line, "%s is empty", path);
	assert_string_equal(err, line);
	unlink(path);
}

/* --- version 1 --------------------------------------------------------------------------------------------------------------------- */

static void an_old_event_is_handed_out_with_the_number_of_its_parameters(void **state)
{
	static const uint32_t codes[] = { 0x204, 0x208, 0x8010abcd };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct evb *e = evb_new(PH_EV_SYSCALL_OPEN_X, 42, TS);
		const struct ph_evt_hdr *wanted;
		struct ph_trace_reader *r;
		struct ph_trace_event ev;
		struct scapb b = { 0 };

		evb_num(e, "fd", 3);
		evb_str(e, "name", "/etc/hosts");
		evb_num(e, "flags", 1);
		evb_num(e, "mode", 0);
		e->nparams = 4; /* as it was before dev and ino came */
		wanted = evb_block(e);
		scapb_section(&b, 1, 1);
		scapb_event_v1(&b, codes[c], 6, 0x21, wanted);
		r = open_bytes(b.data, b.len, 0);
		assert_int_equal(ph_trace_reader_next(r, &ev), 1);
		assert_int_equal(ev.hdr->len, wanted->len);
		assert_memory_equal(ev.hdr, wanted, wanted->len);
		assert_int_equal(ev.cpu, 6);
		assert_int_equal(ev.flags, c == 1 ? 0x21 : 0);
		assert_int_equal(ev.offset, 28);
		assert_false(ev.stable);
		assert_false(ev.large);
		ph_trace_reader_close(r);
		scapb_fini(&b);
	}
}

static void an_old_event_without_parameters_is_handed_out(void **state)
{
	struct ph_evt_hdr hdr = { .ts_ns = TS, .tid = 5, .len = sizeof hdr, .type = PH_EV_SYSCALL_CLONE_11_E };
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct scapb b = { 0 };

	(void)state;
	scapb_section(&b, 1, 0);
	scapb_event_v1(&b, 0x204, 0, 0, &hdr);
	r = open_bytes(b.data, b.len, 0);
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_memory_equal(ev.hdr, &hdr, sizeof hdr);
	ph_trace_reader_close(r);
	scapb_fini(&b);
}

static void old_notifications_are_three_bytes_too_long(void **state)
{
	struct evb *e = evb_new(PH_EV_NOTIFICATION_E, 5, TS);
	const struct ph_evt_hdr *wanted;
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct scapb b = { 0 };
	uint8_t longer[256];

	(void)state;
	evb_str(e, "id", "n1");
	evb_str(e, "desc", "a description");
	wanted = evb_block(e);
	memset(longer, 0, sizeof longer);
	memcpy(longer, wanted, wanted->len);
	((struct ph_evt_hdr *)(void *)longer)->len += 3;
	scapb_section(&b, 1, 0);
	scapb_event_v1(&b, 0x204, 0, 0, (const struct ph_evt_hdr *)(const void *)longer);
	r = open_bytes(b.data, b.len, 0);
	assert_int_equal(ph_trace_reader_next(r, &ev), 1);
	assert_int_equal(ev.hdr->nparams, 2);
	assert_memory_equal(ev.hdr, wanted, wanted->len);
	ph_trace_reader_close(r);
	scapb_fini(&b);
}

static void an_old_event_of_unknown_type_is_skipped_and_one_that_fits_no_count_is_bad(void **state)
{
	struct ph_evt_hdr hdr = { .ts_ns = TS, .tid = 5, .len = sizeof hdr, .type = 0x3000 };
	uint8_t odd[64] = { 0 };
	struct scapb b = { 0 };
	struct ph_trace_end end;

	(void)state;
	scapb_section(&b, 1, 0);
	scapb_event_v1(&b, 0x204, 0, 0, &hdr);
	hdr.type = PH_EV_SYSCALL_CLOSE_X;
	hdr.len = sizeof hdr + 1;
	memcpy(odd, &hdr, sizeof hdr);
	scapb_event_v1(&b, 0x204, 0, 0, (const struct ph_evt_hdr *)(const void *)odd);
	scapb_event_v1(&b, 0x204, 0, 0, close_exit(TS, 0));
	end = read_and_free(&b);
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	assert_int_equal(end.events, 1);
	assert_int_equal(end.skipped, 1);
	assert_int_equal(end.bad, 1);
}

/* --- captures of others ---------------------------------------------------------------------------------------------------------------- */

static void captures_of_ten_years_are_read(void **state)
{
	const char *dir = getenv("PORTHOLE_CAPTURES"), *source = getenv("PORTHOLE_SOURCE");
	char pattern[4096];
	glob_t found;

	(void)state;
	if (dir)
		snprintf(pattern, sizeof pattern, "%s/*.scap", dir);
	else
		snprintf(pattern, sizeof pattern, "%s/../shared/captures/*.scap", source ? source : ".");
	if (glob(pattern, 0, NULL, &found) != 0) {
		print_message("no captures in %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct ph_trace_end end = drain(open_path(found.gl_pathv[i]));

		if (end.state != PH_TRACE_WHOLE || end.bad || end.skipped)
			print_message("%s: state %d at %llu (%s), %llu events, %llu bad, %llu skipped\n",
				      found.gl_pathv[i], end.state, (unsigned long long)end.offset,
				      end.what ? end.what : "", (unsigned long long)end.events,
				      (unsigned long long)end.bad, (unsigned long long)end.skipped);
		assert_int_equal(end.state, PH_TRACE_WHOLE);
		assert_int_equal(end.bad, 0);
		assert_true(end.events > 0);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_becomes_shorter_while_it_is_read_is_a_cut),
		cmocka_unit_test(a_plain_file_is_read_in_place),
		cmocka_unit_test(an_event_has_what_its_block_says),
		cmocka_unit_test(heads_can_be_read_before_the_first_event),
		cmocka_unit_test(a_gzip_file_is_read_through),
		cmocka_unit_test(gzip_members_and_a_plain_tail_are_one_file),
		cmocka_unit_test(a_gzip_file_of_many_windows_gives_every_event),
		cmocka_unit_test(a_block_larger_than_the_window_is_read_from_a_pipe),
		cmocka_unit_test(standard_input_is_read_plain_and_packed),
		cmocka_unit_test(a_file_as_standard_input_is_read_from_where_it_stands),
		cmocka_unit_test(a_signal_ends_the_wait_for_a_pipe_and_reading_can_go_on),
		cmocka_unit_test(a_file_cut_at_any_byte_gives_all_events_before_the_cut),
		cmocka_unit_test(a_gzip_file_cut_at_any_byte_is_cut),
		cmocka_unit_test(a_damaged_gzip_stream_gives_what_could_be_unpacked),
		cmocka_unit_test(a_gzip_file_with_any_byte_changed_is_survived),
		cmocka_unit_test(any_byte_of_a_file_may_be_anything),
		cmocka_unit_test(zeros_at_the_end_are_a_cut),
		cmocka_unit_test(what_is_no_block_is_damage),
		cmocka_unit_test(an_event_that_does_not_fit_into_its_block_is_passed_over),
		cmocka_unit_test(an_event_block_too_small_for_its_header_is_passed_over),
		cmocka_unit_test(a_trailing_length_is_not_believed),
		cmocka_unit_test(a_section_header_may_have_options),
		cmocka_unit_test(a_later_section_that_cannot_be_read_ends_the_file),
		cmocka_unit_test(a_file_of_nothing_but_a_head_has_no_events),
		cmocka_unit_test(heads_in_the_middle_are_told_where_they_stand),
		cmocka_unit_test(what_is_no_trace_file_is_refused_with_the_reason),
		cmocka_unit_test(paths_that_cannot_be_opened_are_refused_with_the_reason),
		cmocka_unit_test(an_old_event_is_handed_out_with_the_number_of_its_parameters),
		cmocka_unit_test(an_old_event_without_parameters_is_handed_out),
		cmocka_unit_test(old_notifications_are_three_bytes_too_long),
		cmocka_unit_test(an_old_event_of_unknown_type_is_skipped_and_one_that_fits_no_count_is_bad),
		cmocka_unit_test(captures_of_ten_years_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
