/* SPDX-License-Identifier: Apache-2.0 */
/* Enter and exit become one event: what comes from where, what waits, what is dropped; and the table of old and new forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "collector/trace/fold.h"
#include "tests/unit/support/evbuild.h"

#define TID 77

static struct ph_fold *fold;
/* blocks of a mapped file stay where they are */
static uint8_t kept[16][4096];
static unsigned nkept;

static int setup(void **state)
{
	(void)state;
	fold = ph_fold_new();
	nkept = 0;
	return fold ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ph_fold_free(fold);
	return 0;
}

static enum ph_folded put(struct ph_event *ev, struct evb *b, bool stable)
{
	const struct ph_evt_hdr *hdr = evb_block(b);
	uint8_t *at = kept[nkept++ % 16];

	memcpy(at, hdr, hdr->len);
	assert_int_equal(ph_event_decode_as(ev, (const struct ph_evt_hdr *)(const void *)at, b->info,
					    b->info->flags & PH_EF_LARGE_PAYLOAD),
			 0);
	ev->enter_ts = 0;
	ev->cpu = 1;
	return ph_fold_event(fold, ev, stable);
}

static struct evb *read_enter(int64_t tid, uint64_t ts)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_READ_E, tid, ts);

	evb_num(b, "fd", 5);
	evb_num(b, "size", 4096);
	return b;
}

/* as files up to libs 0.20 have it: no fd, no size */
static struct evb *read_exit(int64_t tid, uint64_t ts)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_READ_X, tid, ts);

	evb_num(b, "res", 3);
	evb_bytes(b, "data", "abc", 3);
	b->nparams = 2;
	return b;
}

static void an_exit_takes_what_it_lacks_from_its_enter(void **state)
{
	struct ph_event ev;
	(void)state;
	assert_int_equal(put(&ev, read_enter(TID, 100), true), PH_FOLD_ENTER);
	assert_int_equal(put(&ev, read_exit(TID, 130), true), PH_FOLD_EVENT);
	assert_int_equal(ev.type, PH_EV_SYSCALL_READ_X);
	assert_int_equal(ev.enter_ts, 100);
	assert_non_null(ev.enter);
	assert_int_equal(ev.nparams, 4);
	assert_int_equal(ph_event_int(&ev, 0), 3);
	assert_int_equal(ph_event_int(&ev, 2), 5);
	assert_int_equal(ph_event_uint(&ev, 3), 4096);
	assert_true(ev.block & PH_EB_FILLED);
	assert_true(ev.has_res && ev.res == 3);
}

static void blocks_that_do_not_stay_are_kept_as_copies(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, read_enter(TID, 100), false);
	memset(kept[0], 0xff, sizeof kept[0]);
	nkept = 1;
	put(&ev, read_exit(TID, 130), false);
	assert_int_equal(ph_event_int(&ev, 2), 5);
}

static void what_waits_is_copied_before_its_block_moves(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, read_enter(TID, 100), true);
	put(&ev, read_enter(TID + 1, 101), false);
	ph_fold_rescue(fold);
	memset(kept, 0xff, sizeof kept);
	nkept = 2;
	put(&ev, read_exit(TID, 130), true);
	assert_int_equal(ev.enter_ts, 100);
	assert_int_equal(ph_event_int(&ev, 2), 5);
	put(&ev, read_exit(TID + 1, 130), true);
	assert_int_equal(ev.enter_ts, 101);
}

static void an_exit_without_an_enter_is_an_event_all_the_same(void **state)
{
	struct ph_event ev;
	(void)state;
	assert_int_equal(put(&ev, read_exit(TID, 130), true), PH_FOLD_EVENT);
	assert_int_equal(ev.enter_ts, 0);
	assert_null(ev.enter);
	assert_int_equal(ev.nparams, 4);
	assert_int_equal(ev.params[2].len, 0);
	assert_int_equal(ev.res, 3);
}

