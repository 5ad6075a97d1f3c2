/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the rings of all CPUs in place and merges them by time. In rounds: a round looks once where every producer is and
 * then hands out, through a heap, what is older than the round's limit; records that a CPU is still writing are younger.
 * The kernel learns of freed space in steps, not for each record.
 */
#define _GNU_SOURCE
#include "probe/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int ring_map(struct ring *r, int fd, size_t size)
{
	void *p;

	r->size = size;
	p = mmap(NULL, page(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	r->consumer = p;
	p = mmap(NULL, page() + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page());
	if (p == MAP_FAILED)
		return -errno;
	r->producer = p;
	r->data = (const uint8_t *)p + page();
	r->at = r->given = __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE);
	return 0;
}

int rings_map(struct rings *r, const int *fds, size_t count, size_t data_size, size_t state_size)
{
	r->rings = calloc(count, sizeof *r->rings);
	r->heap = calloc(count, sizeof(struct ring *));
	if (!r->rings || !r->heap)
		return -ENOMEM;
	r->count = count;
	for (size_t i = 0; i < count; i++) {
		int err = ring_map(&r->rings[i], fds[i], i < count / 2 ? data_size : state_size);

		if (err)
			return err;
	}
	return 0;
}

void rings_unmap(struct rings *r)
{
	for (size_t i = 0; r->rings && i < r->count; i++) {
		if (r->rings[i].consumer)
			munmap((void *)r->rings[i].consumer, page());
		if (r->rings[i].producer)
			munmap((void *)r->rings[i].producer, page() + 2 * r->rings[i].size);
	}
	free(r->rings);
	free(r->heap);
	*r = (struct rings){ 0 };
}

static void give_back(struct ring *r)
{
	if (r->given != r->at) {
		__atomic_store_n(r->consumer, r->at, __ATOMIC_RELEASE);
		r->given = r->at;
	}
}

/* Finds the next finished record of the round; sets head or clears it. */
static void ring_look(struct ring *r)
{
	r->head = NULL;
	while (r->at < r->end) {
		const uint32_t *hdr = (const uint32_t *)(const void *)(r->data + (r->at & (r->size - 1)));
		uint32_t word = __atomic_load_n(hdr, __ATOMIC_ACQUIRE);
		uint32_t len = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		unsigned long next = r->at + ((len + BPF_RINGBUF_HDR_SZ + 7) & ~7ul);

		if (word & BPF_RINGBUF_BUSY_BIT)
			return;
		if (!(word & BPF_RINGBUF_DISCARD_BIT) && len >= sizeof(struct ph_rec)) {
			r->head = (const struct ph_rec *)(const void *)((const uint8_t *)hdr + BPF_RINGBUF_HDR_SZ);
			r->head_end = next;
			return;
		}
		r->at = next;
	}
}

static uint64_t head_ns(const struct ring *r)
{
	return r->head->evt.ts_ns;
}

static void sift_down(struct rings *r, size_t i)
{
	struct ring *top = r->heap[i];
	uint64_t ns = head_ns(top);

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= r->heap_len)
			break;
		if (child + 1 < r->heap_len && head_ns(r->heap[child + 1]) < head_ns(r->heap[child]))
			child++;
		if (ns <= head_ns(r->heap[child]))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = top;
}

void rings_begin_round(struct rings *r, uint64_t limit_ns)
{
	r->limit_ns = limit_ns;
	r->heap_len = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct ring *ring = &r->rings[i];

		give_back(ring);
		ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
		ring_look(ring);
		if (ring->head)
			r->heap[r->heap_len++] = ring;
	}
	for (size_t i = r->heap_len / 2; i-- > 0;)
		sift_down(r, i);
}

const struct ph_rec *rings_pop(struct rings *r)
{
	struct ring *ring = r->current;

	if (ring) {
		/* It is on top of the heap still: nothing has moved since it was handed out. */
		ring->at = ring->head_end;
		if (ring->at - ring->given > ring->size / 8)
			give_back(ring);
		ring_look(ring);
		if (!ring->head)
			r->heap[0] = r->heap[--r->heap_len];
		if (r->heap_len > 0)
			sift_down(r, 0);
		r->current = NULL;
	}
	if (r->heap_len == 0 || (!r->draining && head_ns(r->heap[0]) > r->limit_ns))
		return NULL;
	r->current = r->heap[0];
	r->events++;
	r->bytes += r->current->head->size;
	return r->current->head;
}

uint64_t rings_waiting_ns(const struct rings *r)
{
	return r->heap_len ? head_ns(r->heap[0]) : 0;
}

bool rings_filling(const struct rings *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rings[i].end - r->rings[i].at > r->rings[i].size / 8)
			return true;
	return false;
}
