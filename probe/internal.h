/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the probe's user side share; nobody else includes this. */
#ifndef PORTHOLE_PROBE_INTERNAL_H
#define PORTHOLE_PROBE_INTERNAL_H

#include "probe/probe.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "porthole.skel.h"
#pragma GCC diagnostic pop

/*
 * A BPF ring buffer, mapped. The kernel's side writes behind producer, we read from consumer on; the data area is mapped
 * twice in a row, so that a record never wraps (Documentation/bpf/ringbuf.rst).
 */
struct ring {
	size_t size; /* of the data area, a power of two */
	volatile unsigned long *consumer, *producer;
	const uint8_t *data;
	unsigned long at; /* the next record that we have not looked at */
	unsigned long end; /* the producer's position when the round began */
	unsigned long given; /* the consumer position that the kernel knows */
	const struct ph_rec *head; /* the record at `at`, NULL when there is none in this round */
	unsigned long head_end; /* position behind it */
};

struct rings {
	struct ring *rings;
	size_t count;
	struct ring **heap; /* rings that have a head, earliest on top */
	size_t heap_len;
	struct ring *current; /* whose head was handed out last */
	uint64_t limit_ns; /* records up to this time may be handed out in this round */
	bool draining; /* the kernel has stopped: hand out everything */
	uint64_t events, bytes;
};

struct ph_probe {
	struct porthole_bpf *skel;
	struct rings rings;
	int *ring_fds; /* inner maps, kept open */
	size_t nring_fds;
	volatile struct ph_cpu_stats *stats; /* mapped, ncpus of them */
	size_t stats_bytes;
	uint32_t ncpus;
	uint64_t boot_epoch_ns;
	unsigned idle; /* how many rounds in a row found nothing */
	struct ph_gap_rec gap; /* the one made at the end of a stream */
	uint32_t gap_cpu; /* the CPU whose pending gap is looked at next, once draining */
};

/* Maps the rings of BPF ring buffers: the first half of the fds are data rings, the second half state rings. */
int rings_map(struct rings *r, const int *fds, size_t count, size_t data_size, size_t state_size);
void rings_unmap(struct rings *r);
/* Looks where the producers are; records up to limit_ns may be handed out from now on. Only when rings_pop() gave NULL. */
void rings_begin_round(struct rings *r, uint64_t limit_ns);
/* The earliest record of the round, or NULL. The one handed out before is given back. */
const struct ph_rec *rings_pop(struct rings *r);
/* The time of the earliest record that waits for its round; 0: none waits. */
uint64_t rings_waiting_ns(const struct rings *r);
/* An eighth of some ring is in use: whoever sleeps now sleeps shortly. */
bool rings_filling(const struct rings *r);

#endif