static void an_enter_of_another_call_or_thread_is_not_taken(void **state)
{
	struct ph_event ev;
	struct evb *b;
	(void)state;
	put(&ev, read_enter(TID + 1, 100), true);
	b = evb_new(PH_EV_SYSCALL_WRITE_E, TID, 110);
	evb_num(b, "fd", 6);
	put(&ev, b, true);
	assert_int_equal(put(&ev, read_exit(TID, 130), true), PH_FOLD_EVENT);
	assert_int_equal(ev.enter_ts, 0);
	/* and it waits no longer */
	b = evb_new(PH_EV_SYSCALL_WRITE_X, TID, 140);
	evb_num(b, "res", 1);
	b->nparams = 2;
	put(&ev, b, true);
	assert_int_equal(ev.enter_ts, 0);
	put(&ev, read_exit(TID + 1, 150), true);
	assert_int_equal(ev.enter_ts, 100);
}

static void an_enter_serves_one_exit(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, read_enter(TID, 100), true);
	put(&ev, read_exit(TID, 130), true);
	put(&ev, read_exit(TID, 140), true);
	assert_int_equal(ev.enter_ts, 0);
	assert_int_equal(ev.params[2].len, 0);
}

static void an_exit_that_says_all_stays_as_it_is(void **state)
{
	struct ph_event ev;
	struct evb *b;
	(void)state;
	put(&ev, read_enter(TID, 100), true);
	b = read_exit(TID, 130);
	evb_num(b, "fd", 9);
	evb_num(b, "size", 10);
	b->nparams = 4;
	put(&ev, b, true);
	assert_int_equal(ph_event_int(&ev, 2), 9);
	assert_int_equal(ev.enter_ts, 100);
	assert_false(ev.block & PH_EB_FILLED);
}

static void an_old_form_becomes_the_newest(void **state)
{
	struct ph_event ev;
	struct evb *b;
	uint32_t len;
	(void)state;
	b = evb_new(PH_EV_SYSCALL_OPENAT_E, TID, 100);
	evb_num(b, "dirfd", -100);
	evb_str(b, "name", "etc/passwd");
	evb_num(b, "flags", 1);
	evb_num(b, "mode", 0);
	put(&ev, b, true);
	b = evb_new(PH_EV_SYSCALL_OPENAT_X, TID, 120);
	evb_num(b, "fd", 4);
	assert_int_equal(put(&ev, b, true), PH_FOLD_EVENT);
	assert_int_equal(ev.type, PH_EV_SYSCALL_OPENAT_2_X);
	assert_true(ev.has_res && ev.res == 4);
	assert_int_equal(ph_event_int(&ev, ph_event_param_index(ev.info, "dirfd", 5)), -100);
	assert_string_equal(ph_event_str(&ev, ph_event_param_index(ev.info, "name", 4), &len), "etc/passwd");
}

static void parameters_go_by_name_where_an_old_form_has_them_elsewhere(void **state)
{
	struct ph_event ev;
	struct evb *b;
	(void)state;
	b = evb_new(PH_EV_SYSCALL_CLONE_11_X, TID, 120);
	evb_num(b, "res", 0);
	evb_str(b, "exe", "/bin/x");
	evb_num(b, "flags", 0x2000);
	evb_num(b, "uid", 1000);
	evb_num(b, "gid", 1001);
	put(&ev, b, true);
	assert_int_equal(ev.type, PH_EV_SYSCALL_CLONE_20_X);
	assert_int_equal(ph_event_uint(&ev, ph_event_param_index(ev.info, "flags", 5)), 0x2000);
	assert_int_equal(ph_event_uint(&ev, ph_event_param_index(ev.info, "uid", 3)), 1000);
	assert_int_equal(ev.params[ph_event_param_index(ev.info, "comm", 4)].len, 0);
}

