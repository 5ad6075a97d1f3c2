/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user side of the probe: loads the BPF programs, gives their records in time order and the start-up snapshot. It knows
 * no container and no meaning of an event. Used by the collector's live source alone.
 *
 * Every function returns 0 or a positive count, or a negative errno; where a person has to be told, the reason stands in the
 * ph_probe_error() of the probe (or in the buffer given to ph_probe_open()).
 */
#ifndef PORTHOLE_PROBE_H
#define PORTHOLE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "porthole/wire.h"

struct ph_probe;

struct ph_probe_opts {
	size_t size; /* sizeof(struct ph_probe_opts) */
	uint32_t snaplen; /* bytes kept of each data parameter */
	bool enter_time; /* sys_enter is attached and records carry enter_ns */
	bool own_events; /* deliver this process's own events too */
	bool context_switches; /* "switch" events */
	bool page_faults;
	size_t ring_bytes; /* a CPU's ring; a power of two, 0: 8 MiB */
	size_t state_ring_bytes; /* a CPU's ring of events that carry state; 0: 4 MiB */
	const uint8_t *plan; /* PH_SC_COUNT bytes of enum ph_plan_bits; NULL: everything */
};

struct ph_probe_stats {
	uint64_t events, bytes; /* taken from the rings by ph_probe_next() */
	uint64_t lost, lost_state; /* what the kernel side could not deliver */
	uint64_t lost_by_category[PH_C_MAX];
	uint64_t lost_by_cpu[PH_MAX_CPUS];
	uint32_t ncpus;
};

/*
 * Loads and attaches everything; from its return on, records are kept in the rings. On failure *out is NULL and err (errlen
 * bytes) holds one line that says what, why and what to do.
 */
int ph_probe_open(struct ph_probe **out, const struct ph_probe_opts *opts, char *err, size_t errlen);
/* Detaches and frees; NULL is fine. */
void ph_probe_close(struct ph_probe *p);

/*
 * The next record in time order. 1: *rec is set and stays valid until the next call; 0: none within timeout_ms; -EINTR: a
 * signal came. Records are in time order over all CPUs but for ones that the kernel finished more than a millisecond late.
 */
int ph_probe_next(struct ph_probe *p, const struct ph_rec **rec, int timeout_ms);
/* Stops the capture in the kernel; what stands in the rings can still be read with ph_probe_next() until it returns 0. */
void ph_probe_stop(struct ph_probe *p);

int ph_probe_stats(struct ph_probe *p, struct ph_probe_stats *stats);

/*
 * Every task and open file of the host, tasks first: BPF iterators, or /proc where the kernel lacks them. The records are
 * valid during the call of the function only. Call after ph_probe_open(), so that nothing is missed in between.
 */
struct ph_snapshot_ops {
	void (*task)(void *arg, const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS]);
	void (*fd)(void *arg, const struct ph_snap_fd_rec *rec, const char *name);
};
int ph_probe_snapshot(struct ph_probe *p, const struct ph_snapshot_ops *ops, void *arg);
/* The same for one process, for repair after a loss. -ESRCH: it has ended. */
int ph_probe_snapshot_pid(struct ph_probe *p, int64_t pid, const struct ph_snapshot_ops *ops, void *arg);

/* CLOCK_BOOTTIME 0 since the epoch, the base of all time stamps of this probe; ns. */
uint64_t ph_probe_boot_epoch_ns(const struct ph_probe *p);
/* Now, as its records would be stamped. */
uint64_t ph_probe_now_ns(const struct ph_probe *p);

#endif
