/* SPDX-License-Identifier: Apache-2.0 */
/* The event decoder: parameters of good blocks, refusal of blocks whose lengths lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "tests/unit/support/evbuild.h"

static struct ph_event ev;

static int decode(struct evb *b)
{
	memset(&ev, 0xa5, sizeof(ev));
	return ph_event_decode(&ev, evb_block(b));
}

static struct evb *openat_block(void)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_OPENAT_2_X, 42, 1000);

	evb_num(b, "fd", -2);
	evb_num(b, "dirfd", -100);
	evb_str(b, "name", "a/b");
	evb_num(b, "flags", 0x1001);
	return b;
}

static void parameters_are_found_by_their_lengths(void **s)
{
	uint32_t len;

	(void)s;
	assert_int_equal(decode(openat_block()), 0);
	assert_int_equal(ev.tid, 42);
	assert_int_equal(ev.ts, 1000);
	assert_int_equal(ph_event_int(&ev, 1), -100);
	assert_string_equal(ph_event_str(&ev, 2, &len), "a/b");
	assert_int_equal(len, 3);
	assert_int_equal(ph_event_uint(&ev, 3), 0x1001);
}

static void the_result_of_a_call_that_makes_an_fd_is_its_fd(void **s)
{
	(void)s;
	assert_int_equal(decode(openat_block()), 0);
	assert_true(ev.has_res);
	assert_int_equal(ev.res, -2);
}

static void an_enter_event_has_no_result(void **s)
{
	struct evb *b = evb_new(PH_EV_SOCKET_CONNECT_E, 1, 1);

	(void)s;
	evb_num(b, "fd", 3);
	assert_int_equal(decode(b), 0);
	assert_false(ev.has_res);
}

static void an_fd_parameter_that_is_no_result_is_not_taken_for_one(void **s)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_GETUID_X, 1, 1);

	(void)s;
	evb_num(b, "uid", 7);
	assert_int_equal(decode(b), 0);
	assert_false(ev.has_res);
}

static void a_short_result_is_no_result(void **s)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_CLOSE_X, 1, 1);

	(void)s;
	evb_bytes(b, "res", "\1\2\3", 3);
	assert_int_equal(decode(b), 0);
	assert_false(ev.has_res);
	assert_int_equal(ph_event_int(&ev, 0), 0);
}

static void parameters_that_an_older_writer_left_out_are_absent(void **s)
{
	struct evb *b = openat_block();
	uint32_t len;

	(void)s;
	b->nparams = 2;
	assert_int_equal(decode(b), 0);
	assert_int_equal(ev.nparams, 2);
	assert_false(ph_event_has(&ev, 2));
	assert_string_equal(ph_event_str(&ev, 2, &len), "");
	assert_int_equal(ph_event_uint(&ev, 3), 0);
	assert_int_equal(ph_event_int(&ev, -1), 0);
}

static void parameters_that_a_newer_writer_added_are_ignored(void **s)
{
	struct evb *b = openat_block();

	(void)s;
	b->nparams = PH_EVENT_MAX_PARAMS;
	assert_int_equal(decode(b), 0);
	assert_int_equal(ev.nparams, b->info->nparams);
}

static void a_string_without_nul_ends_with_its_parameter(void **s)
{
	struct evb *b = openat_block();
	uint32_t len;

	(void)s;
	evb_bytes(b, "name", "abcd", 4);
	assert_int_equal(decode(b), 0);
	ph_event_str(&ev, 2, &len);
	assert_int_equal(len, 4);
}

static void numbers_keep_their_own_width_and_sign(void **s)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_SEMOP_X, 1, 1);

	(void)s;
	evb_num(b, "sem_op_0", -1);
	evb_num(b, "sem_num_0", 0xffff);
	assert_int_equal(decode(b), 0);
	assert_int_equal(ph_event_int(&ev, 3), -1);
	assert_int_equal(ph_event_int(&ev, 2), 0xffff);
	assert_int_equal(ph_event_uint(&ev, 3), 0xffff);
}

static void large_events_have_wide_length_words(void **s)
{
	struct evb *b = evb_new(PH_EV_CONTAINER_JSON_2_E, -1, 1);
	static char json[70000];
	uint32_t len;

	(void)s;
	memset(json, 'x', sizeof(json));
	evb_bytes(b, "json", json, sizeof(json));
	assert_int_equal(decode(b), 0);
	ph_event_str(&ev, 0, &len);
	assert_int_equal(len, sizeof(json));
}

static void an_unknown_code_is_told_apart(void **s)
{
	struct ph_evt_hdr hdr = { .len = sizeof(hdr), .type = 0x6fff };

	(void)s;
	assert_int_equal(ph_event_decode(&ev, &hdr), -ENOENT);
}

static void a_block_shorter_than_its_header_is_refused(void **s)
{
	struct ph_evt_hdr hdr = { .len = 25, .type = PH_EV_SYSCALL_CLOSE_X };

	(void)s;
	assert_int_equal(ph_event_decode(&ev, &hdr), -EBADMSG);
}

static void a_count_beyond_the_block_is_refused(void **s)
{
	struct ph_evt_hdr hdr = { .len = sizeof(hdr), .type = PH_EV_SYSCALL_CLOSE_X, .nparams = UINT32_MAX };

	(void)s;
	assert_int_equal(ph_event_decode(&ev, &hdr), -EBADMSG);
}

static void a_length_beyond_the_block_is_refused(void **s)
{
	struct evb *b = openat_block();
	struct ph_evt_hdr *hdr = (struct ph_evt_hdr *)(void *)b->block;

	(void)s;
	evb_block(b);
	hdr->len--;
	/* the last parameters are empty, so the name's and flags' bytes are what is missing */
	assert_int_equal(ph_event_decode(&ev, hdr), -EBADMSG);
}