static void dup_has_its_descriptor_from_a_parameter_of_another_name(void **state)
{
	struct ph_event ev;
	struct evb *b;
	(void)state;
	b = evb_new(PH_EV_SYSCALL_DUP_E, TID, 100);
	evb_num(b, "fd", 3);
	put(&ev, b, true);
	b = evb_new(PH_EV_SYSCALL_DUP_X, TID, 110);
	evb_num(b, "res", 7);
	put(&ev, b, true);
	assert_int_equal(ev.type, PH_EV_SYSCALL_DUP_1_X);
	assert_int_equal(ph_event_int(&ev, ph_event_param_index(ev.info, "oldfd", 5)), 3);
	assert_int_equal(ev.res, 7);
}

static void what_bpf_gave_is_taken_out_of_its_dynamic_value(void **state)
{
	struct ph_event ev;
	struct evb *b;
	uint8_t dyn[9] = { 0, 12 };
	(void)state;
	b = evb_new(PH_EV_SYSCALL_BPF_E, TID, 100);
	evb_num(b, "cmd", 5);
	put(&ev, b, true);
	b = evb_new(PH_EV_SYSCALL_BPF_X, TID, 110);
	evb_bytes(b, "res_or_fd", dyn, sizeof dyn);
	put(&ev, b, true);
	assert_int_equal(ev.type, PH_EV_SYSCALL_BPF_2_X);
	assert_true(ev.has_res && ev.res == 12);
	assert_int_equal(ph_event_uint(&ev, 1), 5);
}

static struct evb *dup2_own_form(uint64_t ts)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_DUP2_X, TID, ts);

	evb_num(b, "res", 1);
	evb_num(b, "oldfd", 3);
	evb_num(b, "newfd", 1);
	b->type |= PH_EV_SHADOW;
	return b;
}

static void an_own_form_is_taken_instead_of_the_older_one_behind_it(void **state)
{
	struct ph_event ev;
	struct evb *b;
	(void)state;
	b = evb_new(PH_EV_SYSCALL_DUP_E, TID, 100);
	evb_num(b, "fd", 3);
	put(&ev, b, true);
	assert_int_equal(put(&ev, dup2_own_form(110), true), PH_FOLD_EVENT);
	assert_int_equal(ev.type, PH_EV_SYSCALL_DUP2_X);
	assert_int_equal(ev.enter_ts, 100);
	b = evb_new(PH_EV_SYSCALL_DUP_X, TID, 110);
	evb_num(b, "res", 1);
	assert_int_equal(put(&ev, b, true), PH_FOLD_DOUBLE);
	/* the next dup is one */
	b = evb_new(PH_EV_SYSCALL_DUP_X, TID, 120);
	evb_num(b, "res", 1);
	assert_int_equal(put(&ev, b, true), PH_FOLD_EVENT);
}

static void an_own_form_whose_double_was_cut_off_drops_nothing_else(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, dup2_own_form(110), true);
	assert_int_equal(put(&ev, read_exit(TID, 130), true), PH_FOLD_EVENT);
}

static void events_that_are_no_calls_pass(void **state)
{
	struct ph_event ev;
	struct evb *b = evb_new(PH_EV_PROCEXIT_E, TID, 100);
	(void)state;
	assert_int_equal(put(&ev, b, true), PH_FOLD_EVENT);
	assert_int_equal(ev.type, PH_EV_PROCEXIT_1_E);
	assert_int_equal(ev.params[0].len, 0);
}

static void count(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu)
{
	(void)enter;
	assert_int_equal(cpu, 1);
	++*(int *)arg;
}

static void calls_of_threads_that_have_ended_wait_no_longer(void **state)
{
	struct ph_event ev;
	int n = 0;
	(void)state;
	put(&ev, read_enter(TID, 100), true);
	put(&ev, read_enter(TID + 1, 100), true);
	ph_fold_each_waiting(fold, count, &n);
	assert_int_equal(n, 2);
	put(&ev, evb_new(PH_EV_PROCEXIT_1_E, TID, 110), true);
	n = 0;
	ph_fold_each_waiting(fold, count, &n);
	assert_int_equal(n, 1);
}

