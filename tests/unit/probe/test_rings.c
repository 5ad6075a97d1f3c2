/* SPDX-License-Identifier: Apache-2.0 */
/* The merge of the rings, on memory files laid out as the kernel lays out a BPF ring buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/internal.h"

#define RINGS 4
#define SIZE 4096u

struct fixture {
	struct rings rings;
	int fds[RINGS];
	uint8_t *mem[RINGS]; /* consumer page, producer page, data */
	unsigned long produced[RINGS];
};

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	size_t len = 2 * page() + 2 * SIZE;

	for (int i = 0; i < RINGS; i++) {
		f->fds[i] = memfd_create("ring", 0);
		assert_int_equal(ftruncate(f->fds[i], (off_t)len), 0);
		f->mem[i] = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, f->fds[i], 0);
		assert_ptr_not_equal(f->mem[i], MAP_FAILED);
	}
	assert_int_equal(rings_map(&f->rings, f->fds, RINGS, SIZE, SIZE), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rings_unmap(&f->rings);
	for (int i = 0; i < RINGS; i++) {
		munmap(f->mem[i], 2 * page() + 2 * SIZE);
		close(f->fds[i]);
	}
	free(f);
	return 0;
}

/* Appends a record; flags are the busy and discard bits. Returns its length word. */
static uint32_t *produce(struct fixture *f, int ring, uint64_t ns, uint32_t flags)
{
	struct ph_rec rec = { .size = sizeof rec, .evt = { .ts_ns = ns } };
	uint8_t *at = f->mem[ring] + 2 * page() + (f->produced[ring] & (SIZE - 1));
	uint32_t word = (uint32_t)sizeof rec | flags;

	memcpy(at, &word, sizeof word);
	memcpy(at + BPF_RINGBUF_HDR_SZ, &rec, sizeof rec);
	f->produced[ring] += (sizeof rec + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	*(unsigned long *)(void *)(f->mem[ring] + page()) = f->produced[ring];
	return (uint32_t *)(void *)at;
}

static uint64_t pop(struct fixture *f)
{
	const struct ph_rec *r = rings_pop(&f->rings);

	return r ? r->evt.ts_ns : 0;
}

static void records_come_in_time_order_over_all_rings(void **state)
{
	struct fixture *f = *state;

	produce(f, 0, 30, 0);
	produce(f, 0, 70, 0);
	produce(f, 1, 10, 0);
	produce(f, 1, 60, 0);
	produce(f, 2, 20, 0);
	produce(f, 3, 40, 0);
	produce(f, 3, 50, 0);
	rings_begin_round(&f->rings, 1000);
	for (uint64_t want = 10; want <= 70; want += 10)
		assert_int_equal(pop(f), want);
	assert_int_equal(pop(f), 0);
	assert_int_equal(f->rings.events, 7);
}

static void a_record_younger_than_the_round_waits_for_the_next(void **state)
{
	struct fixture *f = *state;

	produce(f, 0, 10, 0);
	produce(f, 1, 200, 0);
	rings_begin_round(&f->rings, 100);
	assert_int_equal(pop(f), 10);
	assert_int_equal(pop(f), 0);
	assert_int_equal(rings_waiting_ns(&f->rings), 200);
	/* what another CPU hands in meanwhile still comes first */
	produce(f, 2, 150, 0);
	rings_begin_round(&f->rings, 300);
	assert_int_equal(pop(f), 150);
	assert_int_equal(pop(f), 200);
}

static void a_record_that_is_being_written_stops_its_ring_only(void **state)
{
	struct fixture *f = *state;
	uint32_t *word = produce(f, 0, 10, BPF_RINGBUF_BUSY_BIT);

	produce(f, 0, 20, 0);
	produce(f, 1, 30, 0);
	rings_begin_round(&f->rings, 1000);
	assert_int_equal(pop(f), 30);
	assert_int_equal(pop(f), 0);
	*word &= ~BPF_RINGBUF_BUSY_BIT;
	rings_begin_round(&f->rings, 1000);
	assert_int_equal(pop(f), 10);
	assert_int_equal(pop(f), 20);
}

static void discarded_records_are_passed_over(void **state)
{
	struct fixture *f = *state;

	produce(f, 0, 10, BPF_RINGBUF_DISCARD_BIT);
	produce(f, 0, 20, 0);
	produce(f, 0, 30, BPF_RINGBUF_DISCARD_BIT);
	rings_begin_round(&f->rings, 1000);
	assert_int_equal(pop(f), 20);
	assert_int_equal(pop(f), 0);
}

static void space_is_given_back_but_never_that_of_the_record_in_hand(void **state)
{
	struct fixture *f = *state;
	volatile unsigned long *consumer = (unsigned long *)(void *)f->mem[0];

	for (uint64_t ns = 1; ns <= 40; ns++)
		produce(f, 0, ns, 0);
	rings_begin_round(&f->rings, 1000);
	for (uint64_t ns = 1; ns <= 40; ns++) {
		assert_int_equal(pop(f), ns);
		assert_true(*consumer <= (ns - 1) * f->produced[0] / 40);
	}
	assert_true(*consumer > 0);
	assert_int_equal(pop(f), 0);
	rings_begin_round(&f->rings, 1000);
	assert_int_equal(*consumer, f->produced[0]);
}

static void a_ring_can_be_gone_round_many_times(void **state)
{
	struct fixture *f = *state;
	uint64_t ns = 1;

	for (int lap = 0; lap < 200; lap++) {
		for (int i = 0; i < 20; i++)
			produce(f, lap % RINGS, ns + (uint64_t)i, 0);
		rings_begin_round(&f->rings, ns + 1000);
		for (int i = 0; i < 20; i++)
			assert_int_equal(pop(f), ns++);
		assert_int_equal(pop(f), 0);
	}
}

static void draining_hands_out_everything(void **state)
{
	struct fixture *f = *state;

	produce(f, 3, 5000, 0);
	f->rings.draining = true;
	rings_begin_round(&f->rings, 1);
	assert_int_equal(pop(f), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_come_in_time_order_over_all_rings, setup, teardown),
		cmocka_unit_test_setup_teardown(a_record_younger_than_the_round_waits_for_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(a_record_that_is_being_written_stops_its_ring_only, setup, teardown),
		cmocka_unit_test_setup_teardown(discarded_records_are_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(space_is_given_back_but_never_that_of_the_record_in_hand, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_ring_can_be_gone_round_many_times, setup, teardown),
		cmocka_unit_test_setup_teardown(draining_hands_out_everything, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