static void no_length_makes_the_decoder_read_outside(void **s)
{
	struct evb *b = openat_block();
	const struct ph_evt_hdr *good = evb_block(b);
	uint32_t len = good->len;

	(void)s;
	for (uint32_t cut = 0; cut <= len; cut++)
		for (unsigned poke = sizeof(*good) - 4; poke < sizeof(*good) + 14; poke++) {
			uint8_t *copy = malloc(len);
			struct ph_evt_hdr *hdr = (struct ph_evt_hdr *)(void *)copy;
			uint32_t n;

			memcpy(copy, good, len);
			copy[poke] = 0xff;
			if (cut < sizeof(*good)) {
				hdr->len = cut;
			} else { /* the block is exactly as long as it says: the sanitizer sees the rest */
				copy = realloc(copy, cut);
				hdr = (struct ph_evt_hdr *)(void *)copy;
				hdr->len = cut;
			}
			if (ph_event_decode(&ev, hdr) == 0)
				for (int i = 0; i < ev.nparams; i++) {
					volatile uint8_t last =
						ev.params[i].len ? ev.params[i].data[ev.params[i].len - 1] : 0;

					(void)last;
					ph_event_str(&ev, i, &n);
					ph_event_int(&ev, i);
				}
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_found_by_their_lengths),
		cmocka_unit_test(the_result_of_a_call_that_makes_an_fd_is_its_fd),
		cmocka_unit_test(an_enter_event_has_no_result),
		cmocka_unit_test(an_fd_parameter_that_is_no_result_is_not_taken_for_one),
		cmocka_unit_test(a_short_result_is_no_result),
		cmocka_unit_test(parameters_that_an_older_writer_left_out_are_absent),
		cmocka_unit_test(parameters_that_a_newer_writer_added_are_ignored),
		cmocka_unit_test(a_string_without_nul_ends_with_its_parameter),
		cmocka_unit_test(numbers_keep_their_own_width_and_sign),
		cmocka_unit_test(large_events_have_wide_length_words),
		cmocka_unit_test(an_unknown_code_is_told_apart),
		cmocka_unit_test(a_block_shorter_than_its_header_is_refused),
		cmocka_unit_test(a_count_beyond_the_block_is_refused),
		cmocka_unit_test(a_length_beyond_the_block_is_refused),
		cmocka_unit_test(no_length_makes_the_decoder_read_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
