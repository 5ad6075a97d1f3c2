/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapped files and the signal that comes when one becomes shorter (mapping.h).
 *
 * The table of mappings is mutable and global, the only such thing in the collector: a signal handler has no argument to find a
 * reader by, and the kernel says nothing but the address. A slot is written by who opens and closes its file; the handler runs in the
 * thread that reads the mapping, so the slot that it looks for is not changing.
 */
#include "collector/trace/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 64

static struct slot {
	atomic_bool taken;
	atomic_bool shrunk;
	atomic_uintptr_t from, to; /* from == to: nothing */
} slots[SLOTS];

static struct sigaction before; /* what SIGBUS did until the first file was mapped; written once */
static uintptr_t page;
static int handler_error;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct slot *slot_of(uintptr_t at)
{
	for (int i = 0; i < SLOTS; i++)
		if (at >= atomic_load(&slots[i].from) && at < atomic_load(&slots[i].to))
			return &slots[i];
	return NULL;
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	const int saved = errno;
	uintptr_t at = (uintptr_t)info->si_addr & ~(page - 1);
	struct slot *s = info->si_code > 0 ? slot_of((uintptr_t)info->si_addr) : NULL;

	(void)context;
	/* All of the rest at once: whatever lies behind the fault has gone too. */
	if (s && mmap((void *)at, atomic_load(&s->to) - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		      0) != MAP_FAILED) {
		atomic_store(&s->shrunk, true);
		errno = saved;
		return;
	}
	/* Not ours. The instruction faults again and finds what would have been there without us; a signal that was sent does not. */
	sigaction(SIGBUS, &before, NULL);
	if (info->si_code <= 0)
		raise(sig);
	errno = saved;
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (sigaction(SIGBUS, &action, &before) < 0)
		handler_error = -errno;
}

static int take_slot(void)
{
	for (int i = 0; i < SLOTS; i++) {
		bool free_slot = false;

		if (atomic_compare_exchange_strong(&slots[i].taken, &free_slot, true))
			return i;
	}
	return -ENOSPC;
}

int ph_mapping_open(struct ph_mapping *m, int fd, size_t len)
{
	struct slot *s;
	void *data;
	int slot;

	*m = (struct ph_mapping){ .slot = -1 };
	pthread_once(&once, install);
	if (handler_error)
		return handler_error;
	slot = take_slot();
	if (slot < 0)
		return slot;
	s = &slots[slot];
	data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		int rc = -errno;

		atomic_store(&s->taken, false);
		return rc;
	}
	madvise(data, len, MADV_SEQUENTIAL);
	atomic_store(&s->shrunk, false);
	atomic_store(&s->from, (uintptr_t)data);
	atomic_store(&s->to, ((uintptr_t)data + len + page - 1) & ~(page - 1));
	*m = (struct ph_mapping){ .data = data, .len = len, .slot = slot };
	return 0;
}

void ph_mapping_close(struct ph_mapping *m)
{
	struct slot *s;

	if (m->slot < 0)
		return;
	s = &slots[m->slot];
	atomic_store(&s->to, 0);
	atomic_store(&s->from, 0);
	munmap((void *)(uintptr_t)m->data, m->len);
	atomic_store(&s->taken, false);
	*m = (struct ph_mapping){ .slot = -1 };
}

bool ph_mapping_shrunk(const struct ph_mapping *m)
{
	return m->slot >= 0 && atomic_load(&slots[m->slot].shrunk);
}