static void very_many_threads_are_too_many_at_some_time_and_nothing_breaks(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, read_enter(0, 100), false);
	for (int64_t tid = 1; tid < 600000; tid++)
		put(&ev, read_enter(tid * 7919, 200), true);
	put(&ev, read_exit(0, 130), true);
	assert_int_equal(ev.enter_ts, 100);
	put(&ev, read_exit(599999 * 7919ll, 130), true);
	assert_int_equal(ev.type, PH_EV_SYSCALL_READ_X);
}

static void after_a_reset_nothing_waits(void **state)
{
	struct ph_event ev;
	(void)state;
	put(&ev, read_enter(TID, 100), false);
	ph_fold_reset(fold);
	put(&ev, read_exit(TID, 130), false);
	assert_int_equal(ev.enter_ts, 0);
}

/* --- versions.def --- */

static void every_old_exit_has_a_newest_form_and_keeps_its_name_or_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *info = ph_event_row(i), *newest = ph_event_newest(info);

		if (!PH_IS_EXIT(info->code) || !(info->flags & PH_EF_OLD_VERSION) || (info->flags & PH_EF_UNUSED)) {
			assert_true(newest == info || !PH_IS_EXIT(info->code));
			continue;
		}
		if (newest == info)
			fail_msg("%u %s is old and has no newer form", info->code, info->name);
		assert_false(newest->flags & PH_EF_OLD_VERSION);
		if (strcmp(info->name, newest->name) != 0)
			assert_string_equal(newest->name, "accept4"); /* its old forms are called accept */
		/* nothing that the old one says is lost */
		for (int p = 0; p < info->nparams; p++) {
			const char *name = info->params[p].name;
			bool found = ph_event_param_index(newest, name, strlen(name)) >= 0;

			for (int n = 0; n < newest->nparams && !found; n++)
				found = strcmp(ph_event_param_source(newest, n), name) == 0;
			if (!found)
				fail_msg("%s: %s has no place in %u", info->name, name, newest->code);
		}
	}
}

static void what_carries_an_event_is_known_to_the_oldest_reader(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *info = ph_event_row(i);
		struct ph_carrier c;

		if (!ph_event_carrier(info, &c))
			continue;
		assert_true(c.old->code <= 335);
		assert_true(c.nparams <= c.old->nparams);
		if (c.whole) /* then lifting it gives the event again */
			assert_ptr_equal(ph_event_newest(c.old), info);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_exit_takes_what_it_lacks_from_its_enter),
		TEST(blocks_that_do_not_stay_are_kept_as_copies),
		TEST(what_waits_is_copied_before_its_block_moves),
		TEST(an_exit_without_an_enter_is_an_event_all_the_same),
		TEST(an_enter_of_another_call_or_thread_is_not_taken),
		TEST(an_enter_serves_one_exit),
		TEST(an_exit_that_says_all_stays_as_it_is),
		TEST(an_old_form_becomes_the_newest),
		TEST(parameters_go_by_name_where_an_old_form_has_them_elsewhere),
		TEST(dup_has_its_descriptor_from_a_parameter_of_another_name),
		TEST(what_bpf_gave_is_taken_out_of_its_dynamic_value),
		TEST(an_own_form_is_taken_instead_of_the_older_one_behind_it),
		TEST(an_own_form_whose_double_was_cut_off_drops_nothing_else),
		TEST(events_that_are_no_calls_pass),
		TEST(calls_of_threads_that_have_ended_wait_no_longer),
		TEST(very_many_threads_are_too_many_at_some_time_and_nothing_breaks),
		TEST(after_a_reset_nothing_waits),
		TEST(every_old_exit_has_a_newest_form_and_keeps_its_name_or_says_why),
		TEST(what_carries_an_event_is_known_to_the_oldest_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
